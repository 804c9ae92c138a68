//! How far one room's changes have been applied, and when to ask for a page of them. Pure: must not know items.

#![deny(clippy::disallowed_methods)]

use chat_proto::cursor::Cursor;
use chat_proto::ids::{Run, Seq};
use chat_proto::server_frame::Event;

/// What to do with an event that was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Apply it: it is the next change, and the cursor has moved to it.
    Next,
    /// Drop it: it was applied before.
    Known,
    /// Drop it and ask for a page: changes before it are missing.
    Missing,
    /// Drop it: a page that is wanted or under way brings it, or the page after that.
    Later,
}

/// The numbers of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The run of the server that pushed it.
    pub run: Option<Run>,
    /// Its number.
    pub seq: Seq,
    /// The room's number before it.
    pub prev: Seq,
    /// Whether only an ephemeral message changed.
    pub is_ephemeral: bool,
}

impl Step {
    /// The numbers of an event that was pushed in `run`.
    pub fn of(event: &Event, run: Option<Run>) -> Self {
        Self { run, seq: event.seq, prev: event.prev, is_ephemeral: event.is_ephemeral }
    }
}

/// Whether all changes up to the newest known one are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is missing; further changes are pushed.
    Current,
    /// Changes are missing, or may be, and are not asked for.
    Behind,
    /// A page is under way.
    Requested {
        /// Whether events were left out meanwhile, which the page may have been cut too early to hold.
        is_stale: bool,
        /// The highest number heard of when it was asked for.
        announced_before: Seq,
    },
}

/// How far one room is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// Every change up to here has been applied.
    cursor: Cursor,
    /// The highest number heard of.
    announced: Seq,
    state: State,
}

impl Following {
    /// Every change up to `cursor` is known; later ones are pushed.
    pub fn at(cursor: Cursor) -> Self {
        Self { cursor, announced: cursor.seq, state: State::Current }
    }

    /// Every change up to `cursor` is known; there may be later ones to request, and the cursor may be of another life of
    /// the data.
    pub fn behind(cursor: Cursor) -> Self {
        Self { state: State::Behind, ..Self::at(cursor) }
    }

    /// The cursor: what the server is asked after.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The number up to which every change has been applied.
    pub fn applied(&self) -> Seq {
        self.cursor.seq
    }

    /// Whether no change is known to be missing.
    pub fn is_current(&self) -> bool {
        self.state == State::Current
    }

    /// Whether changes are missing that nobody has asked for.
    pub fn is_behind(&self) -> bool {
        self.state == State::Behind
    }

    /// Starts a request: returns the cursor to ask after. The answer goes to [`Self::on_page`], [`Self::on_parted`] or
    /// [`Self::on_page_failed`].
    pub fn request(&mut self) -> Cursor {
        self.state = State::Requested { is_stale: false, announced_before: self.announced };
        self.cursor
    }

    /// An event was pushed.
    pub fn on_event(&mut self, step: Step) -> Arrival {
        let Step { run, seq, prev, is_ephemeral } = step;
        self.announced = self.announced.max(seq);
        match self.state {
            _ if seq <= self.applied() => Arrival::Known,
            State::Current if prev <= self.applied() => {
                self.cursor = self.cursor.after(run, seq, is_ephemeral);
                Arrival::Next
            }
            State::Current => {
                self.state = State::Behind;
                Arrival::Missing
            }
            State::Behind | State::Requested { .. } => Arrival::Later,
        }
    }

    /// The event that was applied last, behind `prev`, could not be applied after all: a page shall bring it.
    pub fn take_back(&mut self, prev: Seq) {
        self.cursor = self.cursor.up_to(self.applied().min(prev));
        self.state = State::Behind;
    }

    /// The server left events out.
    pub fn on_gap(&mut self) {
        self.state = match self.state {
            State::Current | State::Behind => State::Behind,
            // The page under way may have been cut before the gap: another one is asked for after it.
            State::Requested { announced_before, .. } => State::Requested { is_stale: true, announced_before },
        };
    }

    /// The server named the room's newest number, from which on changes are pushed.
    pub fn on_head(&mut self, head: Seq) {
        self.announced = self.announced.max(head);
        if head > self.applied() && self.state == State::Current {
            self.state = State::Behind;
        }
    }

    /// A page has been applied that reaches to `next` and was cut when the room stood at `head`. Afterwards the cursor
    /// is current, or behind: then one more page is to be asked for.
    pub fn on_page(&mut self, next: Cursor, head: Seq, is_empty: bool) {
        self.advance(next);
        let (is_stale, announced_before) = match self.state {
            State::Requested { is_stale, announced_before } => (is_stale, announced_before),
            State::Current | State::Behind => (false, self.announced),
        };
        // An empty page proves that a number announced before it was asked for is a hole. It proves nothing of one that
        // was announced since: the page may have been cut before it.
        let is_hole = is_empty && self.announced <= announced_before;
        let is_done = next.seq >= head && (self.announced <= self.applied() || is_hole);
        if is_done && !is_stale {
            *self = Self::at(self.cursor);
        } else {
            self.state = State::Behind;
        }
    }

    /// The page under way will not come.
    pub fn on_page_failed(&mut self) {
        self.state = State::Behind;
    }

    /// A resumed connection brought every change up to `head`.
    pub fn on_resumed(&mut self, head: Cursor) {
        self.advance(head);
        self.state = if self.applied() < self.announced { State::Behind } else { State::Current };
    }

    /// The server runs anew, perhaps on a copy of its data: the cursor counts only once it has answered to it.
    pub fn doubt(&mut self) {
        self.state = State::Behind;
    }

    /// The server knows the cursor, and its room stands at `head`.
    pub fn on_confirmed(&mut self, head: Seq) {
        self.announced = self.announced.max(head);
        if self.is_behind() && self.announced <= self.applied() {
            self.state = State::Current;
        }
    }

    /// The cursor is of another life of the data: goes on from `next`, which this life shares.
    pub fn on_parted(&mut self, next: Cursor) {
        *self = Self::behind(next);
    }

    fn advance(&mut self, to: Cursor) {
        if to.seq > self.applied() {
            self.cursor = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The cursor on a persistent number.
    fn at(seq: u64) -> Cursor {
        Cursor { run: Some(Run(1)), seq: Seq(seq), persistent: Seq(seq) }
    }

    fn step(seq: u64, prev: u64) -> Step {
        Step { run: Some(Run(1)), seq: Seq(seq), prev: Seq(prev), is_ephemeral: false }
    }

    #[test]
    fn events_in_order_move_the_cursor_and_doubles_do_not() {
        let mut cursor = Following::at(at(4));
        assert_eq!(cursor.on_event(step(5, 4)), Arrival::Next);
        assert_eq!(cursor.on_event(step(5, 4)), Arrival::Known);
        // A hole in the numbers is no gap.
        assert_eq!(cursor.on_event(step(9, 5)), Arrival::Next);
        assert_eq!(cursor.applied(), Seq(9));
    }

    #[test]
    fn an_event_that_was_taken_back_is_asked_for() {
        let mut cursor = Following::at(at(4));
        assert_eq!(cursor.on_event(step(6, 4)), Arrival::Next);
        cursor.take_back(Seq(4));
        assert_eq!((cursor.is_behind(), cursor.request()), (true, at(4)));
        cursor.on_page(at(6), Seq(6), false);
        assert!(cursor.is_current());
    }

    #[test]
    fn events_behind_a_gap_wait_for_the_page() {
        let mut cursor = Following::at(at(4));
        assert_eq!(cursor.on_event(step(7, 6)), Arrival::Missing);
        assert!(cursor.is_behind());
        assert_eq!(cursor.request(), at(4));
        assert_eq!(cursor.on_event(step(8, 7)), Arrival::Later);
        cursor.on_page(at(7), Seq(7), false);
        assert!(cursor.is_behind(), "8 was announced after the page was cut");
        cursor.request();
        cursor.on_page(at(8), Seq(8), false);
        assert!(cursor.is_current());
    }

    #[test]
    fn a_gap_while_a_page_is_under_way_asks_once_more() {
        let mut cursor = Following::behind(at(1));
        cursor.request();
        cursor.on_gap();
        cursor.on_page(at(3), Seq(3), false);
        assert!(cursor.is_behind());
        cursor.request();
        cursor.on_page(at(3), Seq(3), true);
        assert!(cursor.is_current());
    }

    #[test]
    fn a_number_that_was_only_announced_does_not_ask_for_ever() {
        let mut cursor = Following::at(at(1));
        cursor.on_head(Seq(9));
        cursor.request();
        cursor.on_page(at(5), Seq(5), false);
        assert!(cursor.is_behind());
        cursor.request();
        cursor.on_page(at(5), Seq(5), true);
        assert!(cursor.is_current());
        assert_eq!(cursor.on_event(step(6, 5)), Arrival::Next);
    }

    #[test]
    fn an_empty_page_says_nothing_of_an_event_that_came_while_it_was_under_way() {
        let mut cursor = Following::at(at(1));
        cursor.on_gap();
        cursor.request();
        assert_eq!(cursor.on_event(step(2, 1)), Arrival::Later);
        cursor.on_page(at(1), Seq(1), true);
        assert!(cursor.is_behind(), "the page was cut before 2");
        cursor.request();
        cursor.on_page(at(2), Seq(2), false);
        assert!(cursor.is_current());
    }

    #[test]
    fn a_cursor_in_doubt_is_asked_about_until_the_server_has_answered_to_it() {
        let mut cursor = Following::at(at(40));
        cursor.doubt();
        assert_eq!((cursor.is_behind(), cursor.request()), (true, at(40)));
        cursor.on_page(at(40), Seq(10), true);
        assert_eq!((cursor.is_current(), cursor.cursor()), (true, at(40)), "the head is behind ephemeral numbers");
        cursor.doubt();
        cursor.on_confirmed(Seq(40));
        assert!(cursor.is_current(), "nothing is missing");
        cursor.doubt();
        cursor.on_confirmed(Seq(41));
        assert!(cursor.is_behind());
    }

    #[test]
    fn a_cursor_of_another_life_goes_on_where_the_lives_part() {
        let mut cursor = Following::at(at(40));
        cursor.doubt();
        cursor.request();
        cursor.on_parted(at(10));
        assert_eq!((cursor.is_behind(), cursor.request()), (true, at(10)));
        cursor.on_page(at(12), Seq(12), false);
        assert_eq!((cursor.is_current(), cursor.applied()), (true, Seq(12)));
    }

    #[test]
    fn an_event_of_an_ephemeral_message_leaves_the_last_persistent_number() {
        let mut cursor = Following::at(at(4));
        let ephemeral = Step { is_ephemeral: true, ..step(5, 4) };
        assert_eq!(cursor.on_event(ephemeral), Arrival::Next);
        assert_eq!(cursor.cursor(), Cursor { seq: Seq(5), ..at(4) });
    }

    #[derive(Clone, Debug)]
    enum Happening {
        Post,
        Deliver,
        Drop,
        Double,
        Answer,
        Fail,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            4 => Just(Happening::Post),
            5 => Just(Happening::Deliver),
            1 => Just(Happening::Drop),
            1 => Just(Happening::Double),
            2 => Just(Happening::Answer),
            1 => Just(Happening::Fail),
        ]
    }

    /// A room of posts only, the frames under way to one client, and what the client applied.
    struct Simulation {
        cursor: Following,
        head: u64,
        inbox: std::collections::VecDeque<Option<u64>>,
        /// A page under way: after which number, cut at which head.
        page: Option<(u64, u64)>,
        applied: Vec<u64>,
    }

    impl Simulation {
        fn run(&mut self, step: &Happening) {
            match step {
                Happening::Post => {
                    self.head += 1;
                    self.inbox.push_back(Some(self.head));
                }
                Happening::Deliver => self.deliver(),
                Happening::Drop => {
                    if let Some(frame) = self.inbox.front_mut() {
                        *frame = None;
                    }
                }
                Happening::Double => self.inbox.extend(self.inbox.front().copied()),
                Happening::Answer => self.answer(),
                Happening::Fail => {
                    if self.page.take().is_some() {
                        self.cursor.on_page_failed();
                    }
                }
            }
            if self.cursor.is_behind() {
                self.page = Some((self.cursor.request().seq.0, self.head));
            }
        }

        fn deliver(&mut self) {
            let Some(frame) = self.inbox.pop_front() else { return };
            let Some(seq) = frame else { return self.cursor.on_gap() };
            if self.cursor.on_event(step(seq, seq - 1)) == Arrival::Next {
                self.applied.push(seq);
            }
        }

        /// At most three changes on a page.
        fn answer(&mut self) {
            let Some((after, head)) = self.page.take() else { return };
            let next = head.min(after + 3).max(after);
            self.applied.extend(after + 1..=next);
            self.cursor.on_page(at(next), Seq(head), next == after);
        }
    }

    proptest! {
        /// However frames are lost, late or doubled: every change is applied once and in order, and in the end all are.
        #[test]
        fn every_change_is_applied_once_and_in_order(steps in proptest::collection::vec(happening(), 0..200)) {
            let mut simulation =
                Simulation { cursor: Following::at(Cursor::START), head: 0, inbox: [].into(), page: None, applied: Vec::new() };
            for step in &steps {
                simulation.run(step);
            }
            for _ in 0..1_000 {
                simulation.run(&Happening::Deliver);
                simulation.run(&Happening::Answer);
            }
            prop_assert!(simulation.cursor.is_current());
            prop_assert_eq!(simulation.cursor.applied(), Seq(simulation.head));
            prop_assert_eq!(simulation.applied, (1..=simulation.head).collect::<Vec<_>>());
        }
    }
}
