//! The contract of rooms and memberships. Must not know which database it is.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Role, RoomKind, Rsvp, RsvpCounts};
use chat_proto::time::UnixMillis;

use super::{BEN, Fixture, GENERAL, NOW, RECENT, Storage, event, room_of};
use crate::store::{Append, Change, MemberAnswer, MemberState, NewRoom, ROOMS_MAX, Revision, StoreError};

fn rsvp(answer: Rsvp, attending: u32, answered_at: Option<UnixMillis>) -> Content {
    Content::Rsvp { answer, counts: RsvpCounts { attending, interested: 0 }, answered_at }
}

pub(crate) async fn what_a_member_answered_is_known_however_long_ago(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    assert_eq!(fixture.store.rsvp(GENERAL, ana).await, Ok(Rsvp::default()));
    let answers = Append { content: rsvp(Rsvp::Attending, 1, None), ..event(ana, 2, "-") };
    fixture.store.change_member(answers, MemberState::Answers(Rsvp::Attending)).await.expect("kept");
    assert_eq!(fixture.store.rsvp(GENERAL, ana).await, Ok(Rsvp::Attending));
    assert_eq!(fixture.store.rsvp(GENERAL, UserId(99)).await, Ok(Rsvp::default()));
}

pub(crate) async fn a_changed_answer_changes_its_item_and_the_membership_and_deletes_nothing(
    fixture: Fixture<impl Storage>,
) {
    let ana = fixture.ana().await;
    let first = Append { content: rsvp(Rsvp::Attending, 1, None), ..event(ana, 2, "-") };
    fixture.store.change_member(first.clone(), MemberState::Answers(Rsvp::Attending)).await.expect("kept");
    fixture.store.append(event(ana, 3, "hello")).await.expect("kept");
    let change = |seq, changed| {
        let content = rsvp(Rsvp::None, 0, Some(NOW));
        let item = Item { seq: Seq(seq), changed: Seq(changed), content, ..first.item() };
        Change { room: GENERAL, revision: Revision::Answer(Rsvp::None), item, at: NOW }
    };
    fixture.store.change(change(2, 4)).await.expect("changed");
    assert_eq!(fixture.store.change(change(3, 5)).await, Err(StoreError::NotFound), "a message is no answer");
    assert_eq!(fixture.store.changes(GENERAL, Seq(3), 10).await, Ok(vec![change(2, 4).item]));
    assert_eq!(fixture.store.rsvp(GENERAL, ana).await, Ok(Rsvp::None));
    let counts = fixture.store.room_counts(GENERAL).await.expect("read");
    assert_eq!((counts.messages, counts.rsvp), (1, RsvpCounts::default()));
    let answers = fixture.reopened().await.store.room_state(GENERAL, RECENT).await.expect("there").answers;
    assert_eq!(answers, [MemberAnswer { user: ana, rsvp: Rsvp::None, seq: Seq(2), at: NOW }]);
}

pub(crate) async fn the_rooms_of_an_account_are_those_of_its_memberships_in_their_order(
    fixture: Fixture<impl Storage>,
) {
    let ana = fixture.ana().await;
    let named = |name: &str| NewRoom { name: name.parse().expect("a name"), ..room_of(ana, RoomKind::Public) };
    let mut made = Vec::new();
    for name in ["ops", "builds", "elsewhere"] {
        made.push(fixture.store.create_room(named(name)).await.expect("made").room.id);
    }
    let leave = async |room| {
        let leave = Append { room, content: Content::Leave, ..event(ana, 2, "-") };
        fixture.store.change_member(leave, MemberState::Leaves).await.expect("kept");
    };
    leave(made[2]).await;
    assert_eq!(fixture.store.rooms_of(ana).await, Ok(vec![made[1], GENERAL, made[0]]));
    let memberships = fixture.store.memberships(ana).await.expect("read");
    assert_eq!(memberships.iter().map(|m| m.room.id).collect::<Vec<_>>(), [made[1], GENERAL, made[0]]);
    leave(made[1]).await;
    assert_eq!(fixture.store.rooms_of(ana).await, Ok(vec![GENERAL, made[0]]));
    assert_eq!(fixture.store.rooms_of(BEN).await, Ok(Vec::new()));
}

pub(crate) async fn a_closed_private_room_opens_again_for_its_maker_only(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let made = fixture.store.create_room(room_of(ana, RoomKind::Private)).await.expect("made");
    let leave = Append { room: made.room.id, content: Content::Leave, ..event(ana, 2, "-") };
    fixture.store.change_member(leave, MemberState::Leaves).await.expect("left, and closed");
    for other in [room_of(BEN, RoomKind::Public), room_of(BEN, RoomKind::Private), room_of(ana, RoomKind::Public)] {
        let refused = fixture.store.create_room(other).await.expect_err("taken");
        assert!(refused.is_name_taken(), "{refused:?}");
    }
    let again = fixture.store.create_room(room_of(ana, RoomKind::Private)).await.expect("hers");
    assert_eq!(again.room.id, made.room.id);
}

pub(crate) async fn a_room_is_made_with_its_owner_and_closed_with_its_last_leave(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let made = fixture.store.create_room(room_of(ana, RoomKind::Public)).await.expect("made");
    let room = made.room.id;
    assert_eq!((made.room.members, made.head.seq), (1, Seq(1)));
    let state = fixture.store.room_state(room, RECENT).await.expect("open");
    let shown: Vec<_> = state.recent.iter().map(|item| (item.seq, item.by, &item.content)).collect();
    assert_eq!(
        (state.members.as_slice(), shown),
        ([(ana, Role::Owner)].as_slice(), vec![(Seq(1), ana, &Content::Join)])
    );
    let marker = fixture.store.read_marker(ana, room).await.expect("a member");
    assert_eq!((marker.read_seq, marker.unread), (Seq(1), 0));
    // An ephemeral message may have been shown under any number that was reserved.
    fixture.store.reserve_seqs(room, Seq(65)).await.expect("reserved");
    let leave = Append { room, content: Content::Leave, ..event(ana, 70, "-") };
    fixture.store.change_member(leave.clone(), MemberState::Leaves).await.expect("left");
    assert_eq!(fixture.store.room(room).await, Ok(None), "closed with the leave");
    fixture.store.reserve_seqs(room, Seq(134)).await.expect("reserved");
    let again = fixture.store.create_room(room_of(ana, RoomKind::Public)).await.expect("opened again");
    assert_eq!((again.room.id, again.room.members, again.head.seq), (room, 1, Seq(135)));
    let stays =
        NewRoom { closes_when_empty: false, name: "stays".parse().expect("a name"), ..room_of(ana, RoomKind::Public) };
    let stays = fixture.store.create_room(stays).await.expect("made").room.id;
    fixture.store.change_member(Append { room: stays, ..leave }, MemberState::Leaves).await.expect("left");
    assert!(fixture.store.room(stays).await.expect("read").is_some(), "it stays open when it is empty");
}

pub(crate) async fn an_account_at_its_limit_makes_no_room_and_burns_no_name(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let ben = fixture.store.account_for_uid(1001, "ben".parse().expect("a name"), NOW).await.expect("made").id;
    let named = |name: &str, by| NewRoom { name: name.parse().expect("a name"), ..room_of(by, RoomKind::Public) };
    let rooms: Vec<_> = (2..ROOMS_MAX).map(|n| fixture.store.create_room(named(&format!("room-{n}"), ana))).collect();
    for room in rooms {
        room.await.expect("made");
    }
    let bens = fixture.store.create_room(named("bens", ben)).await.expect("his").room.id;
    let join = |seq| Append { room: bens, content: Content::Join, ..event(ana, seq, "-") };
    let first = fixture.store.create_room(named("the-last", ana)).await.expect("the last one");
    let states = MemberState::Joins(Role::Member);
    assert_eq!(fixture.store.change_member(join(2), states).await, Err(StoreError::TooManyRooms));
    let refused = fixture.store.create_room(named("one-more", ana)).await.map(|made| made.room.id);
    assert_eq!(refused, Err(StoreError::TooManyRooms));
    let one_more = vec!["one-more".parse().expect("a name")];
    assert_eq!(fixture.store.rooms_by_name(one_more).await.map(|found| found.len()), Ok(0), "it leaves no room");
    fixture.store.create_room(named("one-more", ben)).await.expect("the name is free");
    let leave = Append { room: first.room.id, content: Content::Leave, ..event(ana, 2, "-") };
    fixture.store.change_member(leave, MemberState::Leaves).await.expect("left");
    fixture.store.change_member(join(3), states).await.expect("one place is free");
}
