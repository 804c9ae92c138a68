//! The contract of lists: rooms and members, by name and in pages. Must not know which database it is.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Content;
use chat_proto::room::{Role, RoomKind, Rsvp, RsvpCounts};
use chat_proto::text::RoomName;

use super::{Fixture, GENERAL, RECENT, Storage, event, room_of};
use crate::access::{RoomAction, RoomClass, ServerRole, in_room};
use crate::store::{Append, MemberState, NewRoom};

const KINDS: [RoomKind; 3] = [RoomKind::Public, RoomKind::Private, RoomKind::Direct];

impl<P: Storage> Fixture<P> {
    /// Makes a room that stays open while it is empty.
    async fn room(&self, by: UserId, name: &str, kind: RoomKind) -> RoomId {
        let name = name.parse().expect("a name");
        let new = NewRoom { name, closes_when_empty: false, ..room_of(by, kind) };
        self.store.create_room(new).await.expect("made").room.id
    }

    async fn change_member(&self, (room, user, seq): (RoomId, UserId, u64), content: Content, state: MemberState) {
        let event = Append { room, content, ..event(user, seq, "-") };
        self.store.change_member(event, state).await.expect("kept");
    }

    async fn join(&self, room: RoomId, user: UserId, seq: u64, role: Role) {
        self.change_member((room, user, seq), Content::Join, MemberState::Joins(role)).await;
    }

    async fn listed(&self, viewer: UserId, after: Option<RoomName>, limit: u32) -> Vec<(RoomId, Option<Role>)> {
        let found = self.store.list_rooms(viewer, after, limit).await.expect("read");
        found.into_iter().map(|(stored, role)| (stored.room.id, role)).collect()
    }
}

pub(crate) async fn a_list_of_rooms_holds_those_that_the_access_table_shows(fixture: Fixture<impl Storage>) {
    let (viewer, other) = (fixture.account("zoe").await.id, fixture.account("yan").await.id);
    let mut expected = vec![(GENERAL, None)];
    for (at, kind) in KINDS.into_iter().enumerate() {
        for (role_at, role) in std::iter::once(None).chain(Role::ALL.map(Some)).enumerate() {
            let room = fixture.room(other, &format!("room-{at}-{role_at}"), kind).await;
            if let Some(role) = role {
                fixture.join(room, viewer, 2, role).await;
            }
            let class = RoomClass::of(room, kind);
            if in_room(ServerRole::Account, role, class, RoomAction::See).is_allowed() {
                expected.push((room, role));
            }
        }
    }
    assert_eq!(fixture.listed(viewer, None, 100).await, expected);
    let own: Vec<_> = expected.into_iter().filter_map(|(room, role)| role.map(|role| (room, role))).collect();
    assert_eq!(fixture.store.rooms_of(viewer).await, Ok(own.iter().map(|(room, _)| *room).collect()));
    let memberships = fixture.store.memberships(viewer).await.expect("read");
    assert_eq!(memberships.iter().map(|held| (held.room.id, held.role)).collect::<Vec<_>>(), own);
}

pub(crate) async fn pages_of_rooms_hold_each_open_room_once_by_rising_name(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let mut made = vec![("general", GENERAL)];
    for name in ["ops", "builds", "zoo", "elsewhere"] {
        made.push((name, fixture.room(ana, name, RoomKind::Public).await));
    }
    let closed = NewRoom { name: "former".parse().expect("a name"), ..room_of(ana, RoomKind::Public) };
    let closed = fixture.store.create_room(closed).await.expect("made").room.id;
    fixture.change_member((closed, ana, 2), Content::Leave, MemberState::Leaves).await;
    made.sort_unstable();
    let (mut paged, mut after) = (Vec::new(), None);
    for _ in 0..3 {
        let page = fixture.store.list_rooms(ana, after.take(), 2).await.expect("read");
        after = page.last().and_then(|(stored, _)| stored.room.name.clone());
        paged.extend(page.into_iter().map(|(stored, _)| stored.room.id));
    }
    assert_eq!(paged, made.iter().map(|(_, room)| *room).collect::<Vec<_>>());
    assert_eq!(fixture.listed(ana, after, 2).await, [], "nothing comes after the last name");
}

pub(crate) async fn pages_of_members_hold_each_once_by_rising_name(fixture: Fixture<impl Storage>) {
    let roles = [("zoe", Role::Member), ("ben", Role::Owner), ("yan", Role::Moderator), ("carla", Role::Member)];
    let mut expected = Vec::new();
    for (seq, (name, role)) in (1..).zip(roles) {
        let user = fixture.account(name).await.user();
        fixture.join(GENERAL, user.id, seq, role).await;
        expected.push((user, role, Rsvp::None));
    }
    expected.sort_unstable_by(|one, other| one.0.name.as_str().cmp(other.0.name.as_str()));
    let content = Content::Rsvp {
        answer: Rsvp::Attending,
        counts: RsvpCounts { attending: 1, interested: 0 },
        answered_at: None,
    };
    fixture.change_member((GENERAL, expected[1].0.id, 5), content, MemberState::Answers(Rsvp::Attending)).await;
    expected[1].2 = Rsvp::Attending;
    let outsider = fixture.account("walter").await;
    let mut paged = Vec::new();
    for after in [None, Some(1), Some(3)] {
        let after = after.map(|at: usize| expected[at].0.name.clone());
        let page = fixture.store.members(GENERAL, after, 2).await.expect("read");
        paged.extend(page.into_iter().map(|row| (row.user, row.role, row.rsvp)));
    }
    assert_eq!(paged, expected);
    assert!(paged.iter().all(|(user, ..)| user.id != outsider.id));
    fixture.change_member((GENERAL, expected[0].0.id, 6), Content::Leave, MemberState::Leaves).await;
    let left: Vec<_> = fixture.store.members(GENERAL, None, 10).await.expect("read");
    assert_eq!(
        left.iter().map(|row| row.user.id).collect::<Vec<_>>(),
        expected[1..].iter().map(|of| of.0.id).collect::<Vec<_>>()
    );
}

pub(crate) async fn a_store_that_writes_is_healthy_and_counts_its_writes(fixture: Fixture<impl Storage>) {
    let before = fixture.store.figures();
    let ana = fixture.ana().await;
    fixture.store.append(event(ana, 2, "hello")).await.expect("kept");
    assert!(fixture.store.health().borrow().is_writable(), "the last write was kept");
    let after = fixture.store.figures();
    assert!(after.batch_writes.sum >= before.batch_writes.sum + 3, "an account, its membership and its message");
    let commits = |counts: &[u64]| counts.iter().sum::<u64>();
    assert!(commits(&after.commit_us.counts) > commits(&before.commit_us.counts));
    assert_eq!(fixture.store.room_state(GENERAL, RECENT).await.expect("there").room.head.seq, Seq(2));
}
