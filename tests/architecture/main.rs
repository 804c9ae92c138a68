//! The house rules, seen in the sources: which way imports point, where a crate may be named, how long a file is.

mod dependencies;
mod rules;
mod sources;

use rules::Violation;
use sources::Source;

fn all() -> Vec<Source> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned();
    let sources = sources::read(&root);
    assert!(sources.len() > 80, "the test looks in the right place: {} files", sources.len());
    sources
}

fn assert_none(violations: &[Violation]) {
    assert!(violations.is_empty(), "\n{}", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

fn planted(path: &str, text: &str) -> Vec<Source> {
    vec![Source { path: path.into(), text: text.into() }]
}

#[test]
fn imports_point_one_way() {
    assert_none(&rules::arrows(&all()));
    for (path, text) in [
        ("chat-server/src/store/port.rs", "use crate::room::Rooms;"),
        ("chat-server/src/room/actor.rs", "use crate::session::App;"),
        ("chat-server/src/session/hello.rs", "let x = crate::transport::serve;"),
        ("chat-server/src/live/port.rs", "use crate::store::Store;"),
        ("chat-tui/src/net/client.rs", "use crate::cli::run;"),
        ("chat-tui/src/net/client.rs", "use chat_server::serve;"),
        ("chat-proto/src/ids.rs", "use tokio::net;"),
    ] {
        assert_eq!(rules::arrows(&planted(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn a_crate_is_named_only_where_it_belongs() {
    assert_none(&rules::places(&all()));
    for (path, text) in [
        ("chat-server/src/room/actor.rs", "use rusqlite::Connection;"),
        ("chat-server/src/session/hello.rs", "use hyper::Request;"),
        ("chat-server/src/session/hello.rs", "let x = serde_json::to_string(&y);"),
        ("chat-tui/src/cli/output.rs", "use crossterm::event;"),
        ("chat-proto/src/ids.rs", "serde_json::from_str"),
    ] {
        assert_eq!(rules::places(&planted(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    assert_none(&rules::shape(&all()));
    assert_eq!(rules::shape(&planted("chat-server/src/room/x.rs", "use std::fmt;")).len(), 1, "no first words");
    let long = format!("//! Words.\n{}", "x\n".repeat(500));
    assert_eq!(rules::shape(&planted("chat-server/src/room/x.rs", &long)).len(), 1, "too long");
    assert_eq!(rules::shape(&planted("chat-server/src/utils.rs", "//! Words.")).len(), 1, "a name that says nothing");
    assert_eq!(rules::shape(&planted("chat-server/src/room/x.rs", "//! Rules. Pure.\n")).len(), 1, "pure, not guarded");
}
