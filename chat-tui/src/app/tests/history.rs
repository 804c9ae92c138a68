//! The lines sent before: they are found again as they were typed, and none of an ephemeral message is kept.

use super::*;
use crate::app::{Overlay, PersistOp, Restored};

/// The lines that effects write to the history on disk.
fn saved(effects: &[Effect]) -> Vec<&str> {
    let saved = effects.iter().filter_map(|effect| match effect {
        Effect::Persist(_, PersistOp::AddInput(line)) => Some(line.as_str()),
        _ => None,
    });
    saved.collect()
}

fn type_text(app: &mut TestApp, text: &str) {
    text.chars().for_each(|c| drop(app.take(Msg::Typed(c))));
}

fn is_searching(app: &TestApp) -> bool {
    matches!(app.model.overlays.open, Some(Overlay::HistorySearch(_)))
}

#[test]
fn a_search_takes_an_older_line_and_the_draft_comes_back() {
    let mut app = TestApp::in_two_rooms();
    for line in ["deploy api", "deploy web", "lunch?"] {
        app.send(line);
    }
    app.write("half a thought");
    app.act(Action::HistorySearch);
    type_text(&mut app, "dep");
    // The same key again is bound to the next line of a list.
    app.act(Action::ListDown);
    assert_eq!(app.draft(), "half a thought", "a search changes nothing");
    app.act(Action::Choose);
    assert_eq!((app.draft(), is_searching(&app)), ("deploy api", false));
    app.act(Action::HistoryNext);
    assert_eq!(app.draft(), "deploy web", "one goes on from the line that was found");
    app.act(Action::HistoryNext);
    app.act(Action::HistoryNext);
    assert_eq!(app.draft(), "half a thought");
}

#[test]
fn a_search_that_is_left_or_finds_nothing_keeps_the_draft() {
    let mut app = TestApp::in_two_rooms();
    app.send("deploy api");
    app.write("half a thought");
    app.act(Action::HistorySearch);
    type_text(&mut app, "deploy");
    app.act(Action::Close);
    assert_eq!((app.draft(), is_searching(&app)), ("half a thought", false));
    app.act(Action::HistorySearch);
    type_text(&mut app, "quokka");
    app.act(Action::Choose);
    assert_eq!((app.draft(), is_searching(&app)), ("half a thought", false));
}

#[test]
fn an_edit_is_not_replaced_by_a_line_of_the_history() {
    let mut app = TestApp::in_two_rooms();
    app.send("deploy api");
    app.push(event(GENERAL, 0, message(1, ME, "mine")));
    app.act(Action::EditMessage);
    app.act(Action::HistorySearch);
    assert_eq!((app.draft(), is_searching(&app)), ("mine", false));
    assert!(app.notice().contains("Finish the edit"), "{}", app.notice());
}

#[test]
fn commands_are_remembered_once_they_are_right() {
    let mut app = TestApp::in_two_rooms();
    assert_eq!(saved(&app.send("/topic ship it")), ["/topic ship it"]);
    assert_eq!(saved(&app.send("/join not a room")), Vec::<&str>::new());
    app.act(Action::Interrupt);
    app.act(Action::CursorUp);
    assert_eq!(app.draft(), "/topic ship it");
}

#[test]
fn a_line_comes_back_as_it_was_typed() {
    let mut app = TestApp::in_two_rooms();
    for (line, sent) in [(" :q", ":q"), ("//join us", "/join us"), (" help", "help")] {
        app.send(line);
        assert_eq!(app.room(GENERAL).writing.pending.last().map(|post| post.text.as_str()), Some(sent));
        app.act(Action::CursorUp);
        assert_eq!(app.draft(), line);
        app.act(Action::Interrupt);
    }
}

#[test]
fn nothing_of_an_ephemeral_message_is_remembered() {
    let mut app = TestApp::in_two_rooms();
    for line in ["/ttl 30s the door code", "/tt low the door code"] {
        let effects = app.send(line);
        assert_eq!(saved(&effects), Vec::<&str>::new(), "{line}");
    }
    let mut hello = welcome(vec![membership(GENERAL, "general", 0)]);
    hello.account.rooms[0].room.default_ttl_ms = Some(30_000);
    let mut app = TestApp::new();
    app.link(LinkEvent::Welcome(Box::new(hello)));
    for line in ["the door code", " :q", "/code rust\nlet code = 4417;"] {
        let effects = app.send(line);
        assert!(app.room(GENERAL).writing.pending.last().is_some() && saved(&effects).is_empty(), "{line}");
    }
    app.act(Action::HistorySearch);
    app.act(Action::Choose);
    assert_eq!(app.draft(), "");
}

#[test]
fn a_deleted_message_leaves_the_history_however_it_was_sent() {
    let mut app = TestApp::in_two_rooms();
    let history = [" :q", "stays", "/keep :q", "/code\n:q", ":q, they said"].map(str::to_owned).to_vec();
    app.take(Msg::Restored(Box::new(Restored { input_history: history, ..Restored::default() })));
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 0)]))));
    app.push(event(GENERAL, 0, message(1, ME, ":q")));
    app.act(Action::HistorySearch);
    let deleted = Content::Deleted { deleted_at: NOON, deleted_by: ME };
    let effects = app.push(event(GENERAL, 1, Item { changed: Seq(2), content: deleted, ..message(1, ME, "x") }));
    let removed: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Persist(_, PersistOp::RemoveInput(line)) => Some(line.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(removed, [" :q", "/keep :q", "/code\n:q"]);
    assert!(!is_searching(&app), "the list that still showed it is closed");
    app.act(Action::HistoryPrevious);
    app.act(Action::HistoryPrevious);
    assert_eq!(app.draft(), "stays");
}

#[test]
fn a_command_on_a_key_leaves_the_draft_alone() {
    let mut app = TestApp::in_two_rooms();
    app.write("half a thought");
    app.act(Action::Who);
    assert!(app.notice().contains("people"), "{}", app.notice());
    assert_eq!(app.draft(), "half a thought");
}
