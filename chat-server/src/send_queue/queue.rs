//! The queue's rules: answers are never dropped, typing and presence go first, then whole rooms are left out behind
//! one `gap`. Pure.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashSet, VecDeque};

use bytes::Bytes;
use chat_proto::ids::RoomId;

/// Bytes that may wait for one connection, answers not counted.
pub const SEND_QUEUE_MAX_BYTES: usize = 256 * 1024;
/// Frames that may wait for one connection, answers not counted.
pub const SEND_QUEUE_MAX_FRAMES: usize = 2048;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Answer,
    Event(RoomId),
    Gap(RoomId),
    Transient(Option<RoomId>),
    AccountEvent,
}

/// Frames that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    frames: VecDeque<(Kind, Bytes)>,
    /// Of all but answers.
    bytes: usize,
    pushed: usize,
    /// Rooms whose events are left out until the reader asks for `changes`.
    gaps: HashSet<RoomId>,
    /// The last of the account's news that did not fit.
    missed_account_event: Option<Bytes>,
    last_transient: Option<Bytes>,
    /// Frames that were left out.
    dropped: u64,
}

impl Queue {
    pub(super) fn answer(&mut self, frame: Bytes) {
        self.frames.push_back((Kind::Answer, frame));
    }

    /// An event of a room; `gap` makes the frame that says that events are missing.
    pub(super) fn event(&mut self, room: RoomId, frame: Bytes, gap: impl FnOnce() -> Bytes) {
        if self.gaps.contains(&room) {
            self.dropped += 1;
            return;
        }
        if !self.fits(frame.len()) {
            self.drop_transients();
        }
        if self.fits(frame.len()) {
            self.push(Kind::Event(room), frame);
        } else {
            self.dropped += 1;
            self.gap(room, gap());
        }
    }

    /// Events of a room are left out until the reader asks for them; `frame` says so.
    pub(super) fn gap(&mut self, room: RoomId, frame: Bytes) {
        self.remove(|kind| kind == Kind::Event(room));
        if self.gaps.insert(room) {
            // Small, and one for each room: it may stand above the limit.
            self.push(Kind::Gap(room), frame);
        }
    }

    /// News of the account: only the last of those that do not fit is kept, for when all else has left.
    pub(super) fn account_event(&mut self, frame: Bytes) {
        if self.missed_account_event.is_none() && self.fits(frame.len()) {
            self.push(Kind::AccountEvent, frame);
        } else {
            self.dropped += 1;
            self.missed_account_event = Some(frame);
        }
    }

    /// Typing, presence: left out where there is no place.
    pub(super) fn transient(&mut self, room: Option<RoomId>, frame: Bytes) {
        // Told by each room that two people share: once is enough. Held, so that its place is no other frame's.
        let is_same = |last: &Bytes| last.as_ptr() == frame.as_ptr() && last.len() == frame.len();
        if self.last_transient.as_ref().is_some_and(is_same) {
            return;
        }
        self.last_transient = Some(frame.clone());
        if self.fits(frame.len()) {
            self.push(Kind::Transient(room), frame);
        } else {
            self.dropped += 1;
        }
    }

    /// The reader asks for a room's changes: its events may come again.
    pub(super) fn close_gap(&mut self, room: RoomId) {
        self.gaps.remove(&room);
        self.remove(|kind| kind == Kind::Gap(room));
    }

    /// The reader may no longer see the room: nothing of it leaves.
    pub(super) fn forget_room(&mut self, room: RoomId) {
        self.close_gap(room);
        self.remove(|kind| kind == Kind::Event(room) || kind == Kind::Transient(Some(room)));
    }

    /// Moves up to `limit` frames out.
    pub(super) fn take(&mut self, into: &mut Vec<Bytes>, limit: usize) {
        for (kind, frame) in self.frames.drain(..limit.min(self.frames.len())) {
            if kind != Kind::Answer {
                self.bytes -= frame.len();
                self.pushed -= 1;
            }
            into.push(frame);
        }
        if self.frames.is_empty()
            && let Some(frame) = self.missed_account_event.take()
        {
            self.push(Kind::AccountEvent, frame);
        }
        if self.frames.is_empty() && self.frames.capacity() > 64 {
            self.frames = VecDeque::new();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn fits(&self, bytes: usize) -> bool {
        self.bytes + bytes <= SEND_QUEUE_MAX_BYTES && self.pushed < SEND_QUEUE_MAX_FRAMES
    }

    fn push(&mut self, kind: Kind, frame: Bytes) {
        self.bytes += frame.len();
        self.pushed += 1;
        self.frames.push_back((kind, frame));
    }

    fn drop_transients(&mut self) {
        self.remove(|kind| matches!(kind, Kind::Transient(_)));
    }

    fn remove(&mut self, unwanted: impl Fn(Kind) -> bool) {
        let (mut bytes, mut count) = (0, 0);
        self.frames.retain(|(kind, frame)| {
            let goes = unwanted(*kind);
            if goes {
                bytes += frame.len();
                count += 1;
            }
            !goes
        });
        self.bytes -= bytes;
        self.pushed -= count;
        self.dropped += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: RoomId = RoomId(1);
    const B: RoomId = RoomId(2);

    fn drain(queue: &mut Queue) -> Vec<Bytes> {
        let mut frames = Vec::new();
        queue.take(&mut frames, usize::MAX);
        frames
    }

    #[test]
    fn a_full_queue_leaves_a_room_out_behind_one_gap_and_keeps_the_other() {
        let mut queue = Queue::default();
        queue.event(B, "b".into(), || "gap-b".into());
        queue.transient(None, "typing".into());
        let large = Bytes::from(vec![b'a'; 100 * 1024]);
        for _ in 0..10 {
            queue.event(A, large.clone(), || "gap-a".into());
        }
        queue.answer("answer".into());
        assert_eq!(drain(&mut queue), ["b", "gap-a", "answer"]);
        queue.event(A, "lost".into(), || "gap-a".into());
        queue.close_gap(A);
        queue.event(A, "a".into(), || "gap-a".into());
        assert_eq!(drain(&mut queue), ["a"]);
    }

    #[test]
    fn of_account_events_that_do_not_fit_the_last_comes_behind_all_else() {
        let mut queue = Queue::default();
        for number in 0..SEND_QUEUE_MAX_FRAMES + 10 {
            queue.account_event(Bytes::from(number.to_string()));
        }
        assert_eq!(drain(&mut queue).len(), SEND_QUEUE_MAX_FRAMES);
        assert_eq!(drain(&mut queue), [Bytes::from((SEND_QUEUE_MAX_FRAMES + 9).to_string())]);
        queue.account_event("next".into());
        assert_eq!(drain(&mut queue), ["next"]);
    }

    #[test]
    fn a_frame_that_several_rooms_send_is_queued_once() {
        let mut queue = Queue::default();
        let (ana, ben) = (Bytes::from(b"presence".to_vec()), Bytes::from(b"presence".to_vec()));
        queue.transient(Some(A), ana.clone());
        drain(&mut queue);
        queue.transient(Some(B), ana);
        queue.transient(Some(A), ben);
        assert_eq!(drain(&mut queue).len(), 1, "another frame, though it says the same");
    }

    #[test]
    fn a_forgotten_room_leaves_nothing_queued() {
        let mut queue = Queue::default();
        queue.event(A, "a".into(), || "gap".into());
        queue.transient(Some(A), "typing".into());
        queue.event(B, "b".into(), || "gap".into());
        queue.forget_room(A);
        assert_eq!(drain(&mut queue), ["b"]);
    }

    proptest! {
        #[test]
        fn the_queue_is_bounded_and_answers_survive(steps in proptest::collection::vec((0u8..4, 1u64..6, 1usize..60_000), 1..400)) {
            let mut queue = Queue::default();
            let (mut answers, mut seen) = (0, 0);
            for (step, room, size) in steps {
                let frame = Bytes::from(vec![b'.'; size]);
                match step {
                    0 => queue.event(RoomId(room), frame, || "gap".into()),
                    1 => queue.transient(Some(RoomId(room)), frame),
                    2 => { answers += 1; queue.answer("answer".into()) }
                    _ => seen += drain(&mut queue).iter().filter(|frame| *frame == "answer").count(),
                }
                prop_assert!(queue.bytes <= SEND_QUEUE_MAX_BYTES + 6 * 3);
            }
            seen += drain(&mut queue).iter().filter(|frame| *frame == "answer").count();
            prop_assert_eq!((answers, queue.bytes, queue.pushed), (seen, 0, 0));
        }
    }
}
