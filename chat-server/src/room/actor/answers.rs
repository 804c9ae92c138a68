//! What those who asked are told once an entry has landed.

use std::sync::atomic::Ordering;

use chat_proto::message::{Item, What};
use chat_proto::request::Posted;
use chat_proto::time::UnixMillis;
use tokio::time::Instant;

use super::Actor;
use crate::room::RoomError;
use crate::room::command::{ChangeOutcome, Snapshot};
use crate::room::flight::{Asker, answer};
use crate::store::Appended;

impl Actor {
    pub(super) fn answer_kept(&mut self, asker: Asker, item: Option<&Item>, accepted_at: Instant) {
        let number = item.map_or(self.state.shown(), |item| item.changed);
        match asker {
            Asker::Post(reply) => {
                let Some(item) = item else { return };
                self.services.counters.posts.fetch_add(1, Ordering::Relaxed);
                self.services.counters.acknowledged(accepted_at.elapsed());
                let expires_at = match &item.what {
                    What::Message(message) => message.expires_at,
                    _ => None,
                };
                answer(reply, Ok(Posted { seq: item.seq, at: item.at, duplicate: false, expires_at }));
            }
            Asker::Change(reply) => answer(reply, Ok(ChangeOutcome::Changed(number))),
            Asker::Set(reply) => answer(reply, Ok(number)),
            Asker::Join(user, reply) => {
                let snapshot = Snapshot { head: number.max(self.state.shown()), ..self.state.snapshot(user) };
                answer(reply, Ok(snapshot));
            }
            Asker::Leave(_, _, reply) | Asker::Settle(reply) => answer(reply, Ok(())),
            Asker::Learn(_) => {}
        }
    }

    pub(super) fn answer_duplicate(asker: Asker, first: Appended, expires_at: Option<UnixMillis>) {
        if let Asker::Post(reply) = asker {
            let posted = Posted { seq: first.seq, at: first.at, duplicate: true, expires_at };
            answer(reply, Ok(posted));
        }
    }

    pub(super) fn answer_refused(&mut self, asker: Asker, error: RoomError) {
        match asker {
            Asker::Post(reply) => answer(reply, Err(error)),
            Asker::Change(reply) => answer(reply, Err(error)),
            Asker::Set(reply) => answer(reply, Err(error)),
            Asker::Join(user, reply) => {
                self.state.take_back_join(user);
                answer(reply, Err(error));
            }
            Asker::Leave(user, role, reply) => {
                self.state.take_back_leave(user, role);
                answer(reply, Err(error));
            }
            Asker::Settle(reply) => answer(reply, Err(error)),
            Asker::Learn(entries) => self.learn_later(entries),
        }
    }
}
