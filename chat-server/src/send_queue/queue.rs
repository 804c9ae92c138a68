//! The queue's rules: answers are never dropped; if there is no space, typing and presence are dropped first, then all
//! events of a room, behind one `gap`. Must not know who writes or reads the queue. Pure.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use chat_proto::ids::RoomId;

use crate::push::Push;

/// Bytes that may wait for one connection, answers not counted.
pub const SEND_QUEUE_MAX_BYTES: usize = 256 * 1024;
/// Frames that may wait for one connection, answers not counted.
pub const SEND_QUEUE_MAX_FRAMES: usize = 2048;
/// Rooms noted for one push beside the first.
const OTHER_ROOMS_MAX: usize = 16;

/// A frame that leaves a queue.
#[derive(Clone, Debug)]
pub enum Frame {
    /// An answer, as the connection's own door has encoded it.
    Answer(Bytes),
    /// A push, for the door to encode.
    Push(Arc<Push>),
}

impl Frame {
    /// The bytes that a push counts for. Answers are not counted.
    fn pushed_bytes(&self) -> Option<usize> {
        match self {
            Self::Answer(_) => None,
            Self::Push(push) => Some(push.size_bytes()),
        }
    }
}

/// How a frame is treated when space is short.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Never dropped, never counted.
    Certain,
    Event(RoomId),
    Gap(RoomId),
    /// The room it came from, and others that have sent the same push.
    Transient(Option<RoomId>, Vec<RoomId>),
    AccountEvent,
}

/// The frames that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    frames: VecDeque<(Kind, Frame)>,
    /// Of all frames that may be dropped.
    bytes: usize,
    /// How many frames may be dropped.
    pushed: usize,
    /// Rooms whose events are left out until the reader asks for `changes`.
    gaps: HashSet<RoomId>,
    /// The newest account event, if it did not fit.
    missed_account_event: Option<Arc<Push>>,
    last_transient: Option<Arc<Push>>,
    /// Frames that were dropped so far.
    dropped: u64,
}

impl Queue {
    /// Queues an answer.
    pub(super) fn answer(&mut self, frame: Bytes) {
        self.frames.push_back((Kind::Certain, Frame::Answer(frame)));
    }

    /// Queues a push that must arrive.
    pub(super) fn announce(&mut self, push: Arc<Push>) {
        self.frames.push_back((Kind::Certain, Frame::Push(push)));
    }

    /// Queues an event of a room; `gap` makes the push that says that events are missing.
    pub(super) fn event(&mut self, room: RoomId, push: Arc<Push>, gap: impl FnOnce() -> Arc<Push>) {
        if self.gaps.contains(&room) {
            self.dropped += 1;
            return;
        }
        let bytes = push.size_bytes();
        if !self.fits(bytes) {
            self.drop_transients();
        }
        if self.fits(bytes) {
            self.push(Kind::Event(room), push);
        } else {
            self.dropped += 1;
            self.gap(room, gap());
        }
    }

    /// Drops a room's events until the reader asks for them; `push` says so.
    pub(super) fn gap(&mut self, room: RoomId, push: Arc<Push>) {
        self.remove(|kind| *kind == Kind::Event(room));
        if self.gaps.insert(room) {
            // Small, and one for each room: it may exceed the limit.
            self.push(Kind::Gap(room), push);
        }
    }

    /// Queues an account event. Of those that do not fit, only the newest is kept, until all others have left.
    pub(super) fn account_event(&mut self, push: Arc<Push>) {
        if self.missed_account_event.is_none() && self.fits(push.size_bytes()) {
            self.push(Kind::AccountEvent, push);
        } else {
            self.dropped += 1;
            self.missed_account_event = Some(push);
        }
    }

    /// Queues typing or presence; dropped if it does not fit.
    pub(super) fn transient(&mut self, room: Option<RoomId>, push: Arc<Push>) {
        // The same push arrives through each room that two people share: once is enough. A clone is kept, so that its
        // address cannot become another push's.
        if self.last_transient.as_ref().is_some_and(|last| Arc::ptr_eq(last, &push)) {
            return self.note_other_room(room, &push);
        }
        self.last_transient = Some(Arc::clone(&push));
        if self.fits(push.size_bytes()) {
            self.push(Kind::Transient(room, Vec::new()), push);
        } else {
            self.dropped += 1;
        }
    }

    /// Notes that another room has sent a push, if it still waits: it stays when its first room is forgotten.
    fn note_other_room(&mut self, room: Option<RoomId>, push: &Arc<Push>) {
        let Some(room) = room else { return };
        let newest_first = self.frames.iter_mut().rev();
        let mut same = newest_first.filter(|(_, frame)| matches!(frame, Frame::Push(held) if Arc::ptr_eq(held, push)));
        if let Some((Kind::Transient(Some(from), others), _)) = same.next()
            && *from != room
            && others.len() < OTHER_ROOMS_MAX
            && !others.contains(&room)
        {
            others.push(room);
        }
    }

    /// Lets a room's events in again: the reader asks for its changes.
    pub(super) fn close_gap(&mut self, room: RoomId) {
        self.gaps.remove(&room);
        self.remove(|kind| *kind == Kind::Gap(room));
    }

    /// Drops everything of a room: its reader may no longer see it.
    pub(super) fn forget_room(&mut self, room: RoomId) {
        self.close_gap(room);
        for (kind, _) in &mut self.frames {
            if let Kind::Transient(from, others) = kind {
                others.retain(|other| *other != room);
                if *from == Some(room) && !others.is_empty() {
                    *from = others.pop();
                }
            }
        }
        self.remove(|kind| match kind {
            Kind::Event(of) | Kind::Transient(Some(of), _) => *of == room,
            Kind::Certain | Kind::Gap(_) | Kind::Transient(None, _) | Kind::AccountEvent => false,
        });
        // It may have been dropped here, and another room may send it next.
        self.last_transient = None;
    }

    /// Drops everything but answers: the reader is not signed in after all.
    pub(super) fn forget_pushes(&mut self) {
        self.remove(|kind| *kind != Kind::Certain);
        self.gaps.clear();
        self.missed_account_event = None;
    }

    /// Moves up to `limit` frames out.
    pub(super) fn take(&mut self, into: &mut impl Extend<Frame>, limit: usize) {
        let leaving = limit.min(self.frames.len());
        let (bytes, pushed) = (&mut self.bytes, &mut self.pushed);
        into.extend(self.frames.drain(..leaving).map(|(kind, frame)| {
            if kind != Kind::Certain {
                *bytes -= frame.pushed_bytes().unwrap_or_default();
                *pushed -= 1;
            }
            frame
        }));
        if self.frames.is_empty()
            && let Some(push) = self.missed_account_event.take()
        {
            self.push(Kind::AccountEvent, push);
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

    fn push(&mut self, kind: Kind, push: Arc<Push>) {
        self.bytes += push.size_bytes();
        self.pushed += 1;
        self.frames.push_back((kind, Frame::Push(push)));
    }

    fn drop_transients(&mut self) {
        self.remove(|kind| matches!(kind, Kind::Transient(..)));
    }

    fn remove(&mut self, unwanted: impl Fn(&Kind) -> bool) {
        let (mut bytes, mut count) = (0, 0);
        self.frames.retain(|(kind, frame)| {
            let goes = unwanted(kind);
            if goes {
                bytes += frame.pushed_bytes().unwrap_or_default();
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
    use chat_proto::ids::{ConnectionId, UserId};
    use chat_proto::server_frame::{Gap, Typing};
    use proptest::prelude::*;

    use super::*;
    use crate::push::PushEvent;

    const A: RoomId = RoomId(1);
    const B: RoomId = RoomId(2);

    /// A push identified by a number.
    fn sized(number: u64, size_bytes: usize) -> Arc<Push> {
        let typing = Typing { room: A, user: UserId(5), connection: ConnectionId(6), ttl_ms: number };
        Push::of_size(typing, size_bytes)
    }

    fn push(number: u64) -> Arc<Push> {
        sized(number, 8)
    }

    fn gap(room: RoomId) -> Arc<Push> {
        Push::of_size(Gap { room }, 3)
    }

    /// Empties a queue. Returns the numbers of pushes, `gap` and the room, the texts of answers.
    fn drain(queue: &mut Queue) -> Vec<String> {
        let mut frames = Vec::new();
        queue.take(&mut frames, usize::MAX);
        let text = |frame: Frame| match frame {
            Frame::Answer(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Frame::Push(push) => match push.event() {
                PushEvent::Typing(typing) => typing.ttl_ms.to_string(),
                PushEvent::Gap(gap) => format!("gap {}", gap.room.0),
                other => panic!("not queued by these tests: {other:?}"),
            },
        };
        frames.into_iter().map(text).collect()
    }

    #[test]
    fn a_full_queue_leaves_a_room_out_behind_one_gap_and_keeps_the_other() {
        let mut queue = Queue::default();
        queue.event(B, push(1), || gap(B));
        queue.transient(None, push(2));
        let large = sized(3, 100 * 1024);
        for _ in 0..10 {
            queue.event(A, large.clone(), || gap(A));
        }
        queue.answer("answer".into());
        assert_eq!(drain(&mut queue), ["1", "gap 1", "answer"]);
        queue.event(A, push(4), || gap(A));
        queue.close_gap(A);
        queue.event(A, push(5), || gap(A));
        assert_eq!(drain(&mut queue), ["5"]);
    }

    #[test]
    fn of_account_events_that_do_not_fit_the_last_comes_behind_all_else() {
        let mut queue = Queue::default();
        let last = SEND_QUEUE_MAX_FRAMES as u64 + 9;
        for number in 0..=last {
            queue.account_event(push(number));
        }
        assert_eq!(drain(&mut queue).len(), SEND_QUEUE_MAX_FRAMES);
        assert_eq!(drain(&mut queue), [last.to_string()]);
        queue.account_event(push(7));
        assert_eq!(drain(&mut queue), ["7"]);
    }

    #[test]
    fn a_push_that_several_rooms_send_is_queued_once() {
        let mut queue = Queue::default();
        let (ana, ben) = (push(1), push(1));
        queue.transient(Some(A), ana.clone());
        drain(&mut queue);
        queue.transient(Some(B), ana);
        queue.transient(Some(A), ben);
        assert_eq!(drain(&mut queue).len(), 1, "another push, though it says the same");
    }

    #[test]
    fn a_forgotten_room_leaves_nothing_queued() {
        let mut queue = Queue::default();
        queue.event(A, push(1), || gap(A));
        queue.transient(Some(A), push(2));
        queue.event(B, push(3), || gap(B));
        queue.forget_room(A);
        assert_eq!(drain(&mut queue), ["3"]);
    }

    #[test]
    fn a_push_that_two_rooms_send_stays_until_both_are_forgotten() {
        let (mut queue, shared) = (Queue::default(), push(1));
        let send = |queue: &mut Queue, room| queue.transient(Some(room), shared.clone());
        send(&mut queue, A);
        send(&mut queue, B);
        queue.forget_room(A);
        assert_eq!(drain(&mut queue), ["1"]);
        let another = push(2);
        for room in [A, B] {
            queue.transient(Some(room), another.clone());
        }
        queue.forget_room(B);
        queue.forget_room(A);
        assert!(queue.is_empty());
        send(&mut queue, A);
        queue.forget_room(A);
        send(&mut queue, B);
        assert_eq!(drain(&mut queue), ["1"], "the copy that was dropped does not count");
    }

    #[test]
    fn a_reader_that_is_not_signed_in_after_all_gets_answers_only() {
        let mut queue = Queue::default();
        queue.event(A, sized(1, SEND_QUEUE_MAX_BYTES), || gap(A));
        queue.event(B, push(2), || gap(B));
        queue.account_event(push(3));
        queue.answer("refused".into());
        queue.forget_pushes();
        queue.event(B, push(4), || gap(B));
        assert_eq!(drain(&mut queue), ["refused", "4"]);
        assert_eq!((queue.bytes, queue.pushed, queue.is_empty()), (0, 0, true));
    }

    proptest! {
        #[test]
        fn the_queue_is_bounded_and_answers_survive(steps in proptest::collection::vec((0u8..4, 1u64..6, 1usize..60_000), 1..400)) {
            let mut queue = Queue::default();
            let (mut answers, mut seen) = (0, 0);
            for (step, room, size) in steps {
                let push = sized(0, size);
                match step {
                    0 => queue.event(RoomId(room), push, || gap(RoomId(room))),
                    1 => queue.transient(Some(RoomId(room)), push),
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
