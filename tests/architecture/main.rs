//! The house rules, seen in the sources: which way imports point, where a crate may be named, how long a file is.

mod circles;
mod dependencies;
mod exceptions;
mod graph;
mod parse;
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
    assert!(sources.len() > 80, "the test looks in the right place: {} files", sources.len());
    sources
}

fn all() -> Vec<Tree> {
    workspace::trees(&sources()).expect("crates that compile")
}

#[track_caller]
fn assert_none(violations: &[Violation]) {
    assert!(violations.is_empty(), "\n{}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}

/// A crate of these files, and of those that only declare their modules.
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
        let places = [folder.join("lib.rs"), folder.join("mod.rs"), folder.with_extension("rs")];
        let place = places
            .iter()
            .find(|place| texts.contains_key(*place))
            .unwrap_or(&places[usize::from(!folder.ends_with("src"))]);
        let declared = format!("mod {};", module.file_stem().expect("a name").to_string_lossy());
        let text = texts.entry(place.clone()).or_default();
        if !text.contains(&declared) {
            text.push_str(&declared);
            open.push(place.clone());
        }
    }
    let sources: Vec<Source> = texts.into_iter().map(|(path, text)| Source { path, text }).collect();
    workspace::trees(&sources).expect("a crate")
}

#[test]
fn imports_point_one_way() {
    assert_none(&rules::arrows(&sources()));
    for (path, text) in [
        ("chat-server/src/store/port.rs", "use crate::room::Rooms;"),
        ("chat-server/src/room/actor.rs", "use crate::session::App;"),
        ("chat-server/src/session/hello.rs", "let x = crate::transport::serve;"),
        ("chat-server/src/live/port.rs", "use crate::store::Store;"),
        ("chat-tui/src/net/client.rs", "use crate::cli::run;"),
        ("chat-tui/src/net/client.rs", "use chat_server::serve;"),
        ("chat-proto/src/ids.rs", "use tokio::net;"),
    ] {
        assert_eq!(rules::arrows(&[source(path, text)]).len(), 1, "{path}: {text}");
    }
}

#[test]
fn a_crate_is_named_only_where_it_belongs() {
    assert_none(&rules::places(&sources()));
    for (path, text) in [
        ("chat-server/src/room/actor.rs", "use rusqlite::Connection;"),
        ("chat-server/src/session/hello.rs", "use hyper::Request;"),
        ("chat-server/src/session/hello.rs", "let x = serde_json::to_string(&y);"),
        ("chat-tui/src/cli/output.rs", "use crossterm::event;"),
        ("chat-proto/src/ids.rs", "serde_json::from_str"),
    ] {
        assert_eq!(rules::places(&[source(path, text)]).len(), 1, "{path}: {text}");
    }
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    assert_none(&rules::shape(&sources()));
    assert_eq!(rules::shape(&[source("chat-server/src/room/x.rs", "use std::fmt;")]).len(), 1, "no first words");
    let long = format!("//! Words.\n{}", "x\n".repeat(500));
    assert_eq!(rules::shape(&[source("chat-server/src/room/x.rs", &long)]).len(), 1, "too long");
    assert_eq!(rules::shape(&[source("chat-server/src/utils.rs", "//! Words.")]).len(), 1, "a name that says nothing");
    assert_eq!(
        rules::shape(&[source("chat-server/src/room/x.rs", "//! Rules. Pure.\n")]).len(),
        1,
        "pure, not guarded"
    );
}
