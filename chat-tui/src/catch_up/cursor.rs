//! How far one room's changes have been applied, and when to ask for a page of them. Pure: must not know items.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;

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

/// Whether all changes up to the newest known one are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is missing; further changes are pushed.
    Current,
    /// Changes are missing and not asked for.
    Behind,
    /// A page is under way.
    Requested {
        /// Whether events were left out meanwhile, which the page may have been cut too early to hold.
        is_stale: bool,
        /// The highest number heard of when it was asked for.
        announced_before: Seq,
    },
}

/// The cursor of one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Every change up to here has been applied.
    applied: Seq,
    /// The highest number heard of.
    announced: Seq,
    state: State,
}

impl Cursor {
    /// Every change up to `applied` is known; later ones are pushed.
    pub fn at(applied: Seq) -> Self {
        Self { applied, announced: applied, state: State::Current }
    }

    /// Every change up to `applied` is known; there may be later ones to request.
    pub fn behind(applied: Seq) -> Self {
        Self { state: State::Behind, ..Self::at(applied) }
    }

    /// The number up to which every change has been applied.
    pub fn applied(&self) -> Seq {
        self.applied
    }

    /// Whether no change is known to be missing.
    pub fn is_current(&self) -> bool {
        self.state == State::Current
    }

    /// Whether changes are missing that nobody has asked for.
    pub fn is_behind(&self) -> bool {
        self.state == State::Behind
    }

    /// Starts a request: returns the number to ask after. The answer goes to [`Self::on_page`] or
    /// [`Self::on_page_failed`].
    pub fn request(&mut self) -> Seq {
        self.state = State::Requested { is_stale: false, announced_before: self.announced };
        self.applied
    }

    /// An event was pushed under `seq`; `prev` is the room's number before it.
    pub fn on_event(&mut self, seq: Seq, prev: Seq) -> Arrival {
        self.announced = self.announced.max(seq);
        match self.state {
            _ if seq <= self.applied => Arrival::Known,
            State::Current if prev <= self.applied => {
                self.applied = seq;
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
        self.applied = self.applied.min(prev);
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
        if head > self.applied && self.state == State::Current {
            self.state = State::Behind;
        }
    }

    /// A page has been applied that reaches to `next` and was cut when the room stood at `head`. Afterwards the cursor
    /// is current, or behind: then one more page is to be asked for.
    pub fn on_page(&mut self, next: Seq, head: Seq, is_empty: bool) {
        self.applied = self.applied.max(next);
        let (is_stale, announced_before) = match self.state {
            State::Requested { is_stale, announced_before } => (is_stale, announced_before),
            State::Current | State::Behind => (false, self.announced),
        };
        // An empty page proves that a number announced before it was asked for is a hole. It proves nothing of one that
        // was announced since: the page may have been cut before it.
        let is_hole = is_empty && self.announced <= announced_before;
        let is_done = next >= head && (self.announced <= self.applied || is_hole);
        if is_done && !is_stale {
            *self = Self::at(self.applied);
        } else {
            self.state = State::Behind;
        }
    }

    /// The page under way will not come.
    pub fn on_page_failed(&mut self) {
        self.state = State::Behind;
    }

    /// A resumed connection brought every change up to `head`.
    pub fn on_resumed(&mut self, head: Seq) {
        self.applied = self.applied.max(head);
        self.state = if self.applied < self.announced { State::Behind } else { State::Current };
    }

    /// The numbers are those of another life of the data: begins before the first.
    pub fn restart(&mut self) {
        *self = Self::behind(Seq::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_in_order_move_the_cursor_and_doubles_do_not() {
        let mut cursor = Cursor::at(Seq(4));
        assert_eq!(cursor.on_event(Seq(5), Seq(4)), Arrival::Next);
        assert_eq!(cursor.on_event(Seq(5), Seq(4)), Arrival::Known);
        // A hole in the numbers is no gap.
        assert_eq!(cursor.on_event(Seq(9), Seq(5)), Arrival::Next);
        assert_eq!(cursor.applied(), Seq(9));
    }

    #[test]
    fn an_event_that_was_taken_back_is_asked_for() {
        let mut cursor = Cursor::at(Seq(4));
        assert_eq!(cursor.on_event(Seq(6), Seq(4)), Arrival::Next);
        cursor.take_back(Seq(4));
        assert_eq!((cursor.is_behind(), cursor.request()), (true, Seq(4)));
        cursor.on_page(Seq(6), Seq(6), false);
        assert!(cursor.is_current());
    }

    #[test]
    fn events_behind_a_gap_wait_for_the_page() {
        let mut cursor = Cursor::at(Seq(4));
        assert_eq!(cursor.on_event(Seq(7), Seq(6)), Arrival::Missing);
        assert!(cursor.is_behind());
        assert_eq!(cursor.request(), Seq(4));
        assert_eq!(cursor.on_event(Seq(8), Seq(7)), Arrival::Later);
        cursor.on_page(Seq(7), Seq(7), false);
        assert!(cursor.is_behind(), "8 was announced after the page was cut");
        cursor.request();
        cursor.on_page(Seq(8), Seq(8), false);
        assert!(cursor.is_current());
    }

    #[test]
    fn a_gap_while_a_page_is_under_way_asks_once_more() {
        let mut cursor = Cursor::behind(Seq(1));
        cursor.request();
        cursor.on_gap();
        cursor.on_page(Seq(3), Seq(3), false);
        assert!(cursor.is_behind());
        cursor.request();
        cursor.on_page(Seq(3), Seq(3), true);
        assert!(cursor.is_current());
    }

    #[test]
    fn a_number_that_was_only_announced_does_not_ask_for_ever() {
        let mut cursor = Cursor::at(Seq(1));
        cursor.on_head(Seq(9));
        cursor.request();
        cursor.on_page(Seq(5), Seq(5), false);
        assert!(cursor.is_behind());
        cursor.request();
        cursor.on_page(Seq(5), Seq(5), true);
        assert!(cursor.is_current());
        assert_eq!(cursor.on_event(Seq(6), Seq(5)), Arrival::Next);
    }

    #[test]
    fn an_empty_page_says_nothing_of_an_event_that_came_while_it_was_under_way() {
        let mut cursor = Cursor::at(Seq(1));
        cursor.on_gap();
        cursor.request();
        assert_eq!(cursor.on_event(Seq(2), Seq(1)), Arrival::Later);
        cursor.on_page(Seq(1), Seq(1), true);
        assert!(cursor.is_behind(), "the page was cut before 2");
        cursor.request();
        cursor.on_page(Seq(2), Seq(2), false);
        assert!(cursor.is_current());
    }

    #[test]
    fn another_life_begins_before_the_first_number() {
        let mut cursor = Cursor::at(Seq(40));
        cursor.restart();
        assert_eq!((cursor.applied(), cursor.is_behind()), (Seq::ZERO, true));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Post,
        Deliver,
        Drop,
        Double,
        Answer,
        Fail,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => Just(Step::Post),
            5 => Just(Step::Deliver),
            1 => Just(Step::Drop),
            1 => Just(Step::Double),
            2 => Just(Step::Answer),
            1 => Just(Step::Fail),
        ]
    }

    /// A room of posts only, the frames under way to one client, and what the client applied.
    struct Simulation {
        cursor: Cursor,
        head: u64,
        inbox: std::collections::VecDeque<Option<u64>>,
        /// A page under way: after which number, cut at which head.
        page: Option<(u64, u64)>,
        applied: Vec<u64>,
    }

    impl Simulation {
        fn run(&mut self, step: &Step) {
            match step {
                Step::Post => {
                    self.head += 1;
                    self.inbox.push_back(Some(self.head));
                }
                Step::Deliver => self.deliver(),
                Step::Drop => {
                    if let Some(frame) = self.inbox.front_mut() {
                        *frame = None;
                    }
                }
                Step::Double => self.inbox.extend(self.inbox.front().copied()),
                Step::Answer => self.answer(),
                Step::Fail => {
                    if self.page.take().is_some() {
                        self.cursor.on_page_failed();
                    }
                }
            }
            if self.cursor.is_behind() {
                self.page = Some((self.cursor.request().0, self.head));
            }
        }

        fn deliver(&mut self) {
            let Some(frame) = self.inbox.pop_front() else { return };
            let Some(seq) = frame else { return self.cursor.on_gap() };
            if self.cursor.on_event(Seq(seq), Seq(seq - 1)) == Arrival::Next {
                self.applied.push(seq);
            }
        }

        /// At most three changes on a page.
        fn answer(&mut self) {
            let Some((after, head)) = self.page.take() else { return };
            let next = head.min(after + 3).max(after);
            self.applied.extend(after + 1..=next);
            self.cursor.on_page(Seq(next), Seq(head), next == after);
        }
    }

    proptest! {
        /// However frames are lost, late or doubled: every change is applied once and in order, and in the end all are.
        #[test]
        fn every_change_is_applied_once_and_in_order(steps in proptest::collection::vec(step(), 0..200)) {
            let mut simulation =
                Simulation { cursor: Cursor::at(Seq::ZERO), head: 0, inbox: [].into(), page: None, applied: Vec::new() };
            for step in &steps {
                simulation.run(step);
            }
            for _ in 0..1_000 {
                simulation.run(&Step::Deliver);
                simulation.run(&Step::Answer);
            }
            prop_assert!(simulation.cursor.is_current());
            prop_assert_eq!(simulation.cursor.applied(), Seq(simulation.head));
            prop_assert_eq!(simulation.applied, (1..=simulation.head).collect::<Vec<_>>());
        }
    }
}
