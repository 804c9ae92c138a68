//! Sends changed presences to the rooms of the people who changed: one by one in small rooms, as counts in large ones. Must
//! not know how a presence comes about.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chat_proto::ids::{RoomId, UserId};
use chat_proto::limits::PRESENCE_ROOM_MAX;
use chat_proto::message::Item;
use chat_proto::presence::UserPresence;
use chat_proto::room::Membership;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::access::RoomAction;
use crate::presence::{Audience, LargeRoomCounts, RoomPresence, is_there};
use crate::push::Push;
use crate::room::Rooms;
use crate::store::{Accounts, Members};
use crate::tasks::Tasks;

/// Longest sleep of the driver before it reads the clock again.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The audience of a person: the rooms they are a member of.
pub struct RoomAudience {
    accounts: Arc<dyn Accounts>,
    members: Arc<dyn Members>,
    clock: fn() -> UnixMillis,
    tasks: Tasks,
    /// Set late: `Rooms` is built with an observer that holds this.
    rooms: OnceLock<Rooms>,
    known: Mutex<Known>,
    /// Wakes the driver: a count may be due earlier than it knows.
    wakeup: Notify,
}

#[derive(Default)]
struct Known {
    room_presence: RoomPresence,
    counts: LargeRoomCounts,
}

impl Known {
    /// Notes a changed size or count. Large rooms are sent it later, together with what else changes.
    fn recount(&mut self, room: RoomId, now: UnixMillis) {
        match self.room_presence.counts(room) {
            Some(counts) if counts.members > PRESENCE_ROOM_MAX => self.counts.set(counts, now),
            Some(_) | None => self.counts.forget(room),
        }
    }
}

impl RoomAudience {
    pub(super) fn new(
        accounts: Arc<dyn Accounts>,
        members: Arc<dyn Members>,
        (clock, tasks): (fn() -> UnixMillis, Tasks),
    ) -> Self {
        Self { accounts, members, clock, tasks, rooms: OnceLock::new(), known: Mutex::default(), wakeup: Notify::new() }
    }

    /// Sets the rooms, once they have been built.
    pub(super) fn set_rooms(&self, rooms: Rooms) {
        // Only called where both are built.
        let _ = self.rooms.set(rooms);
    }

    /// Follows what a person joins and leaves from now on: they are online.
    pub fn begin(&self, user: UserId) {
        self.known.lock().room_presence.begin(user);
    }

    /// Undoes [`Self::begin`] if the rooms could not be read. Changes nothing if another connection has filled them.
    pub fn abandon(&self, user: UserId) {
        self.known.lock().room_presence.abandon(user);
    }

    /// Adds the rooms of a person who is online, read after [`Self::begin`].
    pub fn fill(&self, user: UserId, memberships: &[Membership]) {
        let rooms = memberships.iter().map(|membership| (membership.room.id, membership.room.members));
        self.known.lock().room_presence.fill(user, rooms);
    }

    /// Enters the owner of a new room, whose join no actor has shown.
    pub fn created(&self, owner: UserId, membership: &Membership) {
        self.known.lock().room_presence.joined(membership.room.id, owner);
        self.resize(membership);
    }

    /// The people who are online in any of some rooms, at most `limit`.
    pub fn there(&self, rooms: &[RoomId], limit: usize) -> Vec<UserId> {
        self.known.lock().room_presence.there(rooms, limit)
    }

    /// Notes a room's size, as its own actor has it.
    pub fn resize(&self, membership: &Membership) {
        let room = &membership.room;
        let mut known = self.known.lock();
        known.room_presence.resize(room.id, room.members);
        known.recount(room.id, (self.clock)());
    }

    /// How many members of a room are online.
    pub fn online(&self, room: RoomId) -> u32 {
        self.known.lock().room_presence.counts(room).map_or(0, |counts| counts.online)
    }

    /// Follows memberships by the items that a room shows.
    pub(super) fn shown(&self, room: RoomId, item: &Item) {
        let Some(is_join) = item.content.join() else { return };
        let mut known = self.known.lock();
        if is_join {
            known.room_presence.joined(room, item.by);
        } else {
            known.room_presence.left(room, item.by);
        }
        known.recount(room, (self.clock)());
        drop(known);
        self.wakeup.notify_one();
    }

    fn send(&self, room: RoomId, push: Arc<Push>) {
        if let Some(rooms) = self.rooms.get() {
            rooms.transient(room, RoomAction::SeeOnline, push, None);
        }
    }

    /// Sends counts when they are due, until `shutdown`.
    pub(super) async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let now = (self.clock)();
            let (due, next) = {
                let mut known = self.known.lock();
                (known.counts.due(now), known.counts.next_due())
            };
            for counts in due {
                self.send(counts.room, Push::new(counts));
            }
            let wait = next.map_or(LOOK_AGAIN, |at| Duration::from_millis(at.since_ms(now).max(1)).min(LOOK_AGAIN));
            tokio::select! {
                () = &mut shutdown => return,
                () = self.wakeup.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

impl Audience for RoomAudience {
    fn presences_changed(&self, changed: &[UserPresence]) {
        let now = (self.clock)();
        for presence in changed {
            let mut known = self.known.lock();
            let rooms = known.room_presence.set_presence(presence.user, is_there(presence.presence.availability));
            let Some(rooms) = rooms else {
                drop(known);
                self.notify_absent(presence.clone());
                continue;
            };
            let is_large =
                |room: &RoomId| known.room_presence.counts(*room).is_some_and(|c| c.members > PRESENCE_ROOM_MAX);
            let (large, small): (Vec<_>, Vec<_>) = rooms.into_iter().partition(is_large);
            for room in large {
                known.recount(room, now);
            }
            drop(known);
            let push = Push::new(presence.clone());
            for room in small {
                self.send(room, Arc::clone(&push));
            }
        }
        self.wakeup.notify_one();
    }

    fn went_offline(&self, user: UserId, last_seen: UnixMillis) {
        self.known.lock().room_presence.forget(user);
        // If it cannot be written, the former one stays; nobody waits for it.
        drop(self.accounts.set_last_seen(user, last_seen));
    }
}

impl RoomAudience {
    /// Sends the presence of a person who is not connected here: connected to another server, or offline with a new status.
    fn notify_absent(&self, presence: UserPresence) {
        let Some(rooms) = self.rooms.get().cloned() else { return };
        let memberships = self.members.memberships(presence.user);
        self.tasks.spawn(async move {
            let push = Push::new(presence);
            let small = |membership: &Membership| membership.room.members <= PRESENCE_ROOM_MAX;
            for membership in memberships.await.unwrap_or_default().into_iter().filter(small) {
                rooms.transient(membership.room.id, RoomAction::SeeOnline, Arc::clone(&push), None);
            }
        });
    }
}
