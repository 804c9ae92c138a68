//! The events of a link that wait to be taken: bounded, since a command may never take any. Must not know tasks.

use std::collections::{BTreeSet, VecDeque};

use chat_proto::ids::RoomId;
use chat_proto::server_frame::{Gap, ServerFrame};

use crate::link_event::LinkEvent;

/// Pushes that may wait. Further ones are left out and reported as gaps of their rooms: the link must be read on, since
/// the answer somebody waits for may stand behind pushes that nobody takes.
pub(super) const PUSHES_MAX: usize = 256;

/// Events in their order.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    events: VecDeque<LinkEvent>,
    /// Rooms of which events were left out, not reported yet.
    gaps: BTreeSet<RoomId>,
}

impl EventQueue {
    /// Adds an event.
    pub(super) fn push(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Push(frame) if self.events.len() >= PUSHES_MAX => self.leave_out(&frame),
            // The connection has ended: catching up after the next welcome brings everything missed.
            LinkEvent::Down { .. } => {
                self.events.clear();
                self.gaps.clear();
                self.events.push_back(event);
            }
            // Only the newest reading of the server's clock is of use.
            LinkEvent::Heartbeat { .. } => {
                self.events.retain(|waiting| !matches!(waiting, LinkEvent::Heartbeat { .. }));
                self.events.push_back(event);
            }
            event => self.events.push_back(event),
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.gaps.is_empty()
    }

    /// The next event; gaps come behind the events that were not left out.
    pub(super) fn pop(&mut self) -> Option<LinkEvent> {
        let gap = |room| LinkEvent::Push(ServerFrame::Gap(Gap { room }));
        self.events.pop_front().or_else(|| self.gaps.pop_first().map(gap))
    }

    fn leave_out(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Event(event) => drop(self.gaps.insert(event.room)),
            ServerFrame::Gap(gap) => drop(self.gaps.insert(gap.room)),
            // Typing, presence and the like may be left out.
            ServerFrame::Welcome(_)
            | ServerFrame::Ok(_)
            | ServerFrame::Error(_)
            | ServerFrame::Typing(_)
            | ServerFrame::Presence(_)
            | ServerFrame::Counts(_)
            | ServerFrame::Trending(_)
            | ServerFrame::Account(_)
            | ServerFrame::Service(_)
            | ServerFrame::Goodbye(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::time::UnixMillis;

    use super::*;

    fn gap(room: u64) -> LinkEvent {
        LinkEvent::Push(ServerFrame::Gap(Gap { room: RoomId(room) }))
    }

    fn room_of(event: Option<LinkEvent>) -> Option<RoomId> {
        match event? {
            LinkEvent::Push(ServerFrame::Gap(gap)) => Some(gap.room),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pushes_that_are_left_out_are_reported_as_one_gap_a_room() {
        let mut queue = EventQueue::default();
        for room in std::iter::repeat_n(1, PUSHES_MAX).chain([7, 8, 7]) {
            queue.push(gap(room));
        }
        for _ in 0..PUSHES_MAX {
            assert_eq!(room_of(queue.pop()), Some(RoomId(1)));
        }
        assert_eq!(room_of(queue.pop()), Some(RoomId(7)));
        assert_eq!(room_of(queue.pop()), Some(RoomId(8)));
        assert!(queue.is_empty() && queue.pop().is_none());
    }

    #[test]
    fn of_heartbeats_that_nobody_takes_one_is_kept() {
        let mut queue = EventQueue::default();
        for time in 1..=5 {
            queue.push(LinkEvent::Heartbeat { lag_ms: 1, server_now: UnixMillis(time) });
        }
        let newest = queue.pop();
        assert!(matches!(newest, Some(LinkEvent::Heartbeat { server_now: UnixMillis(5), .. })), "{newest:?}");
        assert!(queue.is_empty());
    }

    #[test]
    fn the_end_of_a_connection_replaces_its_events_and_is_never_left_out() {
        let mut queue = EventQueue::default();
        for _ in 0..=PUSHES_MAX {
            queue.push(gap(1));
        }
        queue.push(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1 });
        assert!(matches!(queue.pop(), Some(LinkEvent::Down { .. })));
        assert!(queue.is_empty());
    }
}
