//! Rooms: visibility, joining and leaving, closing and reopening.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::Content;
use chat_proto::request::{
    CreateRoom, History, Join, Leave, Life, ListRooms, Post, Resolve, RoomInfo, SetDescription, SetTopic, Subscribe,
};
use chat_proto::room::RoomKind;
use chat_proto::server_frame::{AccountChange, Event, ServerFrame, Update};
use chat_tests::peer::{GENERAL, Peer, post, public_room};
use chat_tests::server::Server;

fn history(room: RoomId) -> History {
    History { room, before: None, limit: 10 }
}

/// Returns the change pushed on an account's stream.
fn account_change(frame: &ServerFrame) -> Option<AccountChange> {
    match frame {
        ServerFrame::Account(event) => Some(event.change.clone()),
        _ => None,
    }
}

fn is_message(event: &Event) -> bool {
    matches!(&event.update, Update::Item(item) if matches!(item.content, Content::Message(_)))
}

#[tokio::test]
async fn a_private_room_does_not_exist_for_others() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let room = ana.create("hush", RoomKind::Private).await;
    ana.call(&Post { room, ..post("k1", "between us, @ben") }).await;
    assert_eq!(ben.refused(&RoomInfo { room }).await, ErrorCode::NotFound);
    assert_eq!(ben.refused(&history(room)).await, ErrorCode::NotFound);
    assert_eq!(ben.refused(&Join { room }).await, ErrorCode::NotFound);
    assert_eq!(ben.refused(&Post { room, ..post("k", "x") }).await, ErrorCode::NotFound);
    let absent = ben.refused(&RoomInfo { room: RoomId(999) }).await;
    assert_eq!(absent, ErrorCode::NotFound, "hidden and absent answer the same");
    assert_eq!(ben.call(&Subscribe { rooms: vec![room] }).await.heads.len(), 0);
    assert_eq!(ben.call(&ListRooms { after: None, limit: 10 }).await.rooms.len(), 1);
    let named = Resolve { rooms: vec!["hush".parse().expect("a name")], users: Vec::new() };
    assert_eq!(ben.call(&named).await.rooms.len(), 0);
    // The first event he receives is in a room he may see.
    let posted = ana.post("k2", "now for @ben").await;
    let mention = AccountChange::Mention { room: GENERAL, seq: posted.seq, expires_at: None };
    assert_eq!(ben.pushed(account_change).await, mention);
    // Its messages stay hers after it is closed and its name is reused.
    ana.call(&Leave { room }).await;
    assert_eq!(ben.refused(&public_room("hush")).await, ErrorCode::NameTaken);
}

#[tokio::test]
async fn a_closed_public_room_reopens_with_its_id_and_sequence_numbers() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let room = ana.create("builds", RoomKind::Public).await;
    assert_eq!(ana.refused(&public_room("Builds")).await, ErrorCode::NameTaken, "it looks like another's");
    let posted = ana.call(&Post { room, ..post("k", "red") }).await;
    ana.call(&Leave { room }).await;
    assert_eq!(ana.refused(&RoomInfo { room }).await, ErrorCode::NotFound);
    assert_eq!(ana.create("builds", RoomKind::Public).await, room);
    assert!(ana.call(&Post { room, ..post("k2", "green") }).await.seq > posted.seq);
}

#[tokio::test]
async fn joining_again_returns_the_read_marker_and_everyone_stays_in_general() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    for number in 0..3 {
        ben.post(&format!("k{number}"), "for @ana").await;
    }
    let read_marker = ana.call(&Join { room: GENERAL }).await.read_marker;
    assert_eq!((read_marker.unread, read_marker.mentions), (3, 3));
    assert_eq!(ana.refused(&Leave { room: GENERAL }).await, ErrorCode::NotAllowed);
}

#[tokio::test]
async fn a_device_follows_a_room_joined_on_another_device_until_it_is_left() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::All).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let room = ben.create("builds", RoomKind::Public).await;
    let (mut second, _) =
        Peer::with_token(server.address(), &welcome.token.expect("a token"), Subscription::None, None).await;
    second.call(&Join { room }).await;
    let AccountChange::Joined { membership } = ana.pushed(account_change).await else { panic!("she joined") };
    assert_eq!(membership.room.id, room);
    ben.call(&Post { room, ..post("k1", "to all") }).await;
    let message_seq = |frame: &ServerFrame| match frame {
        ServerFrame::Event(event) if event.room == room && is_message(event) => Some(event.seq),
        _ => None,
    };
    let last_seen = ana.pushed(message_seq).await;
    second.call(&Leave { room }).await;
    assert_eq!(ana.pushed(account_change).await, AccountChange::Left { room });
    ben.call(&Post { room, ..post("k2", "not for her any more") }).await;
    let in_general = ben.post("k3", "here").await;
    let next = ana.pushed(|frame| match frame {
        ServerFrame::Event(event) if is_message(event) => Some((event.room, event.seq)),
        _ => None,
    });
    assert_eq!(next.await, (GENERAL, in_general.seq), "after {last_seen}");
}

#[tokio::test]
async fn setting_the_same_value_again_changes_nothing() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let topic = |text: Option<&str>| SetTopic { room: GENERAL, topic: text.map(|text| text.parse().expect("a topic")) };
    let first = ana.call(&topic(Some("friday"))).await.changed;
    assert_eq!(ana.call(&topic(Some("friday"))).await.changed, first);
    let cleared = ana.call(&topic(None)).await.changed;
    assert!(cleared > first);
    assert_eq!(ana.call(&topic(None)).await.changed, cleared);
}

#[tokio::test]
async fn a_rooms_default_life_applies_to_messages_without_one() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let scratch = CreateRoom { default_ttl_ms: Some(30_000), ..public_room("scratch") };
    let room = ana.call(&scratch).await.room.id;
    let ends = ana.call(&Post { room, ..post("k1", "ephemeral") }).await;
    assert_eq!(ends.expires_at.map(|end| end.since_ms(ends.at)), Some(30_000));
    let stays = ana.call(&Post { room, life: Some(Life::Persistent), ..post("k2", "persistent") }).await;
    assert_eq!(stays.expires_at, None);
    for ttl_ms in [999, 7 * 24 * 3_600_000 + 1] {
        let out_of_range = Post { room, life: Some(Life::TtlMs(ttl_ms)), ..post("k3", "x") };
        assert_eq!(ana.refused(&out_of_range).await, ErrorCode::BadRequest);
    }
}

#[tokio::test]
async fn lists_of_rooms_with_long_descriptions_fit_their_frames() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let text: String = "漢".repeat(2_000);
    for number in 0..120 {
        let room = ana.create(&format!("long{number}"), RoomKind::Public).await;
        ana.call(&SetDescription { room, description: Some(text.parse().expect("a description")) }).await;
    }
    let mut seen = 0;
    let mut after = None;
    loop {
        let page = ana.call(&ListRooms { after: after.clone(), limit: 200 }).await;
        assert!(chat_proto::codec::wire_size(&page) < chat_proto::limits::SERVER_FRAME_MAX_BYTES);
        seen += page.rooms.len();
        after = page.rooms.last().and_then(|listing| listing.room.name.clone());
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, 121);
    let token = welcome.token.expect("a token");
    let (_, again) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert!(chat_proto::codec::wire_size(&*again) < 200 * 1024);
    assert_eq!(ana.changes_in(again.account.rooms[1].room.id, Seq::ZERO).await.len(), 2);
}
