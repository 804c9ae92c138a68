//! One device leaves a private room while another subscribes: no frame of the room is pushed after the answer.

use chat_proto::client_frame::Subscription;
use chat_proto::cursor::Cursor;
use chat_proto::error::ErrorCode;
use chat_proto::ids::{RoomId, Seq};
use chat_proto::request::{Changes, CreateRoom, Join, Leave, Ping, Post, SetTyping, Subscribe, Unsubscribe};
use chat_proto::room::RoomKind;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{Peer, post, public_room};
use chat_tests::server::Server;

/// Number of rooms left, one after the other.
const ROOMS: usize = 60;

/// Returns the room of a members-only frame, and its sequence number if it has one.
fn room_of(frame: &ServerFrame) -> Option<(RoomId, Option<Seq>)> {
    match frame {
        ServerFrame::Event(event) => Some((event.room, Some(event.seq))),
        ServerFrame::Gap(gap) => Some((gap.room, None)),
        ServerFrame::Typing(typing) => Some((typing.room, None)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_leave_nothing_is_pushed_to_a_device_that_is_subscribing() {
    let mut server = Server::start();
    let (mut ana, ana_is) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (_, ben_is) = Peer::register(server.address(), "ben", Subscription::None).await;
    let mut rooms = Vec::new();
    for number in 0..ROOMS {
        let new = CreateRoom {
            kind: RoomKind::Private,
            closes_when_empty: false,
            ..public_room(&format!("private-{number}"))
        };
        rooms.push(ana.call(&new).await.room.id);
    }
    // No request adds another member to a private room yet.
    server.edit_database(|database| {
        let ben = ben_is.user.id.0.cast_signed();
        let add = "INSERT INTO member (room, account, joined_at) SELECT id, ?1, 0 FROM room WHERE kind = 1";
        assert_eq!(database.execute(add, [ben]).expect("added"), ROOMS);
        database.execute("UPDATE room SET members = 2 WHERE kind = 1", []).expect("counted");
    });
    let connect = async |token: &Option<String>| {
        let token = token.as_deref().expect("a token");
        Peer::with_token(server.address(), token, Subscription::None, None).await.0
    };
    let (mut leaves, mut listens) = (connect(&ana_is.token).await, connect(&ana_is.token).await);
    let mut ben = connect(&ben_is.token).await;
    for (number, room) in rooms.into_iter().enumerate() {
        ben.call(&Post { room, ..post(&format!("before-{number}"), "before") }).await;
        let (subscribe, leave) = (Subscribe { rooms: vec![room] }, Leave { room });
        match number % 3 {
            0 => {
                assert_eq!(listens.call(&subscribe).await.heads.len(), 1);
                leaves.call(&leave).await;
            }
            1 => {
                leaves.call(&leave).await;
                assert_eq!(listens.call(&subscribe).await.heads.len(), 0);
            }
            _ => drop(tokio::join!(listens.call(&subscribe), leaves.call(&leave))),
        }
        // The leave is answered: this message is not for her.
        let after = ben.call(&Post { room, ..post(&format!("after-{number}"), "after") }).await.seq;
        ben.call(&SetTyping { room, is_typing: true }).await;
        listens.call(&Ping {}).await;
        let pushed: Vec<_> = listens.pushed.drain(..).filter_map(|frame| room_of(&frame)).collect();
        let late = pushed.iter().any(|(of, seq)| *of == room && seq.is_none_or(|seq| seq >= after));
        assert!(!late, "the room was pushed after the leave was answered: {pushed:?}");
        let page = Changes { room, after: Cursor::START, limit: 10 };
        assert_eq!(listens.refused(&page).await, ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn a_leaving_member_stops_typing_on_every_device() {
    let server = Server::start();
    let (mut ana, ana_is) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let token = ana_is.token.expect("a token");
    let (mut types, welcome) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let room = ben.create("builds", RoomKind::Public).await;
    ana.call(&Join { room }).await;
    types.call(&SetTyping { room, is_typing: true }).await;
    ana.call(&Leave { room }).await;
    let typing = |frame: &ServerFrame| match frame {
        ServerFrame::Typing(typing) if typing.room == room => Some((typing.connection, typing.ttl_ms > 0)),
        _ => None,
    };
    assert_eq!(ben.pushed(typing).await, (welcome.connection, true));
    assert_eq!(ben.pushed(typing).await, (welcome.connection, false), "she left on another device");
    assert_eq!(types.refused(&SetTyping { room, is_typing: true }).await, ErrorCode::NotMember);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_leave_or_an_unsubscribe_is_answered_nothing_of_the_room_is_pushed() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let room = ben.create("builds", RoomKind::Public).await;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    // Posts without a pause: at every answer some are under way.
    let writing = tokio::spawn(async move {
        for number in 0_u64.. {
            ben.start(&Post { room, ..post(&format!("k{number}"), "line") }).await;
            if number % 64 == 63 {
                ben.call(&Ping {}).await;
                ben.pushed.clear();
            }
            if stopped.try_recv().is_ok() {
                return;
            }
        }
    });
    let is_of_room = |frame: &ServerFrame| room_of(frame).is_some_and(|(of, _)| of == room);
    let mut events = 0;
    for number in 0..40 {
        ana.call(&Join { room }).await;
        ana.call(&Subscribe { rooms: vec![room] }).await;
        ana.pushed(|frame| is_of_room(frame).then_some(())).await;
        if number % 2 == 0 {
            ana.call(&Leave { room }).await;
        } else {
            ana.call(&Unsubscribe { rooms: vec![room] }).await;
        }
        events += ana.pushed.drain(..).filter(|frame| is_of_room(frame)).count();
        // Whatever is pushed comes before this answer.
        ana.call(&Ping {}).await;
        let late: Vec<_> = ana.pushed.drain(..).filter(|frame| is_of_room(frame)).collect();
        assert!(late.is_empty(), "try {number}: {} frames, the first is {:?}", late.len(), late[0]);
    }
    assert!(events > 0, "nothing was under way");
    stop.send(()).expect("it still posts");
    writing.await.expect("it ends");
}
