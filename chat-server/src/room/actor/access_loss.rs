//! An account that loses access to a room: its listeners, typing, presence and queued frames go in the same turn, before
//! it is answered. Must not know who may do what.

use chat_proto::ids::UserId;

use super::Actor;
use crate::push::Push;
use crate::room::commit::Shown;
use crate::room::in_flight::InFlight;

impl Actor {
    /// A member has left. Its devices get no more events of the room, those that subscribed in between included, unless it has
    /// joined again by now; the others see it leave; then it is answered.
    pub(super) fn complete_leave(&mut self, user: UserId, change: InFlight, shown: Option<Shown>) {
        if self.state.role(user).is_none() {
            self.evict(user);
        }
        if let Some(shown) = shown {
            self.show(shown);
        }
        self.answer_stored(change.requester, None, change.accepted_at);
    }

    /// A join was refused. The account's devices go on listening if outsiders may, or if it is still a member: its leave was
    /// refused, too.
    pub(super) fn undo_join(&mut self, user: UserId) {
        self.state.undo_join(user);
        if self.state.role(user).is_none() && !self.state.may_outsiders_listen() {
            self.evict(user);
        }
    }

    fn evict(&mut self, user: UserId) {
        let room = self.state.id();
        self.fanout.evict(user);
        for typing in self.services.observer.access_lost(room, user) {
            self.fanout.transient(&Push::new(typing), |_, _| true);
        }
    }
}
