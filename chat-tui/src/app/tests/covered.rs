//! Messages under an overlay are not in sight, and an overlay lasts until the user closes it.

use chat_proto::message::{Content, Item};

use super::{ANA, GENERAL, ME, OPS, TestApp, asked, event, membership, message, welcome};
use crate::action::Action;
use crate::app::{Effect, Msg, Overlay, Viewport};
use crate::link_event::{LinkEvent, NetError};
use chat_proto::request::Request;

fn unread(app: &TestApp) -> u32 {
    app.room(GENERAL).reading.unread()
}

/// Draws the open room under an overlay.
fn see_covered(app: &mut TestApp) -> Vec<Effect> {
    let room_key = app.model.room().map(|(room_key, _)| room_key);
    let last = app.room(GENERAL).timeline.entries().back().map(|entry| entry.seq);
    let viewport =
        Viewport { room_key, top: last.map(|seq| (seq, 0)), seen_to: last, is_covered: true, ..Viewport::default() };
    app.take(Msg::Drawn(viewport))
}

fn mention(seq: u64) -> Item {
    let mut item = message(seq, ANA, "@zoe look");
    if let Content::Message(message) = &mut item.content {
        message.mentions = vec![ME];
    }
    item
}

#[test]
fn nothing_is_read_under_an_overlay_until_it_is_drawn_without() {
    let mut app = TestApp::in_two_rooms();
    app.see_all();
    app.act(Action::Help);
    app.push(event(GENERAL, 0, mention(1)));
    see_covered(&mut app);
    assert_eq!(unread(&app), 1);
    let effects = app.act(Action::Close);
    assert_eq!(unread(&app), 1, "the frame without it is not drawn yet");
    assert!(asked(&effects, |request| matches!(request, Request::Read(_))).is_none());
    app.see_all();
    assert_eq!(unread(&app), 0);
}

#[test]
fn a_pane_over_the_messages_and_the_form_cover_them_too() {
    let mut app = TestApp::in_two_rooms();
    app.take(Msg::Drawn(Viewport { fold: crate::app::Fold::Both, ..Viewport::default() }));
    app.act(Action::ToggleRooms);
    app.push(event(GENERAL, 0, message(1, ANA, "text")));
    assert_eq!(unread(&app), 1);
    let mut app = TestApp::in_two_rooms();
    app.see_all();
    app.link(LinkEvent::Stopped { error: NetError::SignedOut });
    app.push(event(GENERAL, 0, message(1, ANA, "text")));
    assert_eq!(unread(&app), 1);
}

#[test]
fn a_sign_in_that_finishes_closes_no_overlay() {
    for (action, is_open) in [
        (Action::Help, (|overlay| matches!(overlay, Some(Overlay::Help { .. }))) as fn(&Option<Overlay>) -> bool),
        (Action::SwitchRoom, |overlay| matches!(overlay, Some(Overlay::Switcher(_)))),
    ] {
        let mut app = TestApp::new();
        app.act(action);
        let rooms = vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
        app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
        assert!(app.model.room().is_some() && is_open(&app.model.overlays.open), "{action:?}");
        app.see_all();
        app.act(Action::NextRoom);
        assert_eq!(app.model.overlays.open.is_some(), action == Action::Help, "help alone is about no room");
    }
}
