//! The house rules, checked in the sources: the direction of imports, where a crate may be named, the length of files.

mod cycles;
mod dependencies;
mod exceptions;
mod graph;
mod parse;
mod root;
mod rules;
mod sources;
mod tree;
mod workspace;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rules::Violation;
use sources::Source;
use tree::Tree;

fn sources() -> Vec<Source> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned();
    let sources = sources::read(&root);
    assert!(sources.len() > 80, "the test looks in the right file: {} files", sources.len());
    sources
}

fn all() -> Vec<Tree> {
    workspace::trees(&sources()).expect("crates that parse")
}

#[track_caller]
fn assert_none(violations: &[Violation]) {
    assert!(violations.is_empty(), "\n{}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}

/// Returns a crate of these files, plus those that only declare their modules.
fn planted(files: &[(&str, &str)]) -> Vec<Tree> {
    let mut texts: BTreeMap<PathBuf, String> =
        files.iter().map(|(path, text)| (path.into(), format!("{text}\n"))).collect();
    let mut open: Vec<PathBuf> = texts.keys().cloned().collect();
    while let Some(path) = open.pop() {
        if path.ends_with("lib.rs") {
            continue;
        }
        let module = if path.ends_with("mod.rs") { path.parent().expect("a folder") } else { &path };
        let folder = module.parent().expect("below src");
        let files = [folder.join("lib.rs"), folder.join("mod.rs"), folder.with_extension("rs")];
        let file = files
            .iter()
            .find(|file| texts.contains_key(*file))
            .unwrap_or(&files[usize::from(!folder.ends_with("src"))]);
        let declared = format!("mod {};", module.file_stem().expect("a name").to_string_lossy());
        let text = texts.entry(file.clone()).or_default();
        if !text.contains(&declared) {
            text.push_str(&declared);
            open.push(file.clone());
        }
    }
    let sources: Vec<Source> = texts.into_iter().map(|(path, text)| Source { path, text }).collect();
    workspace::trees(&sources).expect("a crate")
}

#[test]
fn imports_point_one_way() {
    assert_none(&rules::arrows(&all()));
    for (path, text) in [
        ("chat-server/src/store/port.rs", "use crate::room::Rooms;"),
        ("chat-server/src/store/port.rs", "use crate::{histogram::Histogram, room};"),
        (
            "chat-server/src/store/port.rs",
            "use crate::{\n    histogram::Histogram,\n    room::{\n        Rooms,\n    },\n};",
        ),
        ("chat-server/src/store/port.rs", "use super::super::room::Rooms;"),
        ("chat-server/src/store/sqlite/open.rs", "fn f() { super::super::super::room::open() }"),
        ("chat-server/src/room/actor.rs", "use crate::server::Server;"),
        ("chat-server/src/connection/hello.rs", "fn f() { let x = crate::transport::serve; }"),
        ("chat-server/src/live/port.rs", "use crate::store::Store;"),
        ("chat-tui/src/net/client.rs", "use crate::cli::run;"),
        ("chat-tui/src/net/client.rs", "use chat_server::serve;"),
        ("chat-proto/src/ids.rs", "use tokio::net;"),
        ("chat-proto/src/ids.rs", "use std::{fmt, time::Instant};"),
    ] {
        assert_eq!(rules::arrows(&planted(&[(path, text)])).len(), 1, "{path}: {text}");
    }
    for text in ["use crate::Rooms;", "use crate as home; use home::room::Rooms;"] {
        let detour = [
            ("chat-server/src/lib.rs", "pub use room::Rooms;"),
            ("chat-server/src/room/mod.rs", "pub struct Rooms;"),
            ("chat-server/src/store/port.rs", text),
        ];
        assert_eq!(rules::arrows(&planted(&detour)).len(), 1, "through a re-export or an alias: {text}");
    }
}

#[test]
fn no_layer_knows_one_above_it() {
    assert_none(&rules::layers(&all()));
    let top = ("chat-tui/src/app/routing/update.rs", "pub struct Update;");
    for text in ["use crate::app::routing::update::Update;", "fn f() { super::super::routing::update::Update }"] {
        let files = [("chat-tui/src/app/state/room.rs", text), top];
        assert_eq!(rules::layers(&planted(&files)).len(), 1, "{text}");
    }
    let model = [
        ("chat-tui/src/app/mod.rs", "pub use routing::model::Model;"),
        ("chat-tui/src/app/routing/model.rs", "pub struct Model;"),
        ("chat-tui/src/app/parts/rooms/reading.rs", "fn f(model: &mut crate::app::Model) {}"),
    ];
    assert_eq!(rules::layers(&planted(&model)).len(), 1, "through a re-export");
    let down = [
        ("chat-tui/src/app/routing/link.rs", "use crate::app::state::room::Room;"),
        ("chat-tui/src/app/state/room.rs", "pub struct Room;"),
    ];
    assert_none(&rules::layers(&planted(&down)));
}

#[test]
fn a_crate_is_named_only_where_it_belongs() {
    assert_none(&rules::places(&all()));
    for (path, text) in [
        ("chat-server/src/room/actor.rs", "use rusqlite::Connection;"),
        ("chat-server/src/room/actor.rs", "use {std::fmt, redis as other};"),
        ("chat-server/src/room/actor.rs", "use {std::fmt, ::redis::Client};"),
        ("chat-server/src/session/hello.rs", "use hyper::Request;"),
        ("chat-server/src/connection/hello.rs", "fn f() { let x = serde_json::to_string(&y); }"),
        ("chat-server/src/connection/hello.rs", "fn f() { println!(\"{}\", serde_json::to_string(&y)); }"),
        ("chat-server/src/room/page.rs", "use chat_proto::codec; fn f() { codec::encode_ok(id, &answer) }"),
        ("chat-server/src/room/page.rs", "fn f() { chat_proto::codec::to_text(&item) }"),
        ("chat-server/src/room/page.rs", "use chat_proto::codec::{encode_answer as cut, wire_size};"),
        ("chat-server/src/room/page.rs", "use chat_proto::codec::decode_client;"),
        ("chat-tui/src/cli/output.rs", "use crossterm::event;"),
        ("chat-tui/src/cli/output.rs", "use ratatui::crossterm::event;"),
        ("chat-tui/src/view/bar.rs", "use ratatui::style::{Color, Style};"),
        ("chat-tui/src/view/bar.rs", "use ratatui::style; fn f() { style::Color::Red }"),
        ("chat-tui/src/view/bar.rs", "use ratatui::style::*;"),
        ("chat-proto/src/ids.rs", "fn f() { serde_json::from_str }"),
    ] {
        assert_eq!(rules::places(&planted(&[(path, text)])).len(), 1, "{path}: {text}");
    }
    let own = ("chat-server/src/live/redis/mod.rs", "pub struct Redis;");
    let user = ("chat-server/src/live/mod.rs", "pub use redis::Redis;");
    assert_none(&rules::places(&planted(&[own, user])));
}

#[test]
fn module_files_hold_no_logic() {
    assert_none(&rules::logic(&all(), exceptions::LOGIC));
    let violations = |text: &str, exceptions: &[(&str, usize)]| {
        rules::logic(&planted(&[("chat/src/lib.rs", text)]), exceptions).len()
    };
    for text in
        ["fn f() {}", "struct A; impl A { fn f() {} }", "trait A { fn f() {} }", "mod inner { pub(super) fn f() {} }"]
    {
        assert_eq!(violations(text, &[]), 1, "{text}");
        assert_eq!(violations(text, &[("chat/src/lib.rs", 1)]), 0, "{text}");
        assert_eq!(violations(text, &[("chat/src/lib.rs", 2)]), 1, "an exception must fit: {text}");
    }
    assert_eq!(violations("", &[("chat/src/other/mod.rs", 1)]), 1, "a file that is gone");
    for text in ["pub struct A;", "trait A { fn f(); }", "#[cfg(test)] mod tests { #[test] fn f() {} }"] {
        assert_eq!(violations(text, &[]), 0, "{text}");
    }
}

#[test]
fn files_begin_with_their_purpose_and_stay_short() {
    assert_none(&rules::shape(&sources()));
    let violations = |path: &str, text: &str| rules::shape(&[source(path, text)]).len();
    assert_eq!(violations("chat-server/src/room/x.rs", "use std::fmt;"), 1, "no opening comment");
    let long = format!("//! Words.\n{}", "x\n".repeat(500));
    assert_eq!(violations("chat-server/src/room/x.rs", &long), 1, "too long");
    assert_eq!(violations("chat-server/src/utils.rs", "//! Words."), 1, "a meaningless name");
    let changing = "//! Words.\nimpl A { fn f(&mut self) {} }";
    assert_eq!(violations("chat-tui/src/app/state/x.rs", changing), 1, "data that changes itself");
    assert_eq!(violations("chat-tui/src/app/parts/x.rs", changing), 0, "a part");
    for claim in ["Rules. Pure.", "Rules. PURE.", "Rules. Pure: no clock.", "Pure; rules.", "Rules.\n//! pure."] {
        assert_eq!(
            violations("chat-server/src/room/x.rs", &format!("//! {claim}\n")),
            1,
            "pure, but not enforced: {claim}"
        );
    }
    assert_eq!(violations("chat-server/src/room/x.rs", "//! An actor around pure rules.\n"), 0, "about other code");
}

#[test]
fn the_top_level_contains_exactly_the_listed_files() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    assert_eq!(root::strangers(root).expect("the workspace can be read"), std::collections::BTreeSet::new());
    assert!(root::missing(root).is_empty(), "{:?}", root::missing(root));
}
