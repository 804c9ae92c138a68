//! When a room is notified that someone types or stopped. Pure; must not know how frames travel.
//!
//! A typing frame expires at its receivers by its TTL, so nothing here is swept: a connection keeps a few entries until it
//! ends. Who stops and types again is reported when the pace allows it, by the one who asks what is due.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::{ConnectionId, RoomId, UserId};
use chat_proto::server_frame::Typing;
use chat_proto::time::UnixMillis;

/// Rooms remembered per connection; beyond it, the one notified longest ago is forgotten and expires by its TTL.
pub const ROOMS_MAX: usize = 8;
/// How much earlier than agreed a client may report, in milliseconds. Without it, network jitter
/// would drop reports of a client that keeps the pace exactly, and its indicator would flicker.
const SLACK_MS: u64 = 500;

/// The last frame sent for one connection in one room.
#[derive(Clone, Copy, Debug)]
struct Sent {
    room: RoomId,
    user: UserId,
    at: UnixMillis,
    /// Whether that frame said that they type.
    is_typing: bool,
    /// Whether they have stopped and type again, which the room does not know yet.
    is_due: bool,
}

/// The last frames of all connections.
#[derive(Debug)]
pub struct TypingRules {
    /// How long a frame holds, in milliseconds.
    ttl_ms: u64,
    by_connection: HashMap<ConnectionId, Vec<Sent>>,
    /// When the rooms may be notified of those who type again. An entry may be out of date: `is_due` decides.
    due: BTreeSet<(UnixMillis, RoomId, ConnectionId)>,
}

impl TypingRules {
    /// Rules under which a frame holds for `ttl_ms`; clients report every half of it.
    pub fn new(ttl_ms: u64) -> Self {
        Self { ttl_ms, by_connection: HashMap::new(), due: BTreeSet::new() }
    }

    /// Records that someone types. Returns the frame for the room; `None` if one was sent just now. If they had stopped
    /// since, the next one becomes due.
    pub fn typing(&mut self, room: RoomId, user: UserId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        let (ttl_ms, every_ms) = (self.ttl_ms, self.ttl_ms / 2);
        let new = Sent { room, user, at: now, is_typing: true, is_due: false };
        let sent = self.by_connection.entry(connection).or_default();
        match sent.iter_mut().find(|sent| sent.room == room) {
            // A clock that was set back must not silence anyone.
            Some(last) if last.at <= now && now.since_ms(last.at) < every_ms - SLACK_MS => {
                if !last.is_typing {
                    last.is_due = true;
                    self.due.insert((last.at.plus_ms(every_ms), room, connection));
                }
                return None;
            }
            Some(last) => *last = new,
            None => {
                if sent.len() == ROOMS_MAX {
                    let oldest = sent.iter().enumerate().min_by_key(|(_, sent)| sent.at).map_or(0, |(at, _)| at);
                    sent.swap_remove(oldest);
                }
                sent.push(new);
            }
        }
        Some(Typing { room, user, connection, ttl_ms })
    }

    /// Records that someone stopped typing or left the room. Returns the frame for the room; `None` if the room does
    /// not show them as typing.
    pub fn stopped(&mut self, room: RoomId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        let sent = self.by_connection.get_mut(&connection)?.iter_mut().find(|sent| sent.room == room)?;
        let is_believed = sent.holds(self.ttl_ms, now);
        // The entry stays, so that stopping and starting again sends no more frames than typing does.
        sent.is_typing = false;
        sent.is_due = false;
        is_believed.then(|| sent.stop(connection))
    }

    /// Records a message of theirs: receivers drop the indicator themselves, and the next report is sent at once.
    /// Returns the stop for other processes; `None` if the room did not show them as typing.
    pub fn posted(&mut self, room: RoomId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        let sent = self.by_connection.get_mut(&connection)?;
        let at = sent.iter().position(|sent| sent.room == room)?;
        let sent = sent.swap_remove(at);
        sent.holds(self.ttl_ms, now).then(|| sent.stop(connection))
    }

    /// Forgets a connection that ended. Returns the frames for the rooms that still show it as typing.
    pub fn disconnected(&mut self, connection: ConnectionId, now: UnixMillis) -> Vec<Typing> {
        let sent = self.by_connection.remove(&connection).unwrap_or_default();
        sent.into_iter().filter(|sent| sent.holds(self.ttl_ms, now)).map(|sent| sent.stop(connection)).collect()
    }

    /// Returns when the next one who types again is due.
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.due.first().map(|(at, ..)| *at)
    }

    /// Takes those who are due, or were: [`Self::resumed`] tells for each.
    pub fn take_due(&mut self, now: UnixMillis) -> Vec<(RoomId, ConnectionId)> {
        let is_due = |(at, ..): &(UnixMillis, RoomId, ConnectionId)| *at <= now;
        let due = std::iter::from_fn(|| self.due.first().is_some_and(is_due).then(|| self.due.pop_first()).flatten());
        due.map(|(_, room, connection)| (room, connection)).collect()
    }

    /// Returns the frame for a room that does not know yet that they type again; `None` if they have stopped or posted
    /// since.
    pub fn resumed(&mut self, room: RoomId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        let every_ms = self.ttl_ms / 2;
        let sent = self.by_connection.get_mut(&connection)?.iter_mut().find(|sent| sent.room == room)?;
        // What was due before another frame was sent is not due any more.
        if !sent.is_due || now.since_ms(sent.at) < every_ms - SLACK_MS {
            return None;
        }
        *sent = Sent { at: now, is_typing: true, is_due: false, ..*sent };
        Some(Typing { room, user: sent.user, connection, ttl_ms: self.ttl_ms })
    }

    /// Returns how many connections are remembered.
    pub fn len(&self) -> usize {
        self.by_connection.len()
    }

    /// Returns whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.by_connection.is_empty()
    }
}

impl Sent {
    fn holds(&self, ttl_ms: u64, now: UnixMillis) -> bool {
        self.is_typing && now.since_ms(self.at) < ttl_ms
    }

    fn stop(&self, connection: ConnectionId) -> Typing {
        Typing { room: self.room, user: self.user, connection, ttl_ms: 0 }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::limits::TYPING_TTL_MS;
    use proptest::prelude::*;

    use super::*;

    const ROOM: RoomId = RoomId(1);
    const ANA: UserId = UserId(5);

    fn at(ms: u64) -> UnixMillis {
        UnixMillis(0).plus_ms(ms)
    }

    fn frame(connection: u64, ttl_ms: u64) -> Typing {
        Typing { room: ROOM, user: ANA, connection: ConnectionId(connection), ttl_ms }
    }

    #[test]
    fn typing_is_sent_with_its_end_and_again_after_three_seconds() {
        let mut rules = TypingRules::new(TYPING_TTL_MS);
        let mut say = |ms| rules.typing(ROOM, ANA, ConnectionId(1), at(ms));
        assert_eq!(say(0), Some(frame(1, 6_000)));
        assert_eq!(say(100), None);
        assert_eq!(say(2_400), None);
        assert_eq!(say(2_950), Some(frame(1, 6_000)), "a client that keeps the pace is never passed over");
    }

    #[test]
    fn a_stop_is_sent_once_and_only_to_those_who_believe_it() {
        let mut rules = TypingRules::new(TYPING_TTL_MS);
        let one = ConnectionId(1);
        assert_eq!(rules.stopped(ROOM, one, at(0)), None);
        rules.typing(ROOM, ANA, one, at(0));
        assert_eq!(rules.stopped(RoomId(2), one, at(1)), None);
        assert_eq!(rules.stopped(ROOM, one, at(1_000)), Some(frame(1, 0)));
        assert_eq!(rules.stopped(ROOM, one, at(1_001)), None);
        assert_eq!(rules.typing(ROOM, ANA, one, at(1_100)), None, "a flickering client is not relayed");
        rules.typing(ROOM, ANA, one, at(4_000));
        assert_eq!(rules.stopped(ROOM, one, at(10_000)), None, "it ended by itself");
    }

    #[test]
    fn who_types_again_is_reported_when_the_three_seconds_are_over() {
        let mut rules = TypingRules::new(TYPING_TTL_MS);
        let one = ConnectionId(1);
        let again = |rules: &mut TypingRules, ms| {
            rules.typing(ROOM, ANA, one, at(ms));
            rules.stopped(ROOM, one, at(ms + 100));
            assert_eq!(rules.typing(ROOM, ANA, one, at(ms + 200)), None);
            assert_eq!(rules.next_due(), Some(at(ms + 3_000)));
        };
        again(&mut rules, 0);
        assert_eq!(rules.take_due(at(2_999)), []);
        assert_eq!(rules.take_due(at(3_000)), [(ROOM, one)]);
        assert_eq!(rules.resumed(ROOM, one, at(3_000)), Some(frame(1, 6_000)));
        assert_eq!(rules.resumed(ROOM, one, at(3_001)), None, "once");
        assert_eq!(rules.next_due(), None);
        assert_eq!(rules.stopped(ROOM, one, at(3_100)), Some(frame(1, 0)), "the room believes it");

        again(&mut rules, 10_000);
        rules.stopped(ROOM, one, at(10_300));
        assert_eq!(rules.take_due(at(13_000)), [(ROOM, one)]);
        assert_eq!(rules.resumed(ROOM, one, at(13_000)), None, "they have stopped since");
        again(&mut rules, 20_000);
        rules.posted(ROOM, one, at(20_300));
        assert_eq!(rules.resumed(ROOM, one, at(23_000)), None, "they have posted since");
        rules.take_due(at(23_000));
        again(&mut rules, 30_000);
        assert_eq!(rules.typing(ROOM, ANA, one, at(32_600)), Some(frame(1, 6_000)), "their next report is first");
        assert_eq!(rules.resumed(ROOM, one, at(33_000)), None);
    }

    #[test]
    fn a_message_ends_typing_silently_and_the_next_is_sent_at_once() {
        let mut rules = TypingRules::new(TYPING_TTL_MS);
        let one = ConnectionId(1);
        rules.typing(ROOM, ANA, one, at(0));
        assert_eq!(rules.posted(ROOM, one, at(5)), Some(frame(1, 0)));
        assert_eq!(rules.posted(ROOM, one, at(6)), None);
        assert_eq!(rules.stopped(ROOM, one, at(10)), None);
        assert_eq!(rules.typing(ROOM, ANA, one, at(20)), Some(frame(1, 6_000)));
    }

    #[test]
    fn two_devices_of_one_user_type_apart_and_a_lost_one_stops_alone() {
        let mut rules = TypingRules::new(TYPING_TTL_MS);
        assert!(rules.typing(ROOM, ANA, ConnectionId(1), at(0)).is_some());
        assert!(rules.typing(ROOM, ANA, ConnectionId(2), at(0)).is_some());
        assert_eq!(rules.disconnected(ConnectionId(1), at(500)), [frame(1, 0)]);
        assert_eq!(rules.disconnected(ConnectionId(2), at(6_000)), []);
        assert!(rules.is_empty());
    }

    proptest! {
        /// Receivers show a connection as typing from a frame until its TTL, a stop, or a message.
        #[test]
        fn receivers_end_up_believing_what_is_and_receive_no_more_than_the_pace(
            steps in prop::collection::vec((1u64..20, 1u64..3, 0u8..5, 0u64..2_500), 1..200),
        ) {
            let mut rules = TypingRules::new(TYPING_TTL_MS);
            let mut believed: HashMap<(RoomId, ConnectionId), UnixMillis> = HashMap::new();
            let mut last_sent: HashMap<(RoomId, ConnectionId), UnixMillis> = HashMap::new();
            let mut now = at(0);
            for (room, connection, what, pause_ms) in steps {
                now = now.plus_ms(pause_ms);
                let (room, connection) = (RoomId(room), ConnectionId(connection));
                let frames = match what {
                    0 => rules.typing(room, ANA, connection, now).into_iter().collect(),
                    1 => rules.stopped(room, connection, now).into_iter().collect(),
                    2 => {
                        let stop = rules.posted(room, connection, now);
                        let was_believed = believed.remove(&(room, connection)).is_some_and(|until| now < until);
                        let typed = last_sent.keys().filter(|(_, of)| *of == connection).count();
                        prop_assert!(stop.is_some() == was_believed || typed > ROOMS_MAX);
                        last_sent.remove(&(room, connection));
                        Vec::new()
                    }
                    3 => rules.disconnected(connection, now),
                    _ => {
                        let due = rules.take_due(now);
                        due.into_iter().filter_map(|(room, connection)| rules.resumed(room, connection, now)).collect()
                    }
                };
                for sent in frames {
                    let key = (sent.room, sent.connection);
                    if sent.ttl_ms == 0 {
                        let until = believed.remove(&key);
                        prop_assert!(until.is_some_and(|until| now < until), "a stop is news");
                    } else {
                        believed.insert(key, now.plus_ms(sent.ttl_ms));
                        // A forgotten room (more than ROOMS_MAX at once) may be notified again: eight others were
                        // notified first.
                        let is_early = last_sent.insert(key, now).is_some_and(|last| now.since_ms(last) < 2_500);
                        let typed = last_sent.keys().filter(|(_, of)| *of == key.1).count();
                        prop_assert!(!is_early || typed > ROOMS_MAX);
                    }
                }
                match what {
                    1 => {
                        let typed = last_sent.keys().filter(|(_, of)| *of == connection).count();
                        let is_believed = believed.get(&(room, connection)).is_some_and(|until| now < *until);
                        prop_assert!(!is_believed || typed > ROOMS_MAX);
                    }
                    3 => last_sent.retain(|(_, of), _| *of != connection),
                    _ => {}
                }
                prop_assert!(rules.by_connection.values().all(|sent| sent.len() <= ROOMS_MAX));
            }
        }
    }
}
