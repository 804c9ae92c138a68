//! What is unread: by what arrives, by the clock, and by the counts of the server.

use chat_proto::ids::{AccountSeq, Seq};
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Answer, ChangesPage, Read, Request};
use chat_proto::room::ReadMarker;
use chat_proto::server_frame::{AccountChange, AccountEvent, Gap, ServerFrame};
use chat_proto::unread::UnreadEphemeral;

use super::{ANA, ME, NOON, OPS, TestApp, asked, at, event, membership, message, welcome};
use crate::app::Msg;
use crate::link_event::LinkEvent;

fn ephemeral(seq: u64, ttl_ms: u64, mentions_me: bool) -> Item {
    let mut item = message(seq, ANA, "x");
    if let Content::Message(Message { expires_at, mentions, .. }) = &mut item.content {
        *expires_at = Some(NOON.plus_ms(ttl_ms));
        mentions.extend(mentions_me.then_some(ME));
    }
    item
}

fn deleted(seq: u64, changed: u64) -> Item {
    let content = Content::Deleted { deleted_at: NOON, deleted_by: ANA };
    Item { changed: Seq(changed), content, ..message(seq, ANA, "-") }
}

/// An app in `#general`, with this marker in `#ops`.
fn with_marker(head: u64, read_marker: ReadMarker) -> TestApp {
    let mut app = TestApp::new();
    let mut ops = membership(OPS, "ops", head);
    ops.read_marker = read_marker;
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(super::GENERAL, "general", 0), ops]))));
    app
}

fn listed(seq: u64, ttl_ms: u64, is_mention: bool) -> UnreadEphemeral {
    UnreadEphemeral { seq: Seq(seq), expires_at: NOON.plus_ms(ttl_ms), is_mention }
}

fn counts(app: &TestApp) -> (u32, u32) {
    let marker = &app.room(OPS).reading.marker;
    (marker.unread, marker.mentions)
}

fn tick_at(app: &mut TestApp, ms: u64) {
    app.now = NOON.plus_ms(ms);
    app.take(Msg::Tick);
}

fn marker_event(seq: u64, read_marker: ReadMarker) -> ServerFrame {
    let change = AccountChange::ReadMarker { room: OPS, read_marker };
    ServerFrame::Account(AccountEvent { seq: AccountSeq(seq), prev: AccountSeq(seq - 1), change })
}

#[test]
fn ephemeral_messages_count_until_they_expire() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(OPS, 0, ephemeral(1, 5_000, true)));
    app.push(event(OPS, 1, ephemeral(2, 9_000, false)));
    app.push(event(OPS, 2, message(3, ANA, "stays")));
    assert_eq!(counts(&app), (3, 1));
    assert_eq!(app.room(OPS).reading.next_expiry(), Some(NOON.plus_ms(5_000)));
    tick_at(&mut app, 5_000);
    assert_eq!(counts(&app), (2, 0));
    app.push(event(OPS, 3, deleted(2, 4)));
    assert_eq!(counts(&app), (1, 0));
    tick_at(&mut app, 9_000);
    assert_eq!(counts(&app), (1, 0), "once");
}

#[test]
fn ephemeral_messages_that_the_server_counted_expire_and_are_deleted_unseen() {
    let ephemeral = vec![listed(5, 1_000, true), listed(4, 2_000, false), listed(6, 3_000, false)];
    let marker = ReadMarker { read_seq: Seq(2), counted_to: Seq(3), ..ReadMarker::default() };
    let mut app = with_marker(6, ReadMarker { unread: 4, mentions: 1, ephemeral, ..marker });
    assert_eq!(counts(&app), (4, 1));
    tick_at(&mut app, 1_000);
    assert_eq!(counts(&app), (3, 0));
    app.push(event(OPS, 6, deleted(4, 7)));
    assert_eq!(counts(&app), (2, 0));
    app.push(event(OPS, 7, deleted(3, 8)));
    assert_eq!(counts(&app), (1, 0), "a persistent one, not loaded either");
    tick_at(&mut app, 3_000);
    assert_eq!(counts(&app), (0, 0));
}

#[test]
fn the_server_is_asked_again_when_the_last_listed_message_has_expired() {
    let marker = ReadMarker { read_seq: Seq(2), counted_to: Seq(2), unread: 3, ..ReadMarker::default() };
    let ephemeral = vec![listed(5, 1_000, false), listed(4, 2_000, false)];
    let mut app = with_marker(6, ReadMarker { ephemeral, unlisted_to: Some(Seq(6)), ..marker.clone() });
    app.push(event(OPS, 6, self::ephemeral(7, 60_000, false)));
    assert_eq!(counts(&app).0, 4);
    app.now = NOON.plus_ms(2_000);
    let effects = app.take(Msg::Tick);
    let (ask, request) = asked(&effects, |request| matches!(request, Request::Read(_))).expect("asked");
    assert_eq!(request, Read { room: OPS, seq: Some(Seq::ZERO), rewind: false }.into(), "nothing moves");
    let ephemeral = vec![listed(6, 50_000, false), listed(7, 60_000, false)];
    app.answer(ask, Ok(Answer::Read(ReadMarker { unread: 2, ephemeral, ..marker })));
    assert_eq!(counts(&app).0, 2);
    tick_at(&mut app, 60_000);
    assert_eq!(counts(&app).0, 0);
}

#[test]
fn a_marker_that_is_older_than_what_arrived_is_asked_for_again() {
    let mut app = TestApp::in_two_rooms();
    for seq in 1..=3 {
        app.push(event(OPS, seq - 1, message(seq, ANA, "text")));
    }
    // Another device read the first message while the third was on its way.
    let older = ReadMarker { read_seq: Seq(1), unread: 1, counted_to: Seq(2), ..ReadMarker::default() };
    app.push(marker_event(1, older.clone()));
    let effects = app.take(Msg::Tick);
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Read(_))).expect("asked");
    app.answer(ask, Ok(Answer::Read(ReadMarker { unread: 2, counted_to: Seq(3), ..older })));
    assert_eq!(counts(&app).0, 2);
    assert!(asked(&app.take(Msg::Tick), |request| matches!(request, Request::Read(_))).is_none(), "it is certain");
    app.push(event(OPS, 3, message(4, ANA, "text")));
    assert_eq!(counts(&app).0, 3);
    // One that counts a message which is still on its way is right.
    let newer = ReadMarker { read_seq: Seq(4), unread: 1, counted_to: Seq(5), ..ReadMarker::default() };
    app.push(marker_event(2, newer));
    app.push(event(OPS, 4, message(5, ANA, "text")));
    assert_eq!(counts(&app).0, 1);
}

#[test]
fn a_message_posted_and_changed_during_a_gap_is_counted_by_the_server() {
    let mut app = TestApp::in_two_rooms();
    let effects = app.push(ServerFrame::Gap(Gap { room: OPS }));
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Changes(_))).expect("asked for changes");
    let edited = Item { changed: Seq(3), ..message(1, ANA, "edited") };
    let items = vec![message(2, ANA, "text"), edited, deleted(4, 5)];
    let page = ChangesPage { items, users: Vec::new(), next: at(5), head: at(5), parted: None };
    app.answer(ask, Ok(Answer::Changes(page)));
    let effects = app.take(Msg::Tick);
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Read(_))).expect("asked for the counts");
    app.answer(ask, Ok(Answer::Read(ReadMarker { unread: 2, counted_to: Seq(5), ..ReadMarker::default() })));
    assert_eq!(counts(&app).0, 2);
}

#[test]
fn nothing_of_an_ephemeral_message_is_saved_with_the_counts() {
    let marker = ReadMarker { read_seq: Seq(2), counted_to: Seq(6), unread: 2, mentions: 1, ..ReadMarker::default() };
    let ephemeral = vec![listed(5, 1_000, true)];
    let app = with_marker(6, ReadMarker { ephemeral, ..marker });
    let saved = app.room(OPS).to_saved().expect("it is current").membership.read_marker;
    assert_eq!((saved.unread, saved.mentions, saved.ephemeral.len()), (1, 0, 0));
}
