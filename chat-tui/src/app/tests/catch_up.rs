//! Every change is applied once, in order, without a gap; what counts as read.

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{Epoch, RoomId, Run, Seq};
use chat_proto::limits::CLIENT_FRAME_MAX_BYTES;
use chat_proto::message::Content;
use chat_proto::request::{Answer, Changes, ChangesPage, Read, Request};
use chat_proto::server_frame::{Gap, Resumed, Welcome};

use super::*;
use crate::app::{PersistOp, Scroll};

fn changes(effects: &[Effect]) -> Option<(u64, Changes)> {
    asked(effects, |request| matches!(request, Request::Changes(_))).map(|(ask, request)| match request {
        Request::Changes(changes) => (ask, changes),
        other => panic!("asked for {other:?}"),
    })
}

fn page(items: Vec<Item>, next: u64, head: u64) -> Answer {
    Answer::Changes(ChangesPage { items, users: Vec::new(), next: at(next), head: at(head), parted: None })
}

#[test]
fn missing_changes_are_requested_and_events_meanwhile_are_not_applied_twice() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "one")));
    let (ask, asked) = changes(&app.push(event(GENERAL, 2, message(3, ANA, "three")))).expect("asked");
    assert_eq!(asked.after.seq, Seq(1));
    assert!(changes(&app.push(event(GENERAL, 3, message(4, ANA, "four")))).is_none());
    let effects = app.answer(ask, Ok(page(vec![message(2, ANA, "two"), message(3, ANA, "three")], 3, 3)));
    let (ask, asked) = changes(&effects).expect("four was heard of and is not there");
    assert_eq!(asked.after.seq, Seq(3));
    app.answer(ask, Ok(page(vec![message(4, ANA, "four")], 4, 4)));
    assert_eq!(app.texts(GENERAL), ["one", "two", "three", "four"]);
    assert!(app.room(GENERAL).following.is_current());
    app.push(event(GENERAL, 4, message(5, ANA, "five")));
    assert_eq!(app.room(GENERAL).following.applied(), Seq(5));
}

#[test]
fn a_gap_is_requested_also_while_an_answer_is_in_flight() {
    let mut app = TestApp::in_two_rooms();
    let (ask, _) = changes(&app.push(ServerFrame::Gap(Gap { room: GENERAL }))).expect("asked");
    assert!(changes(&app.push(ServerFrame::Gap(Gap { room: GENERAL }))).is_none());
    let (ask, _) = changes(&app.answer(ask, Ok(page(vec![message(1, ANA, "one")], 1, 1)))).expect("once more");
    assert!(changes(&app.answer(ask, Ok(page(Vec::new(), 1, 1)))).is_none());
    assert!(app.room(GENERAL).following.is_current());
}

#[test]
fn a_resumed_connection_brings_what_was_missed() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "one")));
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1 });
    let hello = app.link(LinkEvent::Opened);
    let Some(Effect::Hello { resume: Some(resume), .. }) = hello.first() else { panic!("resumes: {hello:?}") };
    assert_eq!(resume.rooms.iter().map(|cursor| cursor.after.seq).collect::<Vec<_>>(), [Seq(1), Seq(0)]);
    let mut again = welcome(vec![membership(GENERAL, "general", 2), membership(OPS, "ops", 0)]);
    let items = vec![message(2, ANA, "two")];
    again.resumed = vec![Resumed { room: GENERAL, is_complete: true, items, head: at(2), parted: None }];
    assert!(changes(&app.link(LinkEvent::Welcome(Box::new(again)))).is_none());
    assert_eq!(app.texts(GENERAL), ["one", "two"]);
}

#[test]
fn a_hello_fits_a_frame_however_many_rooms_there_are_and_names_the_open_one() {
    let mut app = TestApp::new();
    let rooms = (1..=1_000).map(|id| membership(RoomId(id), &format!("room-{id}"), 1 << 52));
    app.link(LinkEvent::Welcome(Box::new(welcome(rooms.collect()))));
    let open = RoomKey { server: ServerKey::FIRST, room: RoomId(1_000) };
    app.model.navigation.current = Some(open);
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1 });
    let hello = app.link(LinkEvent::Opened);
    let Some(Effect::Hello { resume: Some(resume), .. }) = hello.first() else { panic!("resumes: {hello:?}") };
    assert_eq!(resume.rooms.first().map(|cursor| cursor.room), Some(open.room));
    let size = serde_json::to_vec(resume).expect("JSON").len();
    assert!(size < CLIENT_FRAME_MAX_BYTES - 8 * 1024, "{size} bytes, and the sign-in beside them");
}

#[test]
fn another_epoch_drops_the_loaded_items() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "old")));
    let mut other = welcome(vec![membership(GENERAL, "general", 5), membership(OPS, "ops", 0)]);
    other.epoch = Epoch("two".into());
    let effects = app.link(LinkEvent::Welcome(Box::new(other)));
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::RemoveAllRooms)));
    assert!(app.texts(GENERAL).is_empty());
    let (ask, asked) = changes(&effects).expect("asked from the beginning");
    assert_eq!(asked.after.seq, Seq(0));
    app.answer(ask, Ok(page(vec![message(1, ANA, "new")], 5, 5)));
    assert_eq!(app.texts(GENERAL), ["new"]);
}

/// A welcome of the server's next run, with these rooms.
fn welcome_again(rooms: Vec<Membership>, resumed: Vec<Resumed>) -> LinkEvent {
    LinkEvent::Welcome(Box::new(Welcome { run: Run(2), resumed, ..welcome(rooms) }))
}

fn resumed(room: RoomId, head: u64, parted: Option<Parted>) -> Resumed {
    Resumed { room, is_complete: false, items: Vec::new(), head: at(head), parted }
}

/// Two rooms, of which `#general` holds "old" and an edit.
fn with_two_items() -> TestApp {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "shared")));
    app.push(event(GENERAL, 1, message(2, ANA, "old")));
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1 });
    app
}

#[test]
fn a_room_of_another_life_is_loaded_again_and_the_user_is_told() {
    let mut app = with_two_items();
    let rooms = vec![membership(GENERAL, "general", 9), membership(OPS, "ops", 0)];
    let parted = Some(Parted { at: Some(Seq(1)) });
    let resumed = vec![resumed(GENERAL, 9, parted), resumed(OPS, 0, None)];
    let effects = app.link(welcome_again(rooms, resumed));
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::RemoveItems(vec![GENERAL]))));
    assert!(changes(&effects).is_none(), "the end is loaded instead");
    assert!(app.notice().contains("put back to an earlier state: #general is loaded again"), "{}", app.notice());
    app.answer_history(&effects, vec![message(1, ANA, "shared"), message(9, ANA, "new")]);
    assert_eq!(app.texts(GENERAL), ["shared", "new"]);
    assert_eq!(app.room(GENERAL).following.cursor(), at(9));
}

#[test]
fn a_room_that_a_new_run_does_not_resume_is_asked_about_and_a_page_under_way_is_dropped() {
    let mut app = with_two_items();
    let rooms = vec![membership(GENERAL, "general", 2), membership(OPS, "ops", 0)];
    let effects = app.link(welcome_again(rooms, Vec::new()));
    let (ask, asked) = changes(&effects).expect("asked, though the head is the same");
    assert_eq!((asked.room, asked.after), (GENERAL, at(2)));
    let parted = Answer::Changes(ChangesPage {
        items: Vec::new(),
        users: Vec::new(),
        next: Cursor::START,
        head: at(3),
        parted: Some(Parted { at: None }),
    });
    app.answer(ask, Ok(parted));
    assert!(app.notice().contains("does not know what was loaded"), "{}", app.notice());
    app.push(event(GENERAL, 3, message(4, ANA, "four")));
    // Cut before the room was reset: three would be missing.
    let again = app.answer_history(&effects, vec![message(2, ANA, "two")]);
    assert_eq!(app.texts(GENERAL), ["four"]);
    app.answer_history(&again, vec![message(2, ANA, "two"), message(3, ANA, "three"), message(4, ANA, "four")]);
    assert_eq!(app.texts(GENERAL), ["two", "three", "four"]);
}

#[test]
fn a_new_run_on_the_same_data_changes_nothing_and_asks_for_nothing() {
    let mut app = with_two_items();
    // Two was ephemeral, and ended with the former run.
    let rooms = vec![membership(GENERAL, "general", 1), membership(OPS, "ops", 0)];
    let effects = app.link(welcome_again(rooms, vec![resumed(GENERAL, 1, None), resumed(OPS, 0, None)]));
    assert!(changes(&effects).is_none() && app.notice().is_empty());
    assert_eq!(app.texts(GENERAL), ["shared", "old"]);
    app.push(event(GENERAL, 1, message(65, ANA, "new")));
    assert_eq!(app.texts(GENERAL), ["shared", "old", "new"]);
    assert_eq!(app.room(GENERAL).following.cursor(), Cursor { run: Some(Run(2)), ..at(65) });
}

#[test]
fn a_room_too_far_behind_restarts_at_its_head() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "old")));
    let again = welcome(vec![membership(GENERAL, "general", 50_000), membership(OPS, "ops", 0)]);
    let effects = app.link(LinkEvent::Welcome(Box::new(again)));
    assert!(changes(&effects).is_none());
    app.answer_history(&effects, vec![message(49_999, ANA, "newest")]);
    assert_eq!(app.texts(GENERAL), ["newest"]);
}

#[test]
fn visible_messages_are_read_and_the_rest_are_counted() {
    let mut app = TestApp::in_two_rooms();
    app.now = app.now.plus_ms(5_000);
    let effects = app.push(event(GENERAL, 0, message(1, ANA, "seen")));
    let read = asked(&effects, |request| matches!(request, Request::Read(_)));
    assert_eq!(read.map(|(_, request)| request), Some(Read { room: GENERAL, seq: Some(Seq(1)), rewind: false }.into()));
    let mut mention = message(1, ANA, "@zoe look");
    if let Content::Message(message) = &mut mention.content {
        message.mentions = vec![ME];
    }
    app.push(event(OPS, 0, mention));
    app.push(event(OPS, 1, message(2, ANA, "more")));
    let read_marker = &app.room(OPS).reading.marker;
    assert_eq!((read_marker.unread, read_marker.mentions), (2, 1));
    app.act(Action::NextUnread);
    assert_eq!(app.room(OPS).reading.marker.unread, 2, "not drawn yet");
    app.see_all();
    assert_eq!(app.model.navigation.current.map(|room_key| room_key.room), Some(OPS));
    assert_eq!(app.room(OPS).reading.marker.unread, 0);
    assert_eq!(app.room(OPS).reading.new_after, Some(Seq(0)));
}

#[test]
fn a_deleted_unread_message_is_uncounted() {
    let mut app = TestApp::in_two_rooms();
    let mut mention = message(1, ANA, "@zoe look");
    if let Content::Message(message) = &mut mention.content {
        message.mentions = vec![ME];
    }
    app.push(event(OPS, 0, mention));
    app.push(event(OPS, 1, message(2, ANA, "more")));
    let gone = |seq, changed| {
        let content = Content::Deleted { deleted_at: UnixMillis(9), deleted_by: ANA };
        Item { seq: Seq(seq), changed: Seq(changed), content, ..message(seq, ANA, "-") }
    };
    app.push(event(OPS, 2, gone(1, 3)));
    let read_marker = &app.room(OPS).reading.marker;
    assert_eq!((read_marker.unread, read_marker.mentions), (1, 0));
    app.push(event(OPS, 2, gone(1, 3)));
    assert_eq!(app.room(OPS).reading.marker.unread, 1, "once");
    app.act(Action::NextUnread);
    app.push(event(OPS, 3, gone(2, 4)));
    assert_eq!(app.room(OPS).reading.marker.unread, 0);
}

#[test]
fn a_mention_without_focus_notifies_and_is_read_later() {
    let mut app = TestApp::in_two_rooms();
    app.take(Msg::Focused(false));
    let mut mention = message(1, ANA, "@zoe look");
    if let Content::Message(message) = &mut mention.content {
        message.mentions = vec![ME];
    }
    let effects = app.push(event(GENERAL, 0, mention));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Notify { body, .. } if body.as_str() == "@zoe look")));
    assert_eq!(app.room(GENERAL).reading.marker.mentions, 1);
    assert_eq!(app.room(GENERAL).reading.new_after, Some(Seq(0)));
    app.see_all();
    assert_eq!(app.room(GENERAL).reading.marker.mentions, 1, "nobody looks");
    app.take(Msg::Focused(true));
    assert_eq!(app.room(GENERAL).reading.marker.mentions, 0);
}

#[test]
fn new_messages_do_not_move_a_scrolled_room() {
    let mut app = TestApp::in_two_rooms();
    for seq in 1..=3 {
        app.push(event(GENERAL, seq - 1, message(seq, ANA, "text")));
    }
    let room_key = app.model.navigation.current;
    app.take(Msg::Drawn(crate::app::Viewport {
        room_key,
        rows: 2,
        top: Some((Seq(2), 0)),
        is_at_end: true,
        ..Default::default()
    }));
    app.act(Action::ScrollUp);
    let scroll = app.room(GENERAL).scroll;
    assert!(matches!(scroll, Scroll::At { seq: Seq(2), .. }));
    app.push(event(GENERAL, 3, message(4, ANA, "new")));
    assert_eq!(app.room(GENERAL).scroll, scroll);
    let hidden = app.room(GENERAL).out_of_sight((Seq(2), Some(Seq(3))), Some(ME));
    assert_eq!((hidden.above.messages, hidden.below.messages), (0, 1));
    assert_eq!(app.room(GENERAL).reading.marker.unread, 1);
}

#[test]
fn own_messages_from_another_device_are_neither_missed_nor_unread() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "hers")));
    app.push(event(OPS, 0, message(1, ME, "from the shell")));
    assert_eq!(app.room(OPS).reading.marker.unread, 0);
    let room_key = app.model.navigation.current;
    let top = Some((Seq(1), 0));
    app.take(Msg::Drawn(crate::app::Viewport { room_key, rows: 1, top, ..Default::default() }));
    app.act(Action::ScrollUp);
    app.push(event(GENERAL, 1, message(2, ME, "from the shell")));
    assert_eq!(app.room(GENERAL).reading.unread(), 0);
    let effects = app.act(Action::MarkUnread);
    let read = asked(&effects, |request| matches!(request, Request::Read(_))).map(|(_, request)| request);
    assert_eq!(read, Some(Read { room: GENERAL, seq: Some(Seq(0)), rewind: true }.into()), "from hers on");
    assert_eq!(app.room(GENERAL).reading.marker.unread, 1);
}

#[test]
fn a_deleted_text_leaves_the_input_history() {
    let mut app = TestApp::in_two_rooms();
    app.send("secret");
    app.push(event(GENERAL, 0, message(1, ME, "secret")));
    let mut gone = message(1, ME, "x");
    gone.changed = Seq(2);
    gone.content = Content::Deleted { deleted_at: NOON, deleted_by: ME };
    let effects = app.push(event(GENERAL, 1, gone));
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::RemoveInput("secret".into()))));
    app.act(Action::HistoryPrevious);
    assert_eq!(app.draft(), "");
}
