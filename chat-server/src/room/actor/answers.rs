//! What those who asked are told once a write has completed.

use std::sync::atomic::Ordering;

use chat_proto::message::{Content, Item};
use chat_proto::request::Posted;
use chat_proto::time::UnixMillis;
use tokio::time::Instant;

use super::Actor;
use crate::room::RoomError;
use crate::room::command::{ChangeOutcome, Command, Joined, Snapshot};
use crate::room::in_flight::{Requester, answer};
use crate::store::{Appended, ChainPlace};

impl Actor {
    /// Refuses a command that was not accepted.
    pub(super) fn refuse_command(&mut self, command: Command, error: &RoomError) {
        if let Command::Post(new, _) = &command {
            self.break_chain(new.chain);
        }
        command.refuse(error);
    }

    /// Notes that a post of a chain was refused: those behind it will be, too.
    pub(super) fn break_chain(&mut self, chain: Option<ChainPlace>) {
        if let Some(place) = chain {
            self.broken_chains.refuse(place);
        }
    }

    pub(super) fn answer_stored(&mut self, requester: Requester, item: Option<&Item>, accepted_at: Instant) {
        let number = item.map_or(self.state.shown(), |item| item.changed);
        match requester {
            Requester::Post(reply) => {
                let Some(item) = item else { return };
                self.services.counters.posts.fetch_add(1, Ordering::Relaxed);
                self.services.counters.acknowledged(accepted_at.elapsed());
                let expires_at = match &item.content {
                    Content::Message(message) => message.expires_at,
                    _ => None,
                };
                answer(reply, Ok(Posted { seq: item.seq, at: item.at, duplicate: false, expires_at }));
            }
            Requester::Change(reply) => answer(reply, Ok(ChangeOutcome::Changed(number))),
            Requester::Set(reply) => answer(reply, Ok(number)),
            Requester::Rsvp(given, reply) => answer(reply, self.rsvp_counts(given, item)),
            Requester::Join((user, is_new), reply) => {
                let snapshot = Snapshot { head: number.max(self.state.shown()), ..self.state.snapshot(user) };
                answer(reply, Ok(Joined { snapshot, is_new }));
            }
            Requester::Leave(_, role, reply) => answer(reply, Ok(role.map(|_| self.state.member_count()))),
            Requester::Drain(reply) => answer(reply, Ok(())),
            Requester::Merge(_) => {}
        }
    }

    pub(super) fn answer_duplicate(requester: Requester, first: Appended, expires_at: Option<UnixMillis>) {
        if let Requester::Post(reply) = requester {
            let posted = Posted { seq: first.seq, at: first.at, duplicate: true, expires_at };
            answer(reply, Ok(posted));
        }
    }

    pub(super) fn answer_refused(&mut self, requester: Requester, error: RoomError) {
        match requester {
            Requester::Post(reply) => answer(reply, Err(error)),
            Requester::Change(reply) => answer(reply, Err(error)),
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
                if let Some(role) = role {
                    self.state.undo_leave(user, role);
                }
                answer(reply, Err(error));
            }
            Requester::Drain(reply) => answer(reply, Err(error)),
            Requester::Merge(entries) => self.retry_merge(entries),
        }
    }
}
