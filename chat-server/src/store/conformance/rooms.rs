//! The contract of rooms and memberships. Must not know which database it is.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Role, RoomKind, Rsvp, RsvpCounts};
use chat_proto::time::UnixMillis;

use super::{BEN, Fixture, GENERAL, NOW, Storage, event, room_of};
use crate::store::{Append, Change, MemberAnswer, MemberState, NewRoom, Revision, StoreError};

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
    let answers = fixture.reopened().await.store.room_state(GENERAL, 256).await.expect("there").answers;
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
    let change = async |room, seq, content, state| {
        fixture.store.change_member(Append { room, content, ..event(ana, seq, "-") }, state).await.expect("kept");
    };
    for room in &made[..2] {
        change(*room, 1, Content::Join, MemberState::Joins(Role::Member)).await;
    }
    assert_eq!(fixture.store.rooms_of(ana).await, Ok(vec![made[1], GENERAL, made[0]]));
    let memberships = fixture.store.memberships(ana).await.expect("read");
    assert_eq!(memberships.iter().map(|m| m.room.id).collect::<Vec<_>>(), [made[1], GENERAL, made[0]]);
    change(made[1], 2, Content::Leave, MemberState::Leaves).await;
    assert_eq!(fixture.store.rooms_of(ana).await, Ok(vec![GENERAL, made[0]]));
    assert_eq!(fixture.store.rooms_of(BEN).await, Ok(Vec::new()));
}

pub(crate) async fn a_closed_private_room_opens_again_for_its_maker_only(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let made = fixture.store.create_room(room_of(ana, RoomKind::Private)).await.expect("made");
    fixture.store.close_room(made.room.id, NOW).await.expect("closed");
    for other in [room_of(BEN, RoomKind::Public), room_of(BEN, RoomKind::Private), room_of(ana, RoomKind::Public)] {
        let refused = fixture.store.create_room(other).await.expect_err("taken");
        assert!(refused.is_name_taken(), "{refused:?}");
    }
    let again = fixture.store.create_room(room_of(ana, RoomKind::Private)).await.expect("hers");
    assert_eq!(again.room.id, made.room.id);
}
