//! The members of a room, with the joins and leaves that no store has confirmed yet. Pure; must not know who may join.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};

use chat_proto::ids::UserId;
use chat_proto::room::Role;

/// The members of a room, as if every accepted change succeeded.
#[derive(Debug, Default)]
pub(super) struct Members {
    accepted: HashMap<UserId, Role>,
    /// Only the accounts that have changes under way.
    changing: HashMap<UserId, Changing>,
}

/// An account with changes under way.
#[derive(Debug, Default)]
struct Changing {
    /// Its role before all of them; `None` if it is not a member.
    confirmed: Option<Role>,
    /// Its role after each of them, in the order of acceptance.
    under_way: VecDeque<Option<Role>>,
}

impl Members {
    /// The members as the database has them.
    pub(super) fn new(members: impl IntoIterator<Item = (UserId, Role)>) -> Self {
        Self { accepted: members.into_iter().collect(), changing: HashMap::new() }
    }

    pub(super) fn role(&self, user: UserId) -> Option<Role> {
        self.accepted.get(&user).copied()
    }

    pub(super) fn count(&self) -> u32 {
        self.accepted.len() as u32
    }

    /// Accepts a join, or with `None` a leave.
    pub(super) fn accept(&mut self, user: UserId, role: Option<Role>) {
        let before = self.role(user);
        let changing = self.changing.entry(user).or_default();
        if changing.under_way.is_empty() {
            changing.confirmed = before;
        }
        changing.under_way.push_back(role);
        self.set(user, role);
    }

    /// The oldest change of an account under way was stored.
    pub(super) fn confirm(&mut self, user: UserId) {
        if let Some(changing) = self.changing.get_mut(&user) {
            if let Some(role) = changing.under_way.pop_front() {
                changing.confirmed = role;
            }
            self.forget_if_done(user);
        }
    }

    /// The oldest change of an account under way was refused. Later ones still stand.
    pub(super) fn undo(&mut self, user: UserId) {
        let Some(changing) = self.changing.get_mut(&user) else { return };
        changing.under_way.pop_front();
        let role = changing.under_way.back().copied().unwrap_or(changing.confirmed);
        self.set(user, role);
        self.forget_if_done(user);
    }

    fn set(&mut self, user: UserId, role: Option<Role>) {
        match role {
            Some(role) => drop(self.accepted.insert(user, role)),
            None => drop(self.accepted.remove(&user)),
        }
    }

    fn forget_if_done(&mut self, user: UserId) {
        if self.changing.get(&user).is_some_and(|changing| changing.under_way.is_empty()) {
            self.changing.remove(&user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: UserId = UserId(1);
    const BEN: UserId = UserId(2);

    #[test]
    fn a_leave_and_a_join_that_are_both_refused_change_nothing() {
        let mut members = Members::new([(ANA, Role::Owner)]);
        members.accept(ANA, None);
        members.accept(ANA, Some(Role::Member));
        members.undo(ANA);
        assert_eq!(members.role(ANA), Some(Role::Member), "the join still stands");
        members.undo(ANA);
        assert_eq!(members.role(ANA), Some(Role::Owner));
        members.accept(BEN, Some(Role::Member));
        members.accept(BEN, None);
        members.undo(BEN);
        members.undo(BEN);
        assert_eq!((members.role(BEN), members.count(), members.changing.len()), (None, 1, 0));
    }

    #[test]
    fn a_refused_change_leaves_what_was_stored_before_it() {
        let mut members = Members::new([(ANA, Role::Owner)]);
        members.accept(ANA, None);
        members.accept(ANA, Some(Role::Member));
        members.confirm(ANA);
        assert_eq!(members.role(ANA), Some(Role::Member));
        members.undo(ANA);
        assert_eq!((members.role(ANA), members.changing.len()), (None, 0));
    }
}
