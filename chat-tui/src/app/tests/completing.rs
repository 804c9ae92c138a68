//! Completion of commands, people and rooms, and the changes of the draft that are taken back.

use super::*;

#[test]
fn every_command_is_offered_and_reached() {
    let mut app = TestApp::in_two_rooms();
    app.write("/");
    let commands = Action::TABLE.iter().filter(|spec| spec.slash.is_some()).count();
    assert_eq!(app.model.candidates().expect("candidates").1.len(), commands);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..commands {
        app.act(Action::CursorDown);
        seen.insert(app.draft().to_owned());
    }
    assert_eq!(seen.len(), commands);
    app.act(Action::CursorUp);
    assert!(seen.contains(app.draft()));
}

#[test]
fn letters_in_their_order_find_what_begins_otherwise() {
    let mut app = TestApp::in_two_rooms();
    app.write("/vrs");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "/versions");
    app.act(Action::Interrupt);
    app.write("@an");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "@ana ");
    app.act(Action::Interrupt);
    app.write("@na");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "@ana ");
}

#[test]
fn commands_used_last_are_offered_first() {
    let mut app = TestApp::in_two_rooms();
    let effects = app.send("/topic");
    let used = Effect::Persist(ServerKey::FIRST, crate::app::PersistOp::StoreUsedCommand("topic"));
    assert!(effects.contains(&used), "{effects:?}");
    app.send("/who");
    app.write("/");
    let offered: Vec<_> = app.model.candidates().expect("candidates").1.into_iter().map(|one| one.text).collect();
    assert_eq!(offered[..3], ["/who", "/topic ", "/away "]);
    app.act(Action::Interrupt);
    app.write("/t");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "/topic ");
    let mut next = TestApp::in_two_rooms();
    let used_commands = ["topic", "gone_since", "who"].map(str::to_owned).to_vec();
    next.take(Msg::Restored(Box::new(crate::app::Restored { used_commands, ..crate::app::Restored::default() })));
    next.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 0)]))));
    next.write("/");
    assert_eq!(next.model.candidates().expect("candidates").1[0].text, "/topic ");
}

/// The names that the list of rooms offers.
fn offered_rooms(app: &TestApp) -> Vec<&str> {
    match &app.model.overlays.open {
        Some(crate::app::Overlay::Switcher(rooms)) => rooms.lines.iter().map(|line| line.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn rooms_opened_last_are_offered_first() {
    let mut app = TestApp::new();
    let names = ["dev", "dev-ops", "general", "ops", "ops-old"];
    let rooms = names.iter().zip(10..).map(|(name, id)| membership(RoomId(id), name, 0)).collect();
    app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
    let open = |app: &mut TestApp, id| {
        let room_key = RoomKey { server: ServerKey::FIRST, room: RoomId(id) };
        app.act(Action::SwitchRoom);
        let at = match &app.model.overlays.open {
            Some(crate::app::Overlay::Switcher(rooms)) => rooms.lines.iter().position(|line| line.room_key == room_key),
            _ => None,
        };
        (0..at.expect("offered")).for_each(|_| drop(app.act(Action::ListDown)));
        app.act(Action::Choose)
    };
    open(&mut app, 14);
    let effects = open(&mut app, 11);
    let opened = Effect::Persist(ServerKey::FIRST, crate::app::PersistOp::StoreOpenedRoom(RoomId(11)));
    assert!(effects.contains(&opened), "{effects:?}");
    app.act(Action::SwitchRoom);
    assert_eq!(offered_rooms(&app), ["ops-old", "general", "dev", "dev-ops", "ops"], "the open one is no goal");
    "op".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    assert_eq!(offered_rooms(&app), ["ops-old", "ops", "dev-ops"]);
    app.take(Msg::Typed('s'));
    assert_eq!(offered_rooms(&app), ["ops", "ops-old", "dev-ops"], "a whole name is meant");
}

#[test]
fn arrows_go_on_through_sent_texts_that_would_be_completed() {
    let mut app = TestApp::in_two_rooms();
    for text in ["first", "see #o", "one\ntwo\nthree"] {
        app.send(text);
    }
    let mut shown = Vec::new();
    for _ in 0..3 {
        app.act(Action::CursorUp);
        shown.push(app.draft().to_owned());
    }
    assert_eq!(shown, ["one\ntwo\nthree", "see #o", "first"], "a text of several lines holds nobody up");
}

#[test]
fn a_change_of_the_draft_is_undone_and_made_again() {
    let mut app = TestApp::in_two_rooms();
    "one two".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    app.act(Action::DeleteWordLeft);
    app.act(Action::Undo);
    assert_eq!(app.draft(), "one two");
    app.act(Action::Redo);
    assert_eq!(app.draft(), "one ");
    app.act(Action::Interrupt);
    app.act(Action::Undo);
    assert_eq!(app.draft(), "one ", "a cleared line comes back");
}
