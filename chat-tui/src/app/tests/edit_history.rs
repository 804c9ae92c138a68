//! The earlier texts of a message.

use chat_proto::message::Version;
use chat_proto::request::VersionsAnswer;

use super::*;
use crate::app::Focus;
use crate::app::Overlay;

/// A message after an edit.
pub(crate) fn edited(seq: u64, changed: u64, text: &str) -> Item {
    let mut item = Item { changed: Seq(changed), ..message(seq, ANA, text) };
    if let Content::Message(message) = &mut item.content {
        message.edited_at = Some(NOON);
    }
    item
}

/// The request for the earlier texts of a message.
pub(crate) fn asked_versions(effects: &[Effect]) -> Option<u64> {
    asked(effects, |request| matches!(request, Request::Versions(_))).map(|(ask, _)| ask)
}

pub(crate) fn versions(texts: &[&str]) -> Answer {
    let version = |(n, text): (u64, &&str)| Version {
        body: text.parse().expect("a body"),
        replaced_at: NOON.plus_ms(n * 60_000),
    };
    Answer::Versions(VersionsAnswer { versions: (1..).zip(texts).map(version).collect() })
}

/// An app that shows the earlier texts of ana's message.
fn open() -> TestApp {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, edited(1, 3, "third")));
    app.act(Action::Cancel);
    assert_eq!(app.model.focus, Focus::Message(Seq(1)));
    let effects = app.act(Action::Versions);
    let ask = asked_versions(&effects).expect("asked");
    app.answer(ask, Ok(versions(&["first", "second"])));
    app
}

fn shown(app: &TestApp) -> Option<Vec<&str>> {
    match &app.model.overlays.open {
        Some(Overlay::EditHistory(shown)) => Some(shown.texts.iter().map(|(text, _)| text.as_str()).collect()),
        _ => None,
    }
}

#[test]
fn the_edit_history_of_someone_elses_message_is_shown() {
    let mut app = open();
    assert_eq!(shown(&app), Some(vec!["first", "second"]));
    app.take(Msg::Typed('q'));
    assert!(app.model.overlays.open.is_none());
    assert_eq!(app.model.focus, Focus::Message(Seq(1)), "the message is still selected");
}

#[test]
fn the_command_applies_to_ones_own_last_message() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, Item { by: ME, ..edited(1, 1, "mine") }));
    app.push(event(GENERAL, 1, edited(2, 2, "hers")));
    let effects = app.send("/versions");
    let request = asked(&effects, |request| matches!(request, Request::Versions(_))).map(|(_, request)| request);
    assert_eq!(request, Some(chat_proto::request::Versions { room: GENERAL, seq: Seq(1) }.into()));
}

#[test]
fn unedited_and_ephemeral_messages_are_not_requested() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "as it was")));
    let mut ephemeral = edited(2, 2, "ephemeral");
    if let Content::Message(message) = &mut ephemeral.content {
        message.expires_at = Some(NOON.plus_ms(60_000));
    }
    app.push(event(GENERAL, 1, ephemeral));
    app.act(Action::Cancel);
    assert_eq!(asked_versions(&app.act(Action::Versions)), None);
    assert!(app.notice().contains("keep no edit history"), "{}", app.notice());
    app.act(Action::SelectUp);
    assert_eq!(asked_versions(&app.act(Action::Versions)), None);
    assert!(app.notice().contains("not edited"), "{}", app.notice());
}

#[test]
fn a_deletion_closes_the_edit_history() {
    let mut app = open();
    let deleted = Content::Deleted { deleted_at: NOON, deleted_by: ANA };
    app.push(event(GENERAL, 3, Item { content: deleted, ..edited(1, 4, "x") }));
    assert!(app.model.overlays.open.is_none());
    assert!(!format!("{:?}", app.model.overlays.open).contains("first"));
    // An answer that was in flight at that moment shows nothing, either.
    let mut app = open();
    app.act(Action::Close);
    let ask = asked_versions(&app.act(Action::Versions)).expect("asked");
    let deleted = Content::Deleted { deleted_at: NOON, deleted_by: ANA };
    app.push(event(GENERAL, 3, Item { content: deleted, ..edited(1, 4, "x") }));
    app.answer(ask, Ok(versions(&["first", "second"])));
    assert_eq!(shown(&app), None);
}

#[test]
fn an_edit_meanwhile_is_requested_once() {
    let mut app = open();
    let effects = app.push(event(GENERAL, 3, edited(1, 4, "fourth")));
    let ask = asked_versions(&effects).expect("asked again");
    assert_eq!(asked_versions(&app.take(Msg::Tick)), None);
    app.answer(ask, Ok(versions(&["first", "second", "third"])));
    assert_eq!(shown(&app), Some(vec!["first", "second", "third"]));
}

#[test]
fn a_late_answer_covers_no_other_overlay() {
    let mut app = open();
    app.act(Action::Close);
    let ask = asked_versions(&app.act(Action::Versions)).expect("asked");
    app.act(Action::SwitchRoom);
    app.answer(ask, Ok(versions(&["first", "second"])));
    assert!(matches!(app.model.overlays.open, Some(Overlay::Switcher(_))));
    app.act(Action::Close);
    let ask = asked_versions(&app.act(Action::Versions)).expect("asked");
    app.act(Action::NextRoom);
    app.answer(ask, Ok(versions(&["first", "second"])));
    assert!(app.model.overlays.open.is_none(), "in another room");
}
