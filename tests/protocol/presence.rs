//! Who is there, as others are told: over several devices, and in a room too large for single presences.

use chat_proto::client_frame::Subscription;
use chat_proto::ids::UserId;
use chat_proto::limits::PRESENCE_ROOM_MAX;
use chat_proto::presence::{Availability, ChosenAvailability};
use chat_proto::request::{Join, ListRooms, RoomInfo, SetActivity, SetStatus, Who};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use futures_util::StreamExt;

fn of(user: UserId) -> impl Fn(&ServerFrame) -> Option<Availability> {
    move |frame| match frame {
        ServerFrame::Presence(seen) if seen.user == user => Some(seen.presence.availability),
        _ => None,
    }
}

#[tokio::test]
async fn two_devices_are_one_person_who_goes_with_the_last() {
    let server = Server::start();
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let (mut first, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let ana = welcome.user.id;
    assert_eq!(ben.pushed(of(ana)).await, Availability::Online);
    let mut second = Peer::appear_again(server.address(), &welcome.token.expect("a token")).await;
    // One is left alone: the other makes her present.
    first.call(&SetActivity { is_active: false }).await;
    let who = ben.call(&Who { room: Some(GENERAL) }).await;
    let seen = who.people.iter().find(|seen| seen.user == ana).expect("a member");
    assert_eq!((seen.presence.availability, who.online, who.total), (Availability::Online, 1, 2));
    second.call(&SetActivity { is_active: false }).await;
    assert_eq!(ben.pushed(of(ana)).await, Availability::Away);
    drop(first);
    second.call(&SetActivity { is_active: true }).await;
    assert_eq!(ben.pushed(of(ana)).await, Availability::Online);
    drop(second);
    assert_eq!(ben.pushed(of(ana)).await, Availability::Offline, "after the grace");
    let who = ben.call(&Who { room: Some(GENERAL) }).await;
    let seen = who.people.iter().find(|seen| seen.user == ana).expect("a member");
    assert_eq!(who.online, 0);
    assert!(seen.presence.last_seen.is_some());
}

#[tokio::test]
async fn people_who_share_many_rooms_are_told_of_once() {
    let server = Server::start();
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let (mut ana, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    for number in 0..10 {
        let room = ben.create(&format!("shared{number}"), chat_proto::room::RoomKind::Public).await;
        ana.call(&Join { room }).await;
    }
    let is_online = async || (ben.pushed(of(welcome.user.id)).await == Availability::Online).then_some(());
    eventually("ana", is_online).await;
    ben.pushed.clear();
    ana.call(&SetStatus { availability: ChosenAvailability::Dnd, status: None }).await;
    assert_eq!(ben.pushed(of(welcome.user.id)).await, Availability::Dnd);
    ben.post("after", "after").await;
    let again = ben.pushed.iter().filter(|frame| of(welcome.user.id)(frame).is_some()).count();
    assert_eq!(again, 0);
}

#[tokio::test]
async fn a_room_above_two_hundred_is_told_counts_and_no_single_presences() {
    let server = Server::start();
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let address = server.address();
    let others = (0..PRESENCE_ROOM_MAX)
        .map(|n| async move { drop(Peer::register(address, &format!("member{n}"), Subscription::None).await) });
    // A server hashes so many passwords at once and no more.
    futures_util::stream::iter(others).buffer_unordered(8).collect::<()>().await;
    let (ana, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let (dee, _) = Peer::appear(server.address(), "dee", Subscription::None).await;
    let members = PRESENCE_ROOM_MAX + 3;
    let is_told = |frame: &ServerFrame| match frame {
        ServerFrame::Counts(counts) => Some((counts.members, counts.online)),
        ServerFrame::Presence(seen) => panic!("a flood begins with {seen:?}"),
        _ => None,
    };
    eventually("a count of two", async || (ben.pushed(is_told).await == (members, 2)).then_some(())).await;
    let info = ben.call(&RoomInfo { room: GENERAL }).await;
    assert_eq!((info.listing.room.members, info.listing.online), (members, 2));
    let rooms = ben.call(&ListRooms { after: None, limit: 10 }).await.rooms;
    assert_eq!(rooms.first().map(|listing| listing.online), Some(2));
    drop((ana, dee, welcome));
    eventually("a count of none", async || (ben.pushed(is_told).await == (members, 0)).then_some(())).await;
}
