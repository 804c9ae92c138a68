//! Batches the online counts of large rooms into one frame per interval. Pure; must not know tasks or sockets.
//!
//! In a room with more than [`PRESENCE_ROOM_MAX`](chat_proto::limits::PRESENCE_ROOM_MAX) members, single presence
//! frames would flood everyone: a thousand people who reconnect at once become one frame.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::RoomId;
use chat_proto::presence::Availability;
use chat_proto::server_frame::Counts;
use chat_proto::time::UnixMillis;

/// Minimum time between two count frames of one room, in milliseconds.
const COUNT_EVERY_MS: u64 = 2_000;

/// Returns whether a person counts as online: neither offline nor unknown.
pub fn is_there(availability: Availability) -> bool {
    match availability {
        Availability::Online | Availability::Away | Availability::Dnd => true,
        Availability::Offline | Availability::Unknown => false,
    }
}

/// The counts of all large rooms.
#[derive(Debug, Default)]
pub struct LargeRoomCounts {
    rooms: HashMap<RoomId, Counted>,
    /// Invariant: each room with a pending count is here once, under its `due_at`.
    timers: BTreeSet<(UnixMillis, RoomId)>,
}

#[derive(Debug)]
struct Counted {
    now: Counts,
    sent: Option<Counts>,
    sent_at: UnixMillis,
    due_at: Option<UnixMillis>,
}

impl LargeRoomCounts {
    /// Sets a large room's counts. They are sent soon, unless they equal the last ones sent.
    pub fn set(&mut self, counts: Counts, now: UnixMillis) {
        let fresh = Counted { now: counts, sent: None, sent_at: UnixMillis(i64::MIN), due_at: None };
        self.rooms.entry(counts.room).or_insert(fresh).now = counts;
        self.reschedule(counts.room, now);
    }

    /// Stops sending counts of a room that became small or stopped.
    pub fn forget(&mut self, room: RoomId) {
        if let Some(Counted { due_at: Some(at), .. }) = self.rooms.remove(&room) {
            self.timers.remove(&(at, room));
        }
    }

    /// Returns the counts to send at `now`.
    pub fn due(&mut self, now: UnixMillis) -> Vec<Counts> {
        let mut due = Vec::new();
        while let Some((_, room)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.pop_first();
            let Some(counted) = self.rooms.get_mut(&room) else { continue };
            counted.due_at = None;
            counted.sent = Some(counted.now);
            counted.sent_at = now;
            due.push(counted.now);
        }
        due
    }

    /// Returns when [`due`](Self::due) next has something to send.
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn reschedule(&mut self, room: RoomId, now: UnixMillis) {
        let Some(counted) = self.rooms.get_mut(&room) else { return };
        if let Some(old) = counted.due_at.take() {
            self.timers.remove(&(old, room));
        }
        if counted.sent != Some(counted.now) {
            // A clock that was set back must not delay a count.
            let sent_at = counted.sent_at.min(now);
            let at = sent_at.plus_ms(COUNT_EVERY_MS).max(now);
            counted.due_at = Some(at);
            self.timers.insert((at, room));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn at(ms: u64) -> UnixMillis {
        UnixMillis(0).plus_ms(ms)
    }

    fn counts(members: u32, online: u32) -> Counts {
        Counts { room: ROOM, members, online }
    }

    #[test]
    fn a_thousand_who_come_at_once_are_one_frame() {
        let mut rooms = LargeRoomCounts::default();
        rooms.set(counts(2_000, 0), at(0));
        assert_eq!(rooms.due(at(0)), [counts(2_000, 0)]);
        for online in 1..=1_000 {
            rooms.set(counts(2_000, online), at(100));
        }
        assert_eq!(rooms.due(at(1_999)), []);
        assert_eq!(rooms.due(at(2_000)), [counts(2_000, 1_000)]);
        assert_eq!(rooms.next_due(), None);
    }

    #[test]
    fn who_comes_and_goes_within_the_pause_is_not_sent() {
        let mut rooms = LargeRoomCounts::default();
        rooms.set(counts(300, 5), at(0));
        rooms.due(at(0));
        rooms.set(counts(301, 6), at(10));
        rooms.set(counts(300, 5), at(20));
        assert_eq!(rooms.next_due(), None);
        rooms.set(counts(301, 5), at(30));
        rooms.forget(ROOM);
        assert_eq!(rooms.due(at(9_000)), [], "it is small again");
    }

    proptest! {
        #[test]
        fn what_is_sent_last_is_the_truth(steps in prop::collection::vec((0u32..4, 0u64..3_000), 1..60)) {
            let mut rooms = LargeRoomCounts::default();
            let (mut now, mut last, mut sent_at) = (0, None, None);
            for &(online, pause_ms) in &steps {
                now += pause_ms;
                rooms.set(counts(500, online), at(now));
                for frame in rooms.due(at(now)) {
                    prop_assert!(sent_at.is_none_or(|sent_at| now - sent_at >= COUNT_EVERY_MS));
                    prop_assert_ne!(last, Some(frame));
                    (last, sent_at) = (Some(frame), Some(now));
                }
            }
            while let Some(due) = rooms.next_due() {
                last = rooms.due(due.max(at(now))).pop().or(last);
            }
            prop_assert_eq!(last, steps.last().map(|(online, _)| counts(500, *online)));
        }
    }
}
