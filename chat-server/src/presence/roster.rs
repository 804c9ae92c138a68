//! All people who are there, with the moments at which something about them is due. PURE. Must not know tasks.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::UserId;
use chat_proto::presence::{Presence, UserPresence};
use chat_proto::time::UnixMillis;

use super::person::{Person, PresenceEvent, Profile};
use crate::live::{Lease, LeaseId};

/// What there is to do for others at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Presences that changed for others, each person once.
    pub changed: Vec<UserPresence>,
    /// People whose last connection ended for good, and when; to be kept with the account.
    pub gone: Vec<(UserId, UnixMillis)>,
}

/// The people who are there, or went within the grace.
#[derive(Debug)]
pub struct Roster {
    people: HashMap<UserId, Person>,
    /// Invariant: each person who has something due is here once, under `wakes[user]`.
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
    /// Takes in what happened to one person; others are told by the next [`due`](Self::due).
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
                // Only someone known can have done this; nobody is made up for a late word.
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

    /// Takes in whether other processes can be heard; changes all who are known through them only.
    pub fn set_others_known(&mut self, are_known: bool, now: UnixMillis) {
        if self.are_others_known != are_known {
            self.are_others_known = are_known;
            let users: Vec<UserId> = self.people.keys().copied().collect();
            for user in users {
                self.apply(user, PresenceEvent::OthersKnown(are_known), now);
            }
        }
    }

    /// What is due at `now`.
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

    /// When [`due`](Self::due) has something to do next, if nothing else happens.
    pub fn next_due(&self) -> Option<UnixMillis> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// What others see of a person now; `None` of those who are not there: their account has the rest.
    pub fn seen(&self, user: UserId, now: UnixMillis) -> Option<Presence> {
        self.people.get(&user).map(|person| person.seen(now))
    }

    /// The leases of all connections held here, as they should stand until `expires_at`.
    pub fn leases(&self, now: UnixMillis, expires_at: UnixMillis) -> Vec<Lease> {
        self.held.keys().filter_map(|id| self.lease(*id, now, expires_at)).collect()
    }

    /// Of some connections of this process the leases of those held here, and the ids of the others: they went.
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

    /// When each of the people was seen last who are here, or went within the grace.
    pub fn last_seen(&self, now: UnixMillis) -> Vec<(UserId, UnixMillis)> {
        let here: BTreeSet<&UserId> = self.held.values().collect();
        let seen = |(user, person): (&UserId, &Person)| {
            let at = if here.contains(user) { Some(now) } else { person.last_seen() };
            Some((*user, at?))
        };
        self.people.iter().filter_map(seen).collect()
    }

    /// How many people are known.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether nobody is known.
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
