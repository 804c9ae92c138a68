//! Coming back: where a room opens, what is read by looking, the mentions one by one, the places where rooms were left.

use chat_proto::request::Read;
use chat_proto::server_frame::{AccountChange, AccountEvent};

use super::*;
use crate::app::{PersistOp, Place, Restored, SavedRoom, Scroll, Viewport};

const OPS_KEY: RoomKey = RoomKey { server: ServerKey::FIRST, room: OPS };

fn mention(seq: u64) -> Item {
    let mut item = message(seq, ANA, "@zoe look");
    if let Content::Message(message) = &mut item.content {
        message.mentions = vec![ME];
    }
    item
}

fn expiring(mut item: Item, ttl_ms: u64) -> Item {
    if let Content::Message(message) = &mut item.content {
        message.expires_at = Some(NOON.plus_ms(ttl_ms));
    }
    item
}

/// `#ops` with messages up to 300, of which those after 100 are unread; 110 and 120 mention the user.
fn away() -> TestApp {
    let mut app = TestApp::new();
    let mut ops = membership(OPS, "ops", 300);
    ops.read_marker =
        ReadMarker { read_seq: Seq(100), unread: 200, mentions: 2, counted_to: Seq(300), ..ReadMarker::default() };
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 0), ops]))));
    app
}

fn item(seq: u64) -> Item {
    if seq == 110 || seq == 120 { mention(seq) } else { message(seq, ANA, "text") }
}

/// Answers a request for history with the messages from `from` up to the one asked for.
fn answer_page(app: &mut TestApp, effects: &[Effect], from: u64) -> Vec<Effect> {
    let is_history = |request: &Request| matches!(request, Request::History(_));
    let (ask, request) = asked(effects, is_history).expect("asked for history");
    let Request::History(history) = request else { panic!("asked for {request:?}") };
    let before = history.before.map_or(301, |before| before.0);
    let items: Vec<_> = (from..before).map(item).collect();
    let page = HistoryPage { items, joins: Vec::new(), users: Vec::new(), next_before: Some(Seq(from)), head: at(300) };
    app.answer(ask, Ok(Answer::History(page)))
}

/// `#ops` is open at its first unread message, and loaded down to it.
fn back() -> TestApp {
    let mut app = away();
    let effects = app.act(Action::NextUnread);
    answer_page(&mut app, &effects, 90);
    app
}

fn marker(app: &TestApp) -> (u64, u32, u32) {
    let reading = &app.room(OPS).reading;
    (reading.marker.read_seq.0, reading.unread(), reading.mentions())
}

fn read(effects: &[Effect]) -> Option<Request> {
    asked(effects, |request| matches!(request, Request::Read(_))).map(|(_, request)| request)
}

#[test]
fn an_expiring_mention_elsewhere_is_announced_although_the_terminal_has_focus() {
    let is_notification = |effect: &Effect| matches!(effect, Effect::Notify { .. });
    let mut app = TestApp::in_two_rooms();
    let effects = app.push(event(OPS, 0, mention(1)));
    assert!(!effects.iter().any(is_notification), "one that stays waits in the list");
    let effects = app.push(event(OPS, 1, expiring(mention(2), 24_000)));
    assert!(effects.iter().any(is_notification));
    assert_eq!(app.notice(), "ana mentions you in #ops; the message expires.", "no key goes there");
    assert_eq!((marker(&app).2, app.room(OPS).reading.mention_expiry()), (2, Some(NOON.plus_ms(24_000))));
    app.now = NOON.plus_ms(24_000);
    app.take(Msg::Tick);
    assert_eq!((marker(&app).2, app.room(OPS).reading.mention_expiry()), (1, None));
    let effects = app.push(event(GENERAL, 0, expiring(mention(1), 50_000)));
    assert!(!effects.iter().any(is_notification), "it is visible");
}

#[test]
fn a_room_opens_at_its_first_unread_message_and_is_loaded_down_to_it() {
    let mut app = away();
    let effects = app.act(Action::NextUnread);
    let first = Scroll::At { seq: Seq(101), row: 0 };
    assert_eq!(app.room(OPS).scroll, first);
    let effects = answer_page(&mut app, &effects, 201);
    app.see(201..=220);
    assert_eq!((app.room(OPS).scroll, marker(&app)), (first, (100, 200, 2)), "it waits for the page");
    answer_page(&mut app, &effects, 90);
    assert_eq!(app.room(OPS).scroll, first);
    app.see(101..=118);
    assert_eq!(marker(&app), (118, 182, 1));
}

#[test]
fn the_marker_moves_over_messages_that_were_in_sight_without_a_gap() {
    let mut app = back();
    app.see(101..=110);
    assert_eq!(marker(&app), (110, 190, 1));
    app.act(Action::Newest);
    app.see(281..=300);
    assert_eq!(marker(&app), (110, 190, 1), "170 were never visible");
    let hidden = app.room(OPS).out_of_sight((Seq(281), Some(Seq(300))), Some(ME));
    assert_eq!((hidden.above.messages, hidden.above.mentions, hidden.below.messages), (170, 1, 0));
    app.push(event(OPS, 300, message(301, ANA, "one more")));
    assert_eq!(marker(&app), (110, 191, 1), "nor is one that comes below a gap");
    app.act(Action::NextUnread);
    assert_eq!(app.room(OPS).scroll, Scroll::At { seq: Seq(111), row: 0 }, "here first");
    app.see(111..=301);
    assert_eq!(marker(&app), (301, 0, 0));
}

#[test]
fn the_server_learns_how_far_a_room_was_read_also_once_it_is_left() {
    let mut app = back();
    app.now = NOON.plus_ms(5_000);
    assert_eq!(read(&app.see(101..=110)), Some(Read { room: OPS, seq: Some(Seq(110)), rewind: false }.into()));
    assert_eq!(read(&app.see(111..=130)), None, "once a second");
    app.act(Action::PreviousRoom);
    app.now = NOON.plus_ms(6_000);
    assert_eq!(read(&app.take(Msg::Tick)), Some(Read { room: OPS, seq: Some(Seq(130)), rewind: false }.into()));
}

#[test]
fn markers_of_the_server_move_a_room_back_only_if_another_device_did() {
    let mut app = back();
    app.see(101..=110);
    app.see(111..=130);
    let announced = |seq, read_seq| {
        let read_marker = ReadMarker {
            read_seq: Seq(read_seq),
            unread: 300 - read_seq as u32,
            counted_to: Seq(300),
            ..ReadMarker::default()
        };
        let change = AccountChange::ReadMarker { room: OPS, read_marker };
        ServerFrame::Account(AccountEvent { seq: AccountSeq(seq), prev: AccountSeq(seq - 1), change })
    };
    app.push(announced(1, 110));
    assert_eq!(marker(&app).0, 130, "its own, of a moment ago");
    app.push(announced(2, 105));
    assert_eq!(marker(&app), (105, 195, 0));
    app.see(106..=130);
    assert_eq!(marker(&app).0, 105, "marked as unread on purpose");
}

#[test]
fn mentions_are_walked_one_by_one_and_read_by_that() {
    let mut app = away();
    let effects = app.act(Action::NextMention);
    let effects = answer_page(&mut app, &effects, 201);
    assert_eq!(marker(&app), (100, 200, 2), "not loaded yet");
    answer_page(&mut app, &effects, 90);
    assert_eq!(app.room(OPS).scroll, Scroll::At { seq: Seq(110), row: -3 });
    app.see(107..=116);
    assert_eq!(marker(&app), (100, 199, 1), "six above it are unread: the marker stands before them");
    app.act(Action::NextMention);
    assert_eq!(app.room(OPS).scroll, Scroll::At { seq: Seq(120), row: -3 });
    assert_eq!(marker(&app), (100, 198, 0));
    app.act(Action::NextMention);
    assert_eq!(app.notice(), "Nobody mentions you.");
    app.act(Action::NextUnread);
    app.see(101..=115);
    assert_eq!(marker(&app), (115, 184, 0), "each is counted once");
    app.see(116..=300);
    assert_eq!(marker(&app), (300, 0, 0));
}

#[test]
fn a_room_left_while_reading_back_reopens_there_and_after_a_restart() {
    let mut app = back();
    app.see(101..=118);
    app.take(Msg::Drawn(Viewport { room_key: Some(OPS_KEY), top: Some((Seq(150), 2)), ..Viewport::default() }));
    let place = Scroll::At { seq: Seq(150), row: 2 };
    app.act(Action::PreviousRoom);
    app.push(event(OPS, 300, message(301, ANA, "meanwhile")));
    app.act(Action::NextRoom);
    assert_eq!(app.room(OPS).scroll, place);
    app.now = app.now.plus_ms(10_000);
    let effects = app.take(Msg::Tick);
    let mut rooms: Vec<SavedRoom> = Vec::new();
    let mut places = Vec::new();
    for effect in effects {
        match effect {
            Effect::Persist(_, PersistOp::StoreRooms(saved)) => rooms.extend(saved),
            Effect::Persist(_, PersistOp::StorePlaces(saved)) => places.extend(saved),
            _ => {}
        }
    }
    assert_eq!(places, [(OPS, Some(Place { seq: Seq(150), row: 2 }))]);
    let (me, epoch) = (Some(user(ME, "zoe")), Some(Epoch("one".into())));
    let places = vec![(OPS, Place { seq: Seq(150), row: 2 })];
    let mut next = TestApp::new();
    next.take(Msg::Restored(Box::new(Restored { me, epoch, rooms, places, open: Some(OPS), ..Restored::default() })));
    assert_eq!(next.room(OPS).scroll, place);
    next.act(Action::Newest);
    next.now = next.now.plus_ms(10_000);
    let effects = next.take(Msg::Tick);
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::StorePlaces(vec![(OPS, None)]))));
}

#[test]
fn a_room_left_at_its_end_opens_at_its_first_unread_message() {
    let mut app = TestApp::in_two_rooms();
    app.see_all();
    app.act(Action::NextRoom);
    for seq in 1..=3 {
        app.push(event(GENERAL, seq - 1, message(seq, ANA, "text")));
    }
    app.act(Action::PreviousRoom);
    assert_eq!(app.room(GENERAL).scroll, Scroll::At { seq: Seq(1), row: 0 });
    app.see_all();
    assert_eq!(app.room(GENERAL).scroll, Scroll::End, "all of them fit");
}

#[test]
fn after_an_outage_the_open_room_shows_the_first_message_that_came_meanwhile() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "seen")));
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1 });
    let mut general = membership(GENERAL, "general", 60);
    general.read_marker = ReadMarker { read_seq: Seq(1), unread: 59, counted_to: Seq(60), ..ReadMarker::default() };
    let mut again = welcome(vec![general, membership(OPS, "ops", 0)]);
    let items = (2..=60).map(|seq| message(seq, ANA, "text")).collect();
    again.resumed =
        vec![chat_proto::server_frame::Resumed { room: GENERAL, is_complete: true, items, head: at(60), parted: None }];
    app.link(LinkEvent::Welcome(Box::new(again)));
    let room = app.room(GENERAL);
    assert_eq!((room.scroll, room.reading.unread()), (Scroll::At { seq: Seq(2), row: 0 }, 59));
    assert_eq!(room.reading.new_after, Some(Seq(1)));
}

#[test]
fn one_key_marks_all_rooms_as_read() {
    let mut app = back();
    app.push(event(GENERAL, 0, message(1, ANA, "text")));
    let effects = app.act(Action::MarkAllRead);
    let is_read = |effect: &&Effect| matches!(effect, Effect::Ask { request: Request::Read(_), .. });
    assert_eq!(effects.iter().filter(is_read).count(), 2);
    assert_eq!((marker(&app), app.room(GENERAL).reading.unread()), ((300, 0, 0), 0));
    assert_eq!((app.room(OPS).scroll, app.notice()), (Scroll::End, "Marked 2 rooms as read."));
}

#[test]
fn the_notice_of_a_mention_names_the_key_that_is_bound() {
    let mut app = TestApp::in_two_rooms();
    let bound = [((KeyContext::Everywhere, Action::NextMention), vec!["Ctrl+X".to_owned()])];
    app.model.setup.keys = HashMap::from(bound);
    app.push(event(OPS, 0, expiring(mention(1), 60_000)));
    assert!(app.notice().ends_with("Ctrl+X goes there."), "{}", app.notice());
}
