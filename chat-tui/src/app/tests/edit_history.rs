//! What a message said before it was edited.

use chat_proto::message::Version;
use chat_proto::request::VersionsAnswer;

use super::*;
use crate::app::Focus;
use crate::app::overlay::Overlay;

/// A message as it is after an edit.
pub(crate) fn edited(seq: u64, changed: u64, text: &str) -> Item {
    let mut item = Item { changed: Seq(changed), ..message(seq, ANA, text) };
    if let What::Message(message) = &mut item.what {
        message.edited_at = Some(NOON);
    }
    item
}

/// What was asked of the former texts of a message.
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

/// A desk at which the former texts of ana's message are open.
fn open() -> Desk {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, edited(1, 3, "third")));
    desk.act(Action::Cancel);
    assert_eq!(desk.model.focus, Focus::Message(Seq(1)));
    let effects = desk.act(Action::Versions);
    let ask = asked_versions(&effects).expect("asked");
    desk.answer(ask, Ok(versions(&["first", "second"])));
    desk
}

fn shown(desk: &Desk) -> Option<Vec<&str>> {
    match &desk.model.overlay {
        Some(Overlay::EditHistory(shown)) => Some(shown.texts.iter().map(|(text, _)| text.as_str()).collect()),
        _ => None,
    }
}

#[test]
fn the_former_texts_of_someone_elses_message_are_shown() {
    let mut desk = open();
    assert_eq!(shown(&desk), Some(vec!["first", "second"]));
    desk.take(Msg::Typed('q'));
    assert!(desk.model.overlay.is_none());
    assert_eq!(desk.model.focus, Focus::Message(Seq(1)), "the message is still selected");
}

#[test]
fn the_command_means_ones_own_last_message() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, Item { by: ME, ..edited(1, 1, "mine") }));
    desk.push(event(GENERAL, 1, edited(2, 2, "hers")));
    let effects = desk.send("/versions");
    let request = asked(&effects, |request| matches!(request, Request::Versions(_))).map(|(_, request)| request);
    assert_eq!(request, Some(chat_proto::request::Versions { room: GENERAL, seq: Seq(1) }.into()));
}

#[test]
fn what_was_not_edited_or_expires_is_not_asked_about() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "as it was")));
    let mut brief = edited(2, 2, "brief");
    if let What::Message(message) = &mut brief.what {
        message.expires_at = Some(NOON.plus_ms(60_000));
    }
    desk.push(event(GENERAL, 1, brief));
    desk.act(Action::Cancel);
    assert_eq!(asked_versions(&desk.act(Action::Versions)), None);
    assert!(desk.notice().contains("expires"), "{}", desk.notice());
    desk.act(Action::SelectUp);
    assert_eq!(asked_versions(&desk.act(Action::Versions)), None);
    assert!(desk.notice().contains("not edited"), "{}", desk.notice());
}

#[test]
fn a_deletion_takes_the_former_texts_from_the_screen() {
    let mut desk = open();
    let deleted = What::Deleted { deleted_at: NOON, deleted_by: ANA };
    desk.push(event(GENERAL, 3, Item { what: deleted, ..edited(1, 4, "x") }));
    assert!(desk.model.overlay.is_none());
    assert!(!format!("{:?}", desk.model.overlay).contains("first"));
    // An answer that was under way at that moment shows nothing, either.
    let mut desk = open();
    desk.act(Action::Close);
    let ask = asked_versions(&desk.act(Action::Versions)).expect("asked");
    let deleted = What::Deleted { deleted_at: NOON, deleted_by: ANA };
    desk.push(event(GENERAL, 3, Item { what: deleted, ..edited(1, 4, "x") }));
    desk.answer(ask, Ok(versions(&["first", "second"])));
    assert_eq!(shown(&desk), None);
}

#[test]
fn an_edit_meanwhile_is_asked_about_once() {
    let mut desk = open();
    let effects = desk.push(event(GENERAL, 3, edited(1, 4, "fourth")));
    let ask = asked_versions(&effects).expect("asked again");
    assert_eq!(asked_versions(&desk.take(Msg::Tick)), None);
    desk.answer(ask, Ok(versions(&["first", "second", "third"])));
    assert_eq!(shown(&desk), Some(vec!["first", "second", "third"]));
}

#[test]
fn what_comes_late_covers_nothing_else() {
    let mut desk = open();
    desk.act(Action::Close);
    let ask = asked_versions(&desk.act(Action::Versions)).expect("asked");
    desk.act(Action::SwitchRoom);
    desk.answer(ask, Ok(versions(&["first", "second"])));
    assert!(matches!(desk.model.overlay, Some(Overlay::Switcher(_))));
    desk.act(Action::Close);
    let ask = asked_versions(&desk.act(Action::Versions)).expect("asked");
    desk.act(Action::NextRoom);
    desk.answer(ask, Ok(versions(&["first", "second"])));
    assert!(desk.model.overlay.is_none(), "in another room");
}
