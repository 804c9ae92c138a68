//! Which rooms the connected people are in, and how many are online in each room. Pure.
//!
//! Holds the people connected to this process, so that a presence change finds its rooms, and a room its count, without
//! asking the database. Must not know sockets or storage.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, HashSet};

use chat_proto::ids::{RoomId, UserId};
use chat_proto::server_frame::Counts;

/// The connected people, by room.
#[derive(Debug, Default)]
pub struct RoomPresence {
    people: HashMap<UserId, Person>,
    /// Invariant: holds the rooms of all `people`, and no others.
    rooms: HashMap<RoomId, Headcount>,
}

#[derive(Debug, Default)]
struct Person {
    rooms: HashSet<RoomId>,
    /// Rooms left before the database answered; the answer is older than that.
    left: Vec<RoomId>,
    is_filled: bool,
    is_there: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Headcount {
    members: u32,
    /// Members in `people`.
    known: u32,
    /// Members who are online.
    there: u32,
}

impl RoomPresence {
    /// Starts following the rooms a connected person joins and leaves. [`fill`](Self::fill) adds those from the
    /// database.
    pub fn begin(&mut self, user: UserId) {
        self.people.entry(user).or_default();
    }

    /// Adds the rooms of a connected person, each with its member count, as the database had them after `begin`.
    pub fn fill(&mut self, user: UserId, rooms: impl IntoIterator<Item = (RoomId, u32)>) {
        let person = self.people.entry(user).or_default();
        let is_first = !std::mem::replace(&mut person.is_filled, true);
        let left = std::mem::take(&mut person.left);
        for (room, members) in rooms {
            self.rooms.entry(room).or_default().members = members;
            if is_first && !left.contains(&room) {
                self.enter(room, user);
            }
            self.drop_unknown(room);
        }
    }

    /// Sets a room's member count; ignored if none of its members is connected here.
    pub fn resize(&mut self, room: RoomId, members: u32) {
        if let Some(count) = self.rooms.get_mut(&room) {
            count.members = members;
        }
    }

    /// Records that a person joined.
    pub fn joined(&mut self, room: RoomId, user: UserId) {
        if let Some(count) = self.rooms.get_mut(&room) {
            count.members += 1;
        }
        if let Some(person) = self.people.get_mut(&user) {
            person.left.retain(|left| *left != room);
            // The next `fill` brings the size of a room that nobody here was in.
            let is_new = !self.rooms.contains_key(&room);
            self.enter(room, user);
            if is_new && let Some(count) = self.rooms.get_mut(&room) {
                count.members = count.members.max(1);
            }
        }
    }

    /// Records that a person left.
    pub fn left(&mut self, room: RoomId, user: UserId) {
        if let Some(count) = self.rooms.get_mut(&room) {
            count.members = count.members.saturating_sub(1);
        }
        let Some(person) = self.people.get_mut(&user) else { return };
        if !person.is_filled {
            person.left.push(room);
        }
        if person.rooms.remove(&room)
            && let Some(count) = self.rooms.get_mut(&room)
        {
            count.known -= 1;
            count.there -= u32::from(person.is_there);
        }
        self.drop_unknown(room);
    }

    /// Sets whether a person is online and returns their rooms; `None` if the rooms are not known.
    pub fn set_presence(&mut self, user: UserId, is_there: bool) -> Option<Vec<RoomId>> {
        let person = self.people.get_mut(&user)?;
        if std::mem::replace(&mut person.is_there, is_there) != is_there {
            for room in &person.rooms {
                if let Some(count) = self.rooms.get_mut(room) {
                    count.there = if is_there { count.there + 1 } else { count.there - 1 };
                }
            }
        }
        person.is_filled.then(|| person.rooms.iter().copied().collect())
    }

    /// Forgets a person whose rooms could not be read, unless they are known from another connection.
    pub fn abandon(&mut self, user: UserId) {
        if self.people.get(&user).is_some_and(|person| !person.is_filled) {
            self.forget(user);
        }
    }

    /// Forgets a person who is no longer connected.
    pub fn forget(&mut self, user: UserId) {
        let Some(person) = self.people.remove(&user) else { return };
        for room in person.rooms {
            if let Some(count) = self.rooms.get_mut(&room) {
                count.known -= 1;
                count.there -= u32::from(person.is_there);
            }
            self.drop_unknown(room);
        }
    }

    /// Returns a room's counts; `None` if none of its members is connected here.
    pub fn counts(&self, room: RoomId) -> Option<Counts> {
        self.rooms.get(&room).map(|count| Counts { room, members: count.members, online: count.there })
    }

    /// Returns the online members of any of these rooms, at most `limit`. Scans everyone who is connected.
    pub fn there(&self, rooms: &[RoomId], limit: usize) -> Vec<UserId> {
        let is_in = |person: &Person| person.is_there && rooms.iter().any(|room| person.rooms.contains(room));
        self.people.iter().filter(|(_, person)| is_in(person)).map(|(user, _)| *user).take(limit).collect()
    }

    fn enter(&mut self, room: RoomId, user: UserId) {
        let Some(person) = self.people.get_mut(&user) else { return };
        if person.rooms.insert(room) {
            let count = self.rooms.entry(room).or_default();
            count.known += 1;
            count.there += u32::from(person.is_there);
        }
    }

    fn drop_unknown(&mut self, room: RoomId) {
        if self.rooms.get(&room).is_some_and(|count| count.known == 0) {
            self.rooms.remove(&room);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANA: UserId = UserId(1);
    const BEN: UserId = UserId(2);
    const ROOM: RoomId = RoomId(1);
    const OTHER: RoomId = RoomId(2);

    fn counts(room_presence: &RoomPresence, room: RoomId) -> Option<(u32, u32)> {
        room_presence.counts(room).map(|counts| (counts.members, counts.online))
    }

    #[test]
    fn those_who_are_there_are_counted_in_each_of_their_rooms() {
        let mut room_presence = RoomPresence::default();
        room_presence.begin(ANA);
        assert_eq!(room_presence.set_presence(ANA, true), None, "nothing is known of her rooms yet");
        room_presence.fill(ANA, [(ROOM, 5), (OTHER, 300)]);
        assert_eq!(counts(&room_presence, ROOM), Some((5, 1)));
        assert_eq!(room_presence.set_presence(ANA, true).map(|rooms| rooms.len()), Some(2));
        assert_eq!(counts(&room_presence, ROOM), Some((5, 1)), "pushed again");
        room_presence.joined(ROOM, BEN);
        assert_eq!(counts(&room_presence, ROOM), Some((6, 1)), "he is not here");
        room_presence.left(ROOM, ANA);
        assert_eq!((counts(&room_presence, ROOM), counts(&room_presence, OTHER)), (None, Some((300, 1))));
        room_presence.forget(ANA);
        assert!(room_presence.rooms.is_empty() && room_presence.people.is_empty());
    }

    #[test]
    fn a_person_whose_rooms_could_not_be_read_is_forgotten_unless_they_are_known() {
        let mut room_presence = RoomPresence::default();
        room_presence.begin(ANA);
        room_presence.joined(OTHER, ANA);
        room_presence.abandon(ANA);
        assert!(room_presence.rooms.is_empty() && room_presence.people.is_empty());
        room_presence.begin(ANA);
        room_presence.fill(ANA, [(ROOM, 5)]);
        room_presence.begin(ANA);
        room_presence.abandon(ANA);
        assert_eq!(room_presence.set_presence(ANA, true), Some(vec![ROOM]));
    }

    #[test]
    fn what_happens_before_the_database_answers_is_not_undone_by_it() {
        let mut room_presence = RoomPresence::default();
        room_presence.begin(ANA);
        room_presence.left(ROOM, ANA);
        room_presence.joined(OTHER, ANA);
        room_presence.fill(ANA, [(ROOM, 5), (RoomId(3), 1)]);
        let mut rooms = room_presence.set_presence(ANA, true).expect("here");
        rooms.sort_unstable();
        assert_eq!(rooms, [OTHER, RoomId(3)]);
        // A second device asks the database, too.
        room_presence.begin(ANA);
        room_presence.left(OTHER, ANA);
        room_presence.fill(ANA, [(OTHER, 2), (RoomId(3), 1)]);
        assert_eq!(room_presence.set_presence(ANA, true), Some(vec![RoomId(3)]));
    }

    proptest! {
        #[test]
        fn counts_are_what_counting_anew_gives(
            steps in prop::collection::vec((0u8..6, 1u64..5, 1u64..4), 1..80),
        ) {
            let mut room_presence = RoomPresence::default();
            for (step, user, room) in steps {
                let (user, room) = (UserId(user), RoomId(room));
                match step {
                    0 => { room_presence.begin(user); room_presence.fill(user, [(room, 9)]); }
                    1 => room_presence.joined(room, user),
                    2 => room_presence.left(room, user),
                    3 => drop(room_presence.set_presence(user, true)),
                    4 => drop(room_presence.set_presence(user, false)),
                    _ => room_presence.forget(user),
                }
                for (room, count) in &room_presence.rooms {
                    let of_room = || room_presence.people.values().filter(|person| person.rooms.contains(room));
                    prop_assert_eq!(count.known as usize, of_room().count());
                    prop_assert_eq!(count.there as usize, of_room().filter(|person| person.is_there).count());
                    prop_assert!(count.known > 0);
                }
            }
        }
    }
}
