//! The saved data, and its return after a restart.

use chat_proto::request::Life;

use super::*;
use crate::app::{PersistOp, Place, Restored, SavedRoom, Scroll, StoredPost};

/// The rooms that are saved once enough time has gone by.
fn saved(app: &mut TestApp) -> Vec<SavedRoom> {
    app.now = app.now.plus_ms(10_000);
    let effects = app.take(Msg::Tick);
    let rooms = effects.into_iter().find_map(|effect| match effect {
        Effect::Persist(_, PersistOp::StoreRooms(rooms)) => Some(rooms),
        _ => None,
    });
    rooms.expect("rooms are saved")
}

fn general(rooms: Vec<SavedRoom>) -> SavedRoom {
    rooms.into_iter().find(|room| room.membership.room.id == GENERAL).expect("general is saved")
}

fn sample() -> Vec<Item> {
    let reply = Message {
        key: "k-1".parse().ok(),
        edited_at: Some(NOON.plus_ms(9)),
        mentions: vec![UserId(3), ME],
        reply_to: Some(Seq(1)),
        ..Message::plain("a\tb".parse().expect("a body"))
    };
    let description = Content::Description { description: "what it is for".parse().ok() };
    vec![
        message(1, ANA, "one"),
        Item { content: Content::Message(reply), ..message(2, ANA, "two") },
        Item { content: description, ..message(3, ANA, "three") },
    ]
}

#[test]
fn received_items_are_saved_as_they_came_and_come_back_so() {
    let items = sample();
    let mut app = TestApp::in_two_rooms();
    for item in &items {
        app.push(event(GENERAL, item.seq.0 - 1, item.clone()));
    }
    let rooms = saved(&mut app);
    assert_eq!(general(rooms.clone()).items, items);

    let mut next = TestApp::new();
    let me = Some(user(ME, "zoe"));
    let restored = Restored { me, epoch: Some(Epoch("one".into())), rooms, ..Restored::default() };
    next.take(Msg::Restored(Box::new(restored)));
    assert_eq!(next.texts(GENERAL), app.texts(GENERAL));
    let mut hello = welcome(vec![membership(GENERAL, "general", 4), membership(OPS, "ops", 0)]);
    let news = vec![message(4, ANA, "four")];
    hello.resumed = vec![chat_proto::server_frame::Resumed {
        room: GENERAL,
        is_complete: true,
        items: news,
        head: at(4),
        parted: None,
    }];
    next.link(LinkEvent::Welcome(Box::new(hello)));
    let again = general(saved(&mut next));
    assert_eq!(again.items[..3], items, "a second restart loses nothing either");
    assert_eq!(again.items.len(), 4);
}

#[test]
fn a_post_is_saved_only_as_the_server_sends_it_back() {
    let mut app = TestApp::in_two_rooms();
    let effects = app.send("ask @ana");
    let (ask, request) = asked(&effects, |request| matches!(request, Request::Post(_))).expect("posted");
    let Request::Post(post) = request else { panic!("posted {request:?}") };
    let posted = chat_proto::request::Posted { seq: Seq(1), at: NOON, duplicate: false, expires_at: None };
    app.answer(ask, Ok(Answer::Post(posted)));
    assert_eq!(app.texts(GENERAL), ["ask @ana"]);
    assert_eq!(general(saved(&mut app)).items, []);
    let mut item = message(1, ME, "ask @ana");
    if let Content::Message(message) = &mut item.content {
        message.key = Some(post.key);
        message.mentions = vec![ANA];
    }
    app.push(event(GENERAL, 0, item.clone()));
    assert_eq!(general(saved(&mut app)).items, [item]);
}

#[test]
fn an_ephemeral_message_is_never_saved() {
    let mut app = TestApp::in_two_rooms();
    let mut ephemeral = message(1, ANA, "key 4417");
    if let Content::Message(message) = &mut ephemeral.content {
        message.expires_at = Some(NOON.plus_ms(60_000_000));
    }
    app.push(event(GENERAL, 0, ephemeral.clone()));
    assert_eq!(general(saved(&mut app)).items, []);
    ephemeral.content = Content::Expired { expired_at: NOON.plus_ms(60_000_000) };
    ephemeral.changed = Seq(2);
    app.push(event(GENERAL, 1, ephemeral));
    assert_eq!(general(saved(&mut app)).items, []);
}

#[test]
fn drafts_and_posts_of_rooms_not_known_yet_wait_for_them() {
    let room_key = RoomKey { server: ServerKey::FIRST, room: OPS };
    let post = StoredPost {
        room_key,
        key: "k-1".parse().expect("a key"),
        body: "not sent yet".parse().expect("a body"),
        code: None,
        is_forced_persistent: true,
    };
    let mut app = TestApp::new();
    app.take(Msg::Restored(Box::new(Restored {
        me: Some(user(ME, "zoe")),
        epoch: Some(Epoch("one".into())),
        drafts: vec![(GENERAL, "half a thought".into())],
        outbox: vec![post],
        ..Restored::default()
    })));
    let rooms = vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
    let effects = app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
    assert_eq!(app.draft(), "half a thought");
    let sent = asked(&effects, |request| matches!(request, Request::Post(_)));
    let Some((_, Request::Post(post))) = sent else { panic!("not sent: {effects:?}") };
    assert_eq!((post.room, post.life), (OPS, Some(Life::Persistent)));
}

#[test]
fn a_draft_is_saved_again_after_the_rooms_were_removed_from_the_disk() {
    let mut app = TestApp::in_two_rooms();
    app.write("half a thought");
    app.now = app.now.plus_ms(10_000);
    app.take(Msg::Tick);
    let other = Welcome { epoch: Epoch("two".into()), ..welcome(vec![membership(GENERAL, "general", 0)]) };
    let mut effects = app.link(LinkEvent::Welcome(Box::new(other)));
    app.now = app.now.plus_ms(10_000);
    effects.extend(app.take(Msg::Tick));
    let at = |op: &PersistOp| {
        let is_op = |effect: &Effect| matches!(effect, Effect::Persist(_, found) if found == op);
        effects.iter().position(is_op).expect("written")
    };
    let draft = PersistOp::StoreDraft(GENERAL, "half a thought".into());
    assert!(at(&PersistOp::RemoveAllRooms) < at(&draft), "{effects:?}");
}

#[test]
fn the_place_in_a_room_not_known_yet_waits_for_it() {
    let place = Place { seq: Seq(3), row: -1 };
    let mut app = TestApp::new();
    app.take(Msg::Restored(Box::new(Restored {
        me: Some(user(ME, "zoe")),
        epoch: Some(Epoch("one".into())),
        places: vec![(OPS, place)],
        ..Restored::default()
    })));
    let rooms = vec![membership(GENERAL, "general", 9), membership(OPS, "ops", 9)];
    app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
    assert_eq!(app.room(OPS).scroll, Scroll::At { seq: Seq(3), row: -1 });
}
