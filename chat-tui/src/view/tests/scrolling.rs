//! What stays where it is while the room moves on.

use proptest::prelude::*;

use super::*;
use crate::action::Action;
use crate::app::{Focus, Mouse, Target};

fn long_room(messages: u64) -> Desk {
    let mut desk = Desk::in_two_rooms();
    for seq in 1..=messages {
        let by = if seq % 3 == 0 { ME } else { ANA };
        let text = format!("message {seq} {}", "word ".repeat((seq % 17) as usize));
        desk.push(event(GENERAL, seq - 1, message(seq, by, &text)));
    }
    desk
}

fn list(lines: &[String]) -> Vec<String> {
    lines[1..lines.len() - 2].to_vec()
}

#[test]
fn what_comes_below_does_not_move_what_is_read() {
    let mut desk = long_room(60);
    draw(&mut desk, 60, 20);
    desk.act(Action::PageUp);
    let (before, _) = draw(&mut desk, 60, 20);
    desk.push(event(GENERAL, 60, message(61, ANA, "new one")));
    let (after, drawn) = draw(&mut desk, 60, 20);
    assert_eq!(list(&before)[..16], list(&after)[..16]);
    assert!(after.iter().any(|line| line.contains("1 new ↓")), "{after:#?}");
    assert!(drawn.viewport.targets.iter().any(|(_, target)| *target == Target::MoreBelow));
    desk.act(Action::Newest);
    let (end, _) = draw(&mut desk, 60, 20);
    assert!(end.iter().any(|line| line.contains("new one")));
}

#[test]
fn older_messages_that_are_loaded_do_not_move_what_is_read() {
    let mut desk = Desk::new();
    let head = 100;
    let hello = welcome(vec![membership(GENERAL, "general", head)]);
    let effects = desk.link(LinkMsg::Welcome(Box::new(hello)));
    let page =
        |from: u64| -> Vec<_> { (from..from + 30).map(|seq| message(seq, ANA, &format!("message {seq}"))).collect() };
    let answer = |items: Vec<chat_proto::message::Item>, next: u64| {
        let next_before = Some(chat_proto::ids::Seq(next));
        let page = chat_proto::request::HistoryPage {
            items,
            users: Vec::new(),
            next_before,
            head: chat_proto::ids::Seq(head),
        };
        Ok(chat_proto::request::Answer::History(page))
    };
    let is_history =
        |request: &chat_proto::request::Request| matches!(request, chat_proto::request::Request::History(_));
    let (ask, _) = crate::app::tests::asked(&effects, is_history).expect("asked");
    desk.answer(ask, answer(page(71), 71));
    draw(&mut desk, 60, 20);
    desk.act(Action::Oldest);
    let (before, drawn) = picture(&desk, 60, 20);
    assert!(drawn.viewport.is_at_start);
    let effects = desk.take(Msg::Drawn(drawn.viewport));
    let (ask, _) = crate::app::tests::asked(&effects, is_history).expect("older ones are asked for");
    desk.answer(ask, answer(page(41), 41));
    let (after, _) = draw(&mut desk, 60, 20);
    // The day's line above the first message makes way for the messages before it.
    assert!(list(&before)[1].ends_with("message 71") && list(&after)[0].ends_with("message 71"));
    assert_eq!(list(&before)[2..16], list(&after)[1..15]);
    assert!(desk.texts(GENERAL)[0].contains("message 41"));
}

#[test]
fn who_spoke_and_when_is_always_in_sight() {
    let mut desk = Desk::in_two_rooms();
    for seq in 1..=400 {
        desk.push(event(GENERAL, seq - 1, message(seq, ANA, "still the same author")));
    }
    let (lines, _) = draw(&mut desk, 70, 24);
    assert!(lines[1].starts_with("  12:06 ana"), "{lines:#?}");
    for _ in 0..5 {
        desk.act(Action::PageUp);
        draw(&mut desk, 70, 24);
    }
    let (lines, _) = draw(&mut desk, 70, 24);
    let told = lines[1..22].iter().filter(|line| line.contains("ana")).count();
    assert_eq!(told, 2, "at the top, and after five minutes: {lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("  12:05 ana")), "{lines:#?}");
}

#[test]
fn ones_own_messages_from_elsewhere_do_not_stand_below_the_line_new() {
    let mut desk = Desk::in_two_rooms();
    desk.take(Msg::Focused(false));
    desk.act(Action::NextRoom);
    desk.push(event(GENERAL, 0, message(1, ANA, "read before")));
    desk.act(Action::PreviousRoom);
    desk.take(Msg::Focused(true));
    desk.act(Action::NextRoom);
    desk.push(event(GENERAL, 1, message(2, ME, "my own, from the shell")));
    assert_eq!(desk.room(GENERAL).marks.unread, 0);
    desk.push(event(GENERAL, 2, message(3, ANA, "an answer")));
    desk.act(Action::PreviousRoom);
    let (lines, _) = draw(&mut desk, 70, 24);
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).expect("in sight");
    assert!(at("my own") < at("─ new ─") && at("─ new ─") < at("an answer"), "{lines:#?}");
}

#[test]
fn another_width_keeps_the_message_at_the_top() {
    let mut desk = long_room(60);
    draw(&mut desk, 100, 30);
    desk.act(Action::PageUp);
    draw(&mut desk, 100, 30);
    let top = desk.model.viewport.top.expect("a top").0;
    draw(&mut desk, 40, 10);
    assert_eq!(desk.model.viewport.top.expect("a top").0, top);
}

#[test]
fn a_selected_message_is_always_in_sight() {
    let mut desk = long_room(60);
    draw(&mut desk, 60, 12);
    desk.act(Action::Cancel);
    for step in 0..80 {
        desk.act(if step < 50 { Action::SelectUp } else { Action::SelectDown });
        let (_, drawn) = draw(&mut desk, 60, 12);
        let Focus::Message(selected) = desk.model.focus else { continue };
        let is_seen = drawn.viewport.targets.iter().any(|(_, target)| *target == Target::Message(selected));
        assert!(is_seen, "{selected} after {step} steps");
    }
}

#[test]
fn a_click_hits_what_it_points_at() {
    let mut desk = afternoon();
    let (lines, _) = draw(&mut desk, 120, 36);
    let row = lines.iter().position(|line| line.starts_with(" # ops")).expect("listed") as u16;
    desk.take(Msg::Mouse(Mouse::Click { column: 3, row }));
    assert_eq!(desk.model.current.map(|room_key| room_key.room), Some(OPS));
}

#[test]
fn what_has_ended_is_not_drawn_any_more() {
    let mut desk = afternoon();
    assert!(draw(&mut desk, 120, 36).0.iter().any(|line| line.contains("4417") && line.contains("◷ 12s")));
    desk.now = desk.now.plus_ms(12_000);
    desk.take(Msg::Tick);
    assert!(!draw(&mut desk, 120, 36).0.iter().any(|line| line.contains("4417")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// However it is scrolled and resized: the list is full where there is enough to fill it, nothing panics, and one
    /// row down after one row up is where it was.
    #[test]
    fn any_scroll_and_size_fills_the_list(
        steps in proptest::collection::vec((0u8..8, 20u16..140, 6u16..40), 1..25), messages in 1u64..80
    ) {
        let mut desk = long_room(messages);
        draw(&mut desk, 80, 24);
        for (step, width, height) in steps {
            let action = match step {
                0 | 1 => Action::PageUp,
                2 => Action::PageDown,
                3 => Action::ScrollUp,
                4 => Action::ScrollDown,
                5 => Action::Oldest,
                6 => Action::Newest,
                _ => Action::SelectUp,
            };
            desk.act(action);
            let (lines, drawn) = draw(&mut desk, width, height);
            let shown = drawn.viewport.targets.iter().filter(|(_, target)| matches!(target, Target::Message(_))).count();
            prop_assert!(shown > 0, "{lines:#?}");
            if messages > 60 {
                // Beside messages there is at most a day's line and, where it is narrow, a name above each.
                prop_assert!(shown * 2 + 3 >= usize::from(drawn.viewport.rows), "{lines:#?}");
            }
        }
    }
}
