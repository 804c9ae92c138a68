//! People: typing, status, attendance, read markers and trending words.

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::error::ErrorCode;
use chat_proto::ids::Seq;
use chat_proto::message::{ChangeDetail, Content};
use chat_proto::presence::{Availability, ChosenAvailability};
use chat_proto::request::{
    AccountChanges, Edit, History, Join, Leave, Read, RoomInfo, SetRsvp, SetStatus, SetTyping, Trending, Versions, Who,
};
use chat_proto::room::{ReadMarker, RoomKind, Rsvp, RsvpCounts};
use chat_proto::server_frame::{AccountChange, ServerFrame, Update};
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::server::Server;

/// Returns the read marker pushed to an account.
fn read_marker(frame: &ServerFrame) -> Option<ReadMarker> {
    match frame {
        ServerFrame::Account(event) => match &event.change {
            AccountChange::ReadMarker { read_marker, .. } => Some(read_marker.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[tokio::test]
async fn typing_is_pushed_to_others_with_its_expiry_and_ends_with_the_message() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::All).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let typing = |frame: &ServerFrame| match frame {
        ServerFrame::Typing(typing) => Some(*typing),
        _ => None,
    };
    ana.call(&SetTyping { room: GENERAL, is_typing: true }).await;
    let pushed = ben.pushed(typing).await;
    assert_eq!((pushed.user, pushed.connection, pushed.ttl_ms), (welcome.user.id, welcome.connection, 6_000));
    ana.call(&SetTyping { room: GENERAL, is_typing: false }).await;
    assert_eq!(ben.pushed(typing).await.ttl_ms, 0);
    ana.post("k", "done").await;
    assert!(!ana.pushed.iter().any(|frame| typing(frame).is_some()), "nobody receives their own typing");
}

#[tokio::test]
async fn a_status_survives_its_account_going_offline() {
    let server = Server::start();
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    {
        let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
        let lunch = SetStatus { availability: ChosenAvailability::Away, status: "lunch".parse().ok() };
        ana.call(&lunch).await;
    }
    let seen = ben.call(&Who { room: Some(GENERAL) }).await;
    let ana = seen.users.iter().find(|user| user.name.as_str() == "ana").expect("a member").id;
    let seen = seen.people.iter().find(|seen| seen.user == ana).expect("her presence");
    assert_eq!(seen.presence.availability, Availability::Offline);
    assert_eq!(seen.presence.status.as_ref().map(chat_proto::text::StatusText::as_str), Some("lunch"));
}

#[tokio::test]
async fn attendance_is_counted_and_repeating_it_changes_nothing() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let answers = |answer| SetRsvp { room: GENERAL, answer };
    ana.call(&answers(Rsvp::Attending)).await;
    let counts = ben.call(&answers(Rsvp::Interested)).await;
    assert_eq!((counts.attending, counts.interested), (1, 1));
    let head = ana.call(&RoomInfo { room: GENERAL }).await.head;
    ana.call(&answers(Rsvp::Attending)).await;
    let info = ana.call(&RoomInfo { room: GENERAL }).await;
    assert_eq!((info.head, info.own_rsvp, info.rsvp), (head, Rsvp::Attending, counts));
}

#[tokio::test]
async fn a_changed_rsvp_is_a_small_event_and_a_whole_item_on_every_page() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, welcome) = Peer::register(server.address(), "ben", Subscription::All).await;
    let joined = welcome.account.rooms[0].head.seq;
    let answers = |answer| SetRsvp { room: GENERAL, answer };
    let update = |frame: &ServerFrame| match frame {
        ServerFrame::Event(event) if event.seq > joined => Some((event.seq, event.prev, event.update.clone())),
        _ => None,
    };
    ana.call(&answers(Rsvp::Attending)).await;
    let (first, _, Update::Item(mut item)) = ben.pushed(update).await else { panic!("a first answer is an item") };
    assert_eq!((item.seq, item.changed), (first, first));
    let counts = ana.call(&answers(Rsvp::Interested)).await;
    let (second, prev, Update::Change(change)) = ben.pushed(update).await else { panic!("a small change") };
    assert_eq!((change.of, change.by, prev), (first, item.by, first));
    assert_eq!(change.detail, ChangeDetail::Rsvp { answer: Rsvp::Interested, counts });
    assert!(change.apply(second, &mut item));
    let page = History { room: GENERAL, before: None, limit: 10 };
    assert_eq!(ben.call(&page).await.items.last(), Some(&item), "one item in its current state");
    assert_eq!(ben.changes(first).await, [item.clone()]);
    let resumed = Resume {
        epoch: welcome.epoch.clone(),
        account: welcome.account.head,
        rooms: vec![RoomCursor { room: GENERAL, after: ben.at(first) }],
    };
    let token = welcome.token.as_ref().expect("a token");
    let (mut again, welcome) = Peer::with_token(server.address(), token, Subscription::None, Some(resumed)).await;
    assert_eq!(welcome.resumed[0].items, [item]);
    // Leaving removes a member's answer; after rejoining, the next answer counts as the first.
    let in_ops = ana.create("ops", RoomKind::Public).await;
    again.call(&Join { room: in_ops }).await;
    let there = |answer| SetRsvp { room: in_ops, answer };
    assert_eq!(again.call(&there(Rsvp::Attending)).await.attending, 1);
    again.call(&Leave { room: in_ops }).await;
    assert_eq!(ana.call(&RoomInfo { room: in_ops }).await.rsvp, RsvpCounts::default());
    again.call(&Join { room: in_ops }).await;
    assert_eq!(again.call(&there(Rsvp::Attending)).await.attending, 1);
    let items = ana.call(&History { room: in_ops, before: None, limit: 10 }).await.items;
    assert_eq!(items.iter().filter(|item| matches!(item.content, Content::Rsvp { .. })).count(), 2);
}

#[tokio::test]
async fn a_read_marker_applies_to_all_devices_and_may_be_moved_back() {
    let server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.clone().expect("a token");
    let (mut second, there) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let first = ben.post("k1", "one for @ana").await;
    ben.post("k2", "two").await;
    let read = ana.call(&Read { room: GENERAL, seq: Some(first.seq), rewind: false }).await;
    assert_eq!((read.unread, read.mentions), (1, 0));
    assert_eq!(second.pushed(read_marker).await, read);
    let back = Read { room: GENERAL, seq: Some(Seq(first.seq.0 - 1)), rewind: true };
    assert_eq!(ana.call(&back).await.unread, 2);
    assert_eq!(second.pushed(read_marker).await.mentions, 1);
    // A client can catch up on the stream: the mention and both read markers.
    let missed = second.call(&AccountChanges { after: there.account.head }).await;
    assert_eq!((missed.is_complete, missed.events.len()), (true, 3));
}

#[tokio::test]
async fn a_name_that_is_edited_away_is_no_mention_and_the_previous_text_is_kept() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    let posted = ben.post("k1", "for @ana").await;
    for (body, mentions) in [("for nobody", 0), ("for @ana after all", 1)] {
        ben.call(&Edit { room: GENERAL, seq: posted.seq, body: body.parse().expect("a body") }).await;
        assert_eq!(ana.pushed(read_marker).await.mentions, mentions);
    }
    let head = ana.post("k2", "in between").await.seq;
    let same = Edit { room: GENERAL, seq: posted.seq, body: "for @ana after all".parse().expect("a body") };
    ben.call(&same).await;
    assert_eq!(ana.post("k3", "next").await.seq, head.next(), "the same text is no edit");
    let versions = ana.call(&Versions { room: GENERAL, seq: posted.seq }).await.versions;
    assert_eq!(versions.iter().map(|version| version.body.as_str()).collect::<Vec<_>>(), ["for @ana", "for nobody"]);
    assert_eq!(ana.refused(&Versions { room: GENERAL, seq: Seq(999) }).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn frequent_words_of_a_room_are_trending() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    for number in 0..3 {
        ana.post(&format!("k{number}"), &format!("the k8s upgrade, part {number}")).await;
    }
    let top = ana.call(&Trending { room: GENERAL, limit: 3 }).await.words;
    assert!(top.iter().any(|topic| topic.word == "k8s"), "{top:?}");
    let is_trending = |frame: &ServerFrame| match frame {
        ServerFrame::Trending(trending) => Some(trending.words.iter().any(|topic| topic.word == "k8s")),
        _ => None,
    };
    assert!(ana.pushed(is_trending).await);
}

#[tokio::test]
async fn repeating_the_same_text_is_rate_limited() {
    let server = Server::start_with(&[], "");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    for number in 0..2 {
        ana.post(&format!("k{number}"), "again").await;
    }
    let third = chat_tests::peer::post("k2", "again");
    let refused = ana.try_call(&third).await.expect("connected").expect_err("too often");
    assert_eq!((refused.code, refused.retryable), (ErrorCode::Repeated, true));
    assert!(refused.retry_after_ms.is_some_and(|ms| ms > 0));
    ana.post("k3", "something else").await;
}
