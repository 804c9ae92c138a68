//! Events, pages and reconnects in every order: each change is applied once, and in the end all are.

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
