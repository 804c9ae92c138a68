//! Presence as others see it: over several devices, and in a room too large for individual presences.

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
async fn two_devices_are_one_person_who_goes_offline_with_the_last() {
    let server = Server::start();
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let (mut first, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let ana = welcome.user.id;
    assert_eq!(ben.pushed(of(ana)).await, Availability::Online);
    let mut second = Peer::appear_again(server.address(), &welcome.token.expect("a token")).await;
    // One device is idle: the other keeps her online.
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
    assert_eq!(ben.pushed(of(ana)).await, Availability::Offline, "after the grace period");
    let who = ben.call(&Who { room: Some(GENERAL) }).await;
    let seen = who.people.iter().find(|seen| seen.user == ana).expect("a member");
    assert_eq!(who.online, 0);
    assert!(seen.presence.last_seen.is_some());
}

#[tokio::test]
async fn presence_is_pushed_once_to_people_who_share_many_rooms() {
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
async fn a_room_above_two_hundred_gets_counts_and_no_individual_presences() {
    let server = Server::start();
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let address = server.address();
    let others = (0..PRESENCE_ROOM_MAX)
        .map(|n| async move { drop(Peer::register(address, &format!("member{n}"), Subscription::None).await) });
    // The server limits how many passwords it hashes at once.
    futures_util::stream::iter(others).buffer_unordered(8).collect::<()>().await;
    let (ana, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let (dee, _) = Peer::appear(server.address(), "dee", Subscription::None).await;
    let members = PRESENCE_ROOM_MAX + 3;
    let counts = |frame: &ServerFrame| match frame {
        ServerFrame::Counts(room) => Some((room.members, room.online)),
        ServerFrame::Presence(seen) => panic!("a flood begins with {seen:?}"),
        _ => None,
    };
    eventually("a count of two", async || (ben.pushed(counts).await == (members, 2)).then_some(())).await;
    let info = ben.call(&RoomInfo { room: GENERAL }).await;
    assert_eq!((info.listing.room.members, info.listing.online), (members, 2));
    let rooms = ben.call(&ListRooms { after: None, limit: 10 }).await.rooms;
    assert_eq!(rooms.first().map(|listing| listing.online), Some(2));
    drop((ana, dee, welcome));
    eventually("a count of none", async || (ben.pushed(counts).await == (members, 0)).then_some(())).await;
}
