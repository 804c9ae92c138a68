//! A member says whether it takes part: the first answer makes an item, a later one changes it. Must not know who may
//! answer.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Rsvp, RsvpCounts};

use super::Actor;
use crate::room::RoomError;
use crate::room::command::Responder;
use crate::room::commit::Change;
use crate::room::in_flight::{Requester, Write};
use crate::room::rsvps::NewAnswer;
use crate::store::{self, MemberState, Revision};

impl Actor {
    pub(super) fn rsvp(&mut self, user: UserId, given: Rsvp, reply: Responder<RsvpCounts>) {
        let now = self.now();
        let (write, item) = match self.state.accept_rsvp(user, given, now) {
            // Answered in its turn: the same answer may be under way.
            None => (None, None),
            Some(NewAnswer::First(item)) => {
                let appended = self.services.store.change_member(self.append(&item), MemberState::Answers(given));
                (Some(Write::Append(appended)), Some(item))
            }
            Some(NewAnswer::Changed(item)) => {
                let revision = Revision::Answer(given);
                let change = store::Change { room: self.state.id(), revision, item: item.clone(), at: now };
                (Some(Write::Change(self.services.store.change(change))), Some(item))
            }
        };
        let number = item.as_ref().map(|item| item.changed);
        self.accept(Requester::Rsvp((user, given, number), reply), write, Change::Persistent(item, None));
    }

    /// The room's answers once an answer is stored, or was found to be given before.
    pub(super) fn rsvp_counts(
        &self,
        (user, given, _): (UserId, Rsvp, Option<Seq>),
        item: Option<&Item>,
    ) -> Result<RsvpCounts, RoomError> {
        match item.map(|item| &item.content) {
            Some(Content::Rsvp { counts, .. }) => Ok(*counts),
            Some(_) | None if self.state.rsvps.is_shown(user, given) => Ok(self.state.rsvps.counts()),
            // The answer that this one repeats was refused, or changed again.
            Some(_) | None => Err(RoomError::Busy),
        }
    }
}
