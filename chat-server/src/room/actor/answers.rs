//! Answers requesters once the commit has decided. Must not know how it decided.

use std::sync::atomic::Ordering;

use chat_proto::message::{Content, Item};
use chat_proto::request::Posted;
use tokio::time::Instant;

use super::Actor;
use crate::room::RoomError;
use crate::room::command::{ChangeOutcome, ChangedMessage, Command, Joined, Snapshot};
use crate::room::commit::FirstPost;
use crate::room::in_flight::{Changing, Requester, answer};
use crate::room::state::mentions_of;

impl Actor {
    /// Refuses a command that was not accepted. A refused post breaks its chain.
    pub(super) fn refuse_command(&mut self, command: Command, error: &RoomError) {
        if let Command::Post(new, _) = &command {
            self.state.commit.break_chain(new.chain);
        }
        command.refuse(error);
    }

    pub(super) fn answer_stored(&mut self, requester: Requester, item: Option<&Item>, accepted_at: Instant) {
        let number = item.map_or(self.state.shown(), |item| item.changed);
        match requester {
            Requester::Post(reply) => {
                let Some(item) = item else { return };
                self.services.counters.posts.fetch_add(1, Ordering::Relaxed);
                self.services.counters.acknowledged(accepted_at.elapsed());
                let expires_at = item.content.message().and_then(|message| message.expires_at);
                answer(reply, Ok(Posted { seq: item.seq, at: item.at, duplicate: false, expires_at }));
            }
            Requester::Change(changing, reply) => {
                // An earlier change may have been shown since this one was accepted.
                let shown = item.and_then(|item| self.state.find(item.seq, self.now()));
                let mentioned_before = shown.as_ref().map_or(changing.mentioned, mentions_of);
                let mentioned_now = item.map_or_else(Vec::new, mentions_of);
                let outcome = ChangedMessage { changed: number, mentioned_before, mentioned_now };
                answer(reply, Ok(ChangeOutcome::Changed(outcome)));
            }
            Requester::Set(reply) => answer(reply, Ok(number)),
            Requester::Rsvp(given, reply) => answer(reply, self.rsvp_counts(given, item)),
            Requester::Join((user, is_new), reply) => {
                let head = self.state.cursor(number.max(self.state.shown()));
                let snapshot = Snapshot { head, ..self.state.snapshot(user) };
                answer(reply, Ok(Joined { snapshot, is_new }));
            }
            Requester::Leave(_, role, reply) => answer(reply, Ok(role.map(|_| self.state.member_count()))),
            Requester::Drain(reply) => answer(reply, Ok(())),
            Requester::Nobody => {}
        }
    }

    pub(super) fn answer_duplicate(requester: Requester, first: FirstPost) {
        if let Requester::Post(reply) = requester {
            let FirstPost { seq, at, expires_at } = first;
            answer(reply, Ok(Posted { seq, at, duplicate: true, expires_at }));
        }
    }

    /// The outcome of a deletion that found the message deleted by another one that was under way.
    fn deleted_before(&self, changing: &Changing, error: &RoomError) -> Option<ChangeOutcome> {
        let seq = changing.deletes.filter(|_| *error == RoomError::NotFound)?;
        let item = self.state.find(seq, self.now()).filter(|item| matches!(item.content, Content::Deleted { .. }))?;
        let (changed, nobody) = (item.changed, Vec::new());
        Some(ChangeOutcome::Changed(ChangedMessage {
            changed,
            mentioned_before: nobody.clone(),
            mentioned_now: nobody,
        }))
    }

    pub(super) fn answer_refused(&mut self, requester: Requester, error: RoomError) {
        match requester {
            Requester::Post(reply) => answer(reply, Err(error)),
            Requester::Change(changing, reply) => answer(reply, self.deleted_before(&changing, &error).ok_or(error)),
            Requester::Set(reply) => answer(reply, Err(error)),
            Requester::Rsvp((.., number), reply) => {
                if let Some(number) = number {
                    self.state.rsvps.refuse(number);
                }
                answer(reply, Err(error));
            }
            Requester::Join((user, is_new), reply) => {
                if is_new {
                    self.undo_join(user);
                }
                answer(reply, Err(error));
            }
            Requester::Leave(user, role, reply) => {
                if role.is_some() {
                    self.state.undo_leave(user);
                }
                answer(reply, Err(error));
            }
            Requester::Drain(reply) => answer(reply, Err(error)),
            Requester::Nobody => {}
        }
    }
}
