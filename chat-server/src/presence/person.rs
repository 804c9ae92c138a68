//! One account's presence over all its connections. PURE. Must not know who is told, or how.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::presence::{Availability, ChosenAvailability, Presence};
use chat_proto::text::StatusText;
use chat_proto::time::UnixMillis;

use crate::live::{Lease, LeaseId};

/// Without a sign of a person for so long, a connection that does not report by itself counts as away.
pub const AWAY_AFTER_MS: u64 = 10 * 60 * 1_000;
/// After the last connection ended, others are told only when none came back for so long.
pub const GRACE_MS: u64 = 20_000;
/// Others are told of one person's changes at most so often; a change that was taken back meanwhile is not told.
pub const QUIET_MS: u64 = 1_000;
/// Most connections counted for one person; of more the longest silent is forgotten. Sockets are limited elsewhere.
const CONNECTIONS_MAX: usize = 256;

/// What an account says of itself; kept with the account, so it survives connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The availability it chose.
    pub chosen: ChosenAvailability,
    /// Its own words.
    pub status: Option<StatusText>,
    /// When its last connection ended.
    pub last_seen: Option<UnixMillis>,
}

/// What happens to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceEvent {
    /// A connection that makes them appear was opened here.
    Opened {
        /// Which.
        connection: LeaseId,
        /// What the account says of itself.
        profile: Profile,
    },
    /// It ended.
    Closed {
        /// Which.
        connection: LeaseId,
    },
    /// It said whether someone is at its keyboard; from then on its word counts, not the server's clock.
    Reported {
        /// Which.
        connection: LeaseId,
        /// Whether someone is there.
        is_active: bool,
    },
    /// Something was done over it that shows a person: a post, typing, a read mark.
    Used {
        /// Which.
        connection: LeaseId,
    },
    /// The account chose what others see.
    Chosen(Profile),
    /// Another process holds a connection of theirs, until the lease ends.
    LeaseSeen(Lease),
    /// The other processes can, or cannot, be heard just now.
    OthersKnown(bool),
}

/// How one connection counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    /// Held here; reports its keyboard.
    Reporting { is_active: bool },
    /// Held here; counts as active until the moment.
    Watched { active_until: UnixMillis },
    /// Held by another process.
    Elsewhere { availability: Availability, expires_at: UnixMillis },
}

/// One account's connections and choices, and what others were told.
#[derive(Clone, Debug)]
pub(super) struct Person {
    profile: Profile,
    connections: BTreeMap<LeaseId, Connection>,
    /// While no connection is there: until when they still count as there, and as what.
    grace: Option<(UnixMillis, Availability)>,
    are_others_known: bool,
    /// What others were told last, and when; `None` before the first word.
    sent: Option<(UnixMillis, Presence)>,
}

impl Person {
    pub(super) fn new(profile: Profile, are_others_known: bool) -> Self {
        Self { profile, connections: BTreeMap::new(), grace: None, are_others_known, sent: None }
    }

    pub(super) fn apply(&mut self, event: PresenceEvent, now: UnixMillis) {
        match event {
            PresenceEvent::Opened { connection, profile } => self.open(connection, profile, now),
            PresenceEvent::Closed { connection } => self.end(connection, now),
            PresenceEvent::Reported { connection, is_active } => {
                self.set_local(connection, Connection::Reporting { is_active });
            }
            PresenceEvent::Used { connection } => self.use_connection(connection, now),
            PresenceEvent::Chosen(profile) => {
                let last_seen = self.profile.last_seen.max(profile.last_seen);
                self.profile = Profile { last_seen, ..profile };
            }
            PresenceEvent::LeaseSeen(lease) => self.see_lease(lease, now),
            PresenceEvent::OthersKnown(are_known) => self.are_others_known = are_known,
        }
    }

    /// Lets time pass: leases and the grace end.
    pub(super) fn drop_ended(&mut self, now: UnixMillis) {
        if self.grace.is_some_and(|(until, _)| until <= now) {
            self.grace = None;
        }
        // What another process held is gone when its lease is: the lease itself was the grace. While others are not
        // heard it may have been renewed.
        let is_over = |expires_at: UnixMillis| self.are_others_known && expires_at <= now;
        let ended = |connection: &Connection| match connection {
            Connection::Elsewhere { expires_at, .. } => Some(*expires_at).filter(|end| is_over(*end)),
            Connection::Reporting { .. } | Connection::Watched { .. } => None,
        };
        if let Some(last) = self.connections.values().filter_map(ended).max() {
            self.connections.retain(|_, connection| ended(connection).is_none());
            self.profile.last_seen = self.profile.last_seen.max(Some(last));
        }
    }

    /// What others see at `now`.
    pub(super) fn seen(&self, now: UnixMillis) -> Presence {
        let availability = match self.grace {
            Some((until, availability)) if self.connections.is_empty() && now < until => availability,
            _ => self.availability(now),
        };
        let last_seen = if availability == Availability::Offline { self.profile.last_seen } else { None };
        Presence { availability, status: self.profile.status.clone(), last_seen }
    }

    /// The news for others, if it is time to tell some.
    pub(super) fn take_changed(&mut self, now: UnixMillis) -> Option<Presence> {
        let seen = self.seen(now);
        if self.sent.as_ref().is_some_and(|(at, sent)| *sent == seen || is_quiet(*at, now)) {
            return None;
        }
        self.sent = Some((now, seen.clone()));
        Some(seen)
    }

    /// When something may change or be told by time alone.
    pub(super) fn next_due(&self, now: UnixMillis) -> Option<UnixMillis> {
        let ends = self.connections.values().filter_map(|connection| match connection {
            Connection::Reporting { .. } => None,
            Connection::Watched { active_until } => Some(*active_until).filter(|until| *until > now),
            Connection::Elsewhere { expires_at, .. } => Some(*expires_at).filter(|_| self.are_others_known),
        });
        let next_send = match &self.sent {
            None => Some(now),
            Some((at, sent)) if *sent != self.seen(now) => Some(at.plus_ms(QUIET_MS).max(now)),
            // Who is gone is forgotten once the next news would not have to wait.
            Some((at, _)) if !self.is_there() && is_quiet(*at, now) => Some(at.plus_ms(QUIET_MS)),
            Some(_) => None,
        };
        ends.chain(self.grace.map(|(until, _)| until)).chain(next_send).min()
    }

    /// Whether nothing is left to watch: gone, and others know.
    pub(super) fn is_forgettable(&self, now: UnixMillis) -> bool {
        !self.is_there() && self.next_due(now).is_none()
    }

    fn is_there(&self) -> bool {
        self.is_connected() || self.grace.is_some()
    }

    /// Whether some connection of theirs is there, here or elsewhere.
    pub(super) fn is_connected(&self) -> bool {
        !self.connections.is_empty()
    }

    pub(super) fn last_seen(&self) -> Option<UnixMillis> {
        self.profile.last_seen
    }

    /// What a connection held here makes of them, for its lease; `None` where it is not here.
    pub(super) fn lease_availability(&self, connection: LeaseId, now: UnixMillis) -> Option<Availability> {
        let is_active = match self.connections.get(&connection)? {
            Connection::Reporting { is_active } => *is_active,
            Connection::Watched { active_until } => now < *active_until,
            Connection::Elsewhere { .. } => return None,
        };
        Some(chosen_or(self.profile.chosen, if is_active { Availability::Online } else { Availability::Away }))
    }

    fn open(&mut self, connection: LeaseId, profile: Profile, now: UnixMillis) {
        self.apply(PresenceEvent::Chosen(profile), now);
        if self.connections.len() >= CONNECTIONS_MAX
            && let Some(oldest) = self.connections.keys().next().copied()
        {
            self.connections.remove(&oldest);
        }
        let active_until = now.plus_ms(AWAY_AFTER_MS);
        self.connections.insert(connection, Connection::Watched { active_until });
        self.grace = None;
    }

    fn end(&mut self, connection: LeaseId, now: UnixMillis) {
        let before = self.availability(now);
        if self.connections.remove(&connection).is_some() && self.connections.is_empty() {
            self.grace = Some((now.plus_ms(GRACE_MS), before));
            self.profile.last_seen = self.profile.last_seen.max(Some(now));
        }
    }

    fn use_connection(&mut self, connection: LeaseId, now: UnixMillis) {
        let used = match self.connections.get(&connection) {
            Some(Connection::Reporting { .. }) => Connection::Reporting { is_active: true },
            _ => Connection::Watched { active_until: now.plus_ms(AWAY_AFTER_MS) },
        };
        self.set_local(connection, used);
    }

    fn set_local(&mut self, connection: LeaseId, state: Connection) {
        // A word over a connection that already ended is late and says nothing.
        if let Some(held) = self.connections.get_mut(&connection) {
            *held = state;
        }
    }

    fn see_lease(&mut self, lease: Lease, now: UnixMillis) {
        if lease.expires_at > now && self.connections.len() < CONNECTIONS_MAX {
            let seen = Connection::Elsewhere { availability: lease.availability, expires_at: lease.expires_at };
            self.connections.insert(lease.id, seen);
        }
    }

    fn availability(&self, now: UnixMillis) -> Availability {
        if self.connections.is_empty() {
            return Availability::Offline;
        }
        let is_here = |connection: &Connection| !matches!(connection, Connection::Elsewhere { .. });
        if !self.are_others_known && !self.connections.values().any(is_here) {
            return Availability::Unknown;
        }
        let is_active = self.connections.values().any(|connection| match connection {
            Connection::Reporting { is_active } => *is_active,
            Connection::Watched { active_until } => now < *active_until,
            Connection::Elsewhere { availability, .. } => *availability == Availability::Online,
        });
        // Someone known only elsewhere chose there; the lease carries it.
        let is_dnd_elsewhere = self.connections.values().any(
            |connection| matches!(connection, Connection::Elsewhere { availability, .. } if *availability == Availability::Dnd),
        );
        if is_dnd_elsewhere && !self.connections.values().any(is_here) {
            return Availability::Dnd;
        }
        chosen_or(self.profile.chosen, if is_active { Availability::Online } else { Availability::Away })
    }
}

/// Whether others were told so lately that the next news waits. A clock that went back ends the silence instead of
/// stretching it.
fn is_quiet(sent_at: UnixMillis, now: UnixMillis) -> bool {
    sent_at <= now && now.since_ms(sent_at) < QUIET_MS
}

fn chosen_or(chosen: ChosenAvailability, by_activity: Availability) -> Availability {
    match chosen {
        ChosenAvailability::Auto => by_activity,
        ChosenAvailability::Away => Availability::Away,
        ChosenAvailability::Dnd => Availability::Dnd,
    }
}
