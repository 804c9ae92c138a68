//! Deletions that were confirmed and wait a moment, so that they can be taken back. Must not know who confirmed them.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Delete;
use chat_proto::time::UnixMillis;

use super::outcomes::Outcomes;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};

/// A deletion can be taken back for this long, in milliseconds.
const TAKE_BACK_MS: u64 = 5_000;

/// A confirmed deletion that is not sent yet.
#[derive(Debug)]
struct Waiting {
    room_key: RoomKey,
    seq: Seq,
    due: UnixMillis,
}

/// The deletions that wait.
#[derive(Debug, Default)]
pub struct Deletions {
    /// Oldest first.
    waiting: Vec<Waiting>,
    /// Whether the user knows that quitting gives up those whose server cannot be reached.
    is_loss_known: bool,
}

impl Deletions {
    /// Adds a deletion; it is sent after a while.
    pub fn add(&mut self, room_key: RoomKey, seq: Seq, now: UnixMillis) {
        self.remove(room_key, seq);
        self.is_loss_known = false;
        self.waiting.push(Waiting { room_key, seq, due: now.plus_ms(TAKE_BACK_MS) });
    }

    /// Whether a message is to be deleted.
    pub fn contains(&self, room_key: RoomKey, seq: Seq) -> bool {
        self.waiting.iter().any(|waiting| (waiting.room_key, waiting.seq) == (room_key, seq))
    }

    /// Takes the last deletion back. Returns whether there was one.
    pub fn take_back(&mut self) -> bool {
        self.waiting.pop().is_some()
    }

    /// Takes the deletion of this message back, if it waits.
    pub fn remove(&mut self, room_key: RoomKey, seq: Seq) {
        self.waiting.retain(|waiting| (waiting.room_key, waiting.seq) != (room_key, seq));
    }

    /// Gives up the deletions in rooms whose numbers stand for other messages now. Returns how many there were.
    pub fn give_up(&mut self, is_concerned: impl Fn(RoomKey) -> bool) -> usize {
        self.waiting.extract_if(.., |waiting| is_concerned(waiting.room_key)).count()
    }

    /// How many deletions are given up if the program ends now, once: the user is told before, and not asked again.
    pub fn announce_loss(&mut self, is_ready: impl Fn(ServerKey) -> bool) -> usize {
        if std::mem::replace(&mut self.is_loss_known, true) {
            return 0;
        }
        self.waiting.iter().filter(|waiting| !is_ready(waiting.room_key.server)).count()
    }

    /// When the next deletion is sent; one whose server is not `ready` waits for it.
    pub fn next_due(&self, is_ready: impl Fn(ServerKey) -> bool) -> Option<UnixMillis> {
        let waiting = self.waiting.iter().filter(|waiting| is_ready(waiting.room_key.server));
        waiting.map(|waiting| waiting.due).min()
    }

    /// Sends the deletions that are due.
    pub fn send_due(&mut self, is_ready: impl Fn(ServerKey) -> bool, now: UnixMillis, out: &mut Outcomes) {
        let due = self.waiting.extract_if(.., |waiting| waiting.due <= now && is_ready(waiting.room_key.server));
        due.for_each(|waiting| send(&waiting, out));
    }

    /// Sends all deletions, because the program ends. Those whose server cannot be reached are given up: nothing is
    /// deleted at a later start that nobody remembers.
    pub fn send_all(&mut self, is_ready: impl Fn(ServerKey) -> bool, out: &mut Outcomes) {
        let ready = self.waiting.drain(..).filter(|waiting| is_ready(waiting.room_key.server));
        ready.for_each(|waiting| send(&waiting, out));
    }
}

fn send(waiting: &Waiting, out: &mut Outcomes) {
    let Waiting { room_key, seq, .. } = *waiting;
    let delete = Delete { room: room_key.room, seq };
    out.ask(room_key.server, delete, Purpose::UserAction("could not delete the message"));
}
