//! Everyone who is online, with the times at which something about them is due. Pure; must not know tasks.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::UserId;
use chat_proto::presence::{Presence, UserPresence};
use chat_proto::time::UnixMillis;

use super::person::{Person, PresenceEvent, Profile};
use crate::live::{Lease, LeaseId};

/// The work due at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Presences that changed for others, each person once.
    pub changed: Vec<UserPresence>,
    /// People whose last connection ended for good, and when; to be stored with the account.
    pub gone: Vec<(UserId, UnixMillis)>,
}

/// The people who are online or within their grace period.
#[derive(Debug)]
pub struct Roster {
    people: HashMap<UserId, Person>,
    /// Invariant: each person with something due is here once, under `wakes[user]`.
    timers: BTreeSet<(UnixMillis, UserId)>,
    wakes: HashMap<UserId, UnixMillis>,
    /// Connections held here, with their users.
    held: HashMap<LeaseId, UserId>,
    are_others_known: bool,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            people: HashMap::new(),
            timers: BTreeSet::new(),
            wakes: HashMap::new(),
            held: HashMap::new(),
            are_others_known: true,
        }
    }
}

impl Roster {
    /// Applies an event to one person; the next [`due`](Self::due) returns what others should see.
    pub fn apply(&mut self, user: UserId, event: PresenceEvent, now: UnixMillis) {
        let is_known = self.people.contains_key(&user);
        match &event {
            PresenceEvent::Opened { connection, .. } => drop(self.held.insert(*connection, user)),
            PresenceEvent::Chosen(_) | PresenceEvent::LeaseSeen(_) => {}
            PresenceEvent::Closed { connection } => {
                self.held.remove(connection);
                if !is_known {
                    return;
                }
            }
            PresenceEvent::Reported { .. } | PresenceEvent::Used { .. } | PresenceEvent::OthersKnown(_) => {
                // Only a known person can have sent this; a late event must not create one.
                if !is_known {
                    return;
                }
            }
        }
        let are_others_known = self.are_others_known;
        let person = self.people.entry(user).or_insert_with(|| Person::new(Profile::default(), are_others_known));
        person.drop_ended(now);
        person.apply(event, now);
        self.reschedule(user, now);
    }

    /// Records whether other processes are reachable; affects everyone known only through them.
    pub fn set_others_known(&mut self, are_known: bool, now: UnixMillis) {
        if self.are_others_known != are_known {
            self.are_others_known = are_known;
            let users: Vec<UserId> = self.people.keys().copied().collect();
            for user in users {
                self.apply(user, PresenceEvent::OthersKnown(are_known), now);
            }
        }
    }

    /// Returns the work due at `now`.
    pub fn due(&mut self, now: UnixMillis) -> Due {
        let mut due = Due::default();
        while let Some((_, user)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            let Some(person) = self.people.get_mut(&user) else {
                self.timers.pop_first();
                continue;
            };
            person.drop_ended(now);
            if let Some(presence) = person.take_changed(now) {
                if !person.is_connected()
                    && let Some(at) = person.last_seen()
                {
                    due.gone.push((user, at));
                }
                due.changed.push(UserPresence { user, presence });
            }
            self.reschedule(user, now);
        }
        due
    }

    /// Returns when [`due`](Self::due) next has work if no other event arrives.
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Returns what others see of a person now; `None` if they are offline: the account has the rest.
    pub fn seen(&self, user: UserId, now: UnixMillis) -> Option<Presence> {
        self.people.get(&user).map(|person| person.seen(now))
    }

    /// Returns the leases of all connections held here, valid until `expires_at`.
    pub fn leases(&self, now: UnixMillis, expires_at: UnixMillis) -> Vec<Lease> {
        self.held.keys().filter_map(|id| self.lease(*id, now, expires_at)).collect()
    }

    /// Splits connections of this process into the leases of those still held and the ids of those that ended.
    pub fn leases_of(
        &self,
        ids: impl IntoIterator<Item = LeaseId>,
        now: UnixMillis,
        expires_at: UnixMillis,
    ) -> (Vec<Lease>, Vec<LeaseId>) {
        let (mut held, mut gone) = (Vec::new(), Vec::new());
        for id in ids {
            match self.lease(id, now, expires_at) {
                Some(lease) => held.push(lease),
                None => gone.push(id),
            }
        }
        (held, gone)
    }

    fn lease(&self, id: LeaseId, now: UnixMillis, expires_at: UnixMillis) -> Option<Lease> {
        let user = *self.held.get(&id)?;
        let availability = self.people.get(&user)?.lease_availability(id, now)?;
        Some(Lease { id, user, availability, expires_at })
    }

    /// Returns when each person who is online, or within their grace period, was last seen.
    pub fn last_seen(&self, now: UnixMillis) -> Vec<(UserId, UnixMillis)> {
        let here: BTreeSet<&UserId> = self.held.values().collect();
        let seen = |(user, person): (&UserId, &Person)| {
            let at = if here.contains(user) { Some(now) } else { person.last_seen() };
            Some((*user, at?))
        };
        self.people.iter().filter_map(seen).collect()
    }

    /// Returns how many people are known.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Returns whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    fn reschedule(&mut self, user: UserId, now: UnixMillis) {
        if let Some(old) = self.wakes.remove(&user) {
            self.timers.remove(&(old, user));
        }
        let Some(person) = self.people.get(&user) else { return };
        if person.is_forgettable(now) {
            self.people.remove(&user);
        } else if let Some(at) = person.next_due(now) {
            self.wakes.insert(user, at);
            self.timers.insert((at, user));
        }
    }
}

#[cfg(test)]
mod tests;
