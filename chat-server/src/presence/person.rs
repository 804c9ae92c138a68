//! One account's presence over all its connections. Pure; must not know who is notified, or how.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::presence::{Availability, ChosenAvailability, Presence};
use chat_proto::text::StatusText;
use chat_proto::time::UnixMillis;

use crate::live::{Lease, LeaseId};

/// A connection that does not report its keyboard counts as away after this long without activity.
pub const AWAY_AFTER_MS: u64 = 10 * 60 * 1_000;
/// Grace period: how long others still see a person after the last connection ended.
pub const GRACE_MS: u64 = 20_000;
/// Minimum time between two notifications about one person. A change undone meanwhile is not sent.
pub const QUIET_MS: u64 = 1_000;
/// Most connections counted per person; beyond it the longest idle is forgotten. Sockets are limited elsewhere.
const CONNECTIONS_MAX: usize = 256;

/// The account's own settings; stored with the account, so they survive connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The chosen availability.
    pub chosen: ChosenAvailability,
    /// The status text.
    pub status: Option<StatusText>,
    /// When the last connection ended.
    pub last_seen: Option<UnixMillis>,
}

/// An event in one person's presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceEvent {
    /// A connection with `presence: true` was opened here.
    Opened {
        /// Which one.
        connection: LeaseId,
        /// The account's settings.
        profile: Profile,
    },
    /// A connection ended.
    Closed {
        /// Which one.
        connection: LeaseId,
    },
    /// A connection reported whether its keyboard is in use. From then on its report counts, not the server's timer.
    Reported {
        /// Which one.
        connection: LeaseId,
        /// Whether someone is at the keyboard.
        is_active: bool,
    },
    /// A request showed an active person: a post, typing, a read marker.
    Used {
        /// Which one.
        connection: LeaseId,
    },
    /// The account chose its availability.
    Chosen(Profile),
    /// Another process holds a connection of this person until the lease ends.
    LeaseSeen(Lease),
    /// The other processes became reachable or unreachable.
    OthersKnown(bool),
}

/// The state of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    /// Held here; reports its keyboard.
    Reporting { is_active: bool },
    /// Held here; counts as active until this time.
    Watched { active_until: UnixMillis },
    /// Held by another process.
    Elsewhere { availability: Availability, expires_at: UnixMillis },
}

/// One account's connections and settings, and the presence last sent to others.
#[derive(Clone, Debug)]
pub(super) struct Person {
    profile: Profile,
    connections: BTreeMap<LeaseId, Connection>,
    /// With no connection left: until when the person still counts as online, and as what.
    grace: Option<(UnixMillis, Availability)>,
    are_others_known: bool,
    /// The presence last sent to others, and when; `None` before the first.
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

    /// Advances time: expires leases and the grace period.
    pub(super) fn drop_ended(&mut self, now: UnixMillis) {
        if self.grace.is_some_and(|(until, _)| until <= now) {
            self.grace = None;
        }
        // A lease of another process already includes the grace, so its end is immediate. While other processes are
        // unreachable, it may have been renewed unseen.
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

    /// Returns what others see at `now`.
    pub(super) fn seen(&self, now: UnixMillis) -> Presence {
        let availability = match self.grace {
            Some((until, availability)) if self.connections.is_empty() && now < until => availability,
            _ => self.availability(now),
        };
        let last_seen = if availability == Availability::Offline { self.profile.last_seen } else { None };
        Presence { availability, status: self.profile.status.clone(), last_seen }
    }

    /// Returns the change to send to others, if one is due.
    pub(super) fn take_changed(&mut self, now: UnixMillis) -> Option<Presence> {
        let seen = self.seen(now);
        if self.sent.as_ref().is_some_and(|(at, sent)| *sent == seen || is_quiet(*at, now)) {
            return None;
        }
        self.sent = Some((now, seen.clone()));
        Some(seen)
    }

    /// Returns when time alone may next change something.
    pub(super) fn next_due(&self, now: UnixMillis) -> Option<UnixMillis> {
        let ends = self.connections.values().filter_map(|connection| match connection {
            Connection::Reporting { .. } => None,
            Connection::Watched { active_until } => Some(*active_until).filter(|until| *until > now),
            Connection::Elsewhere { expires_at, .. } => Some(*expires_at).filter(|_| self.are_others_known),
        });
        let next_send = match &self.sent {
            None => Some(now),
            Some((at, sent)) if *sent != self.seen(now) => Some(at.plus_ms(QUIET_MS).max(now)),
            // An offline person is forgotten once the next notification would not have to wait.
            Some((at, _)) if !self.is_there() && is_quiet(*at, now) => Some(at.plus_ms(QUIET_MS)),
            Some(_) => None,
        };
        ends.chain(self.grace.map(|(until, _)| until)).chain(next_send).min()
    }

    /// Returns whether nothing is left to watch: the person is offline and others know.
    pub(super) fn is_forgettable(&self, now: UnixMillis) -> bool {
        !self.is_there() && self.next_due(now).is_none()
    }

    fn is_there(&self) -> bool {
        self.is_connected() || self.grace.is_some()
    }

    /// Returns whether the person has a connection, here or elsewhere.
    pub(super) fn is_connected(&self) -> bool {
        !self.connections.is_empty()
    }

    pub(super) fn last_seen(&self) -> Option<UnixMillis> {
        self.profile.last_seen
    }

    /// Returns the availability for a connection's lease; `None` if it is not held here.
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
        // A report over a connection that has already ended is late; ignore it.
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
        // A person known only through another process chose there; the lease carries it.
        let is_dnd_elsewhere = self.connections.values().any(
            |connection| matches!(connection, Connection::Elsewhere { availability, .. } if *availability == Availability::Dnd),
        );
        if is_dnd_elsewhere && !self.connections.values().any(is_here) {
            return Availability::Dnd;
        }
        chosen_or(self.profile.chosen, if is_active { Availability::Online } else { Availability::Away })
    }
}

/// Returns whether others were notified so recently that the next change waits. A clock that was set back ends the wait
/// instead of extending it.
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
