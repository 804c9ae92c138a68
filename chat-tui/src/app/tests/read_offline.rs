//! What is read while there is no connection counts once there is one again, and never takes back what others did.

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::request::{Answer, Read, Request};
use chat_proto::room::ReadMarker;
use chat_proto::server_frame::Resumed;

use super::*;
use crate::app::{PersistOp, Restored, Scroll, Viewport};

/// `#general` with nine messages, read up to the third.
fn hello(read_seq: u64) -> Welcome {
    let mut general = membership(GENERAL, "general", 9);
    let unread = (9 - read_seq) as u32;
    general.read_marker = ReadMarker { read_seq: Seq(read_seq), unread, counted_to: Seq(9), ..ReadMarker::default() };
    welcome(vec![general])
}

/// An app that has read up to the sixth message after its connection broke.
fn read_offline() -> TestApp {
    let mut app = TestApp::new();
    let effects = app.link(LinkEvent::Welcome(Box::new(hello(3))));
    app.answer_history(&effects, (1..=9).map(|seq| message(seq, ANA, "text")).collect());
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1_000 });
    app.end_requests();
    app.now = NOON.plus_ms(60_000);
    assert_eq!(see_to(&mut app, 6), None, "nobody to send it to");
    assert_eq!(read_seq(&app), 6);
    app
}

/// Draws the room up to a message. Returns the marker that is sent.
fn see_to(app: &mut TestApp, last: u64) -> Option<u64> {
    let room_key = app.model.room().map(|(room_key, _)| room_key);
    let viewport = Viewport { room_key, top: Some((Seq(1), 0)), seen_to: Some(Seq(last)), ..Viewport::default() };
    let effects = app.take(Msg::Drawn(viewport));
    sent(&effects)
}

fn read_seq(app: &TestApp) -> u64 {
    app.room(GENERAL).reading.marker.read_seq.0
}

/// The marker that is sent.
fn sent(effects: &[Effect]) -> Option<u64> {
    let is_read = |request: &Request| matches!(request, Request::Read(Read { seq: Some(seq), .. }) if *seq > Seq::ZERO);
    match asked(effects, is_read) {
        Some((_, Request::Read(Read { seq, rewind: false, .. }))) => seq.map(|seq| seq.0),
        _ => None,
    }
}

fn return_to(app: &mut TestApp, hello: Welcome) -> Option<u64> {
    // No frame is drawn before the welcome is taken.
    app.model.viewport = Viewport::default();
    sent(&app.link(LinkEvent::Welcome(Box::new(hello))))
}

#[test]
fn it_is_sent_after_the_next_welcome_and_the_counts_follow() {
    let mut app = read_offline();
    assert_eq!(return_to(&mut app, hello(3)), Some(6));
    assert_eq!((read_seq(&app), app.room(GENERAL).reading.unread()), (6, 3));
    let effects = app.take(Msg::Tick);
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Read(_))).expect("asked for the counts");
    let counts = ReadMarker { read_seq: Seq(6), unread: 2, counted_to: Seq(9), ..ReadMarker::default() };
    app.answer(ask, Ok(Answer::Read(counts)));
    assert_eq!((read_seq(&app), app.room(GENERAL).reading.unread()), (6, 2));
}

#[test]
fn a_server_that_knows_more_or_was_moved_back_elsewhere_is_right() {
    let mut app = read_offline();
    assert_eq!(return_to(&mut app, hello(8)), None);
    assert_eq!(read_seq(&app), 8, "never backwards");
    let mut app = read_offline();
    assert_eq!(return_to(&mut app, hello(1)), None);
    assert_eq!(read_seq(&app), 1, "another device marked it as unread");
}

#[test]
fn it_does_not_outlive_the_data() {
    let mut app = read_offline();
    assert_eq!(return_to(&mut app, Welcome { epoch: Epoch("two".into()), ..hello(3) }), None);
    assert_eq!(read_seq(&app), 3);
    let mut app = read_offline();
    let parted = Some(Parted { at: None });
    let head = Cursor { run: Some(RUN), seq: Seq(9), persistent: Seq(9) };
    let resumed = Resumed { room: GENERAL, is_complete: false, items: Vec::new(), head, parted };
    assert_eq!(return_to(&mut app, Welcome { resumed: vec![resumed], ..hello(3) }), None);
    assert_eq!(read_seq(&app), 3);
}

#[test]
fn it_survives_a_restart() {
    let mut app = read_offline();
    app.now = app.now.plus_ms(10_000);
    let saved = app.take(Msg::Tick).into_iter().find_map(|effect| match effect {
        Effect::Persist(_, PersistOp::StoreRooms(rooms)) => Some(rooms),
        _ => None,
    });
    let (rooms, me) = (saved.expect("saved"), Some(user(ME, "zoe")));
    let mut next = TestApp::new();
    next.take(Msg::Restored(Box::new(Restored { me, epoch: Some(Epoch("one".into())), rooms, ..Restored::default() })));
    assert_eq!(return_to(&mut next, hello(3)), Some(6));
    assert_ne!(next.room(GENERAL).scroll, Scroll::At { seq: Seq(9), row: 0 });
}
