//! The view stays in place while the room changes.

use proptest::prelude::*;

use super::*;
use crate::action::Action;
use crate::app::{Focus, Mouse, Target};

fn long_room(messages: u64) -> TestApp {
    let mut app = TestApp::in_two_rooms();
    for seq in 1..=messages {
        let by = if seq % 3 == 0 { ME } else { ANA };
        let text = format!("message {seq} {}", "word ".repeat((seq % 17) as usize));
        app.push(event(GENERAL, seq - 1, message(seq, by, &text)));
    }
    app
}

fn list(lines: &[String]) -> Vec<String> {
    lines[1..lines.len() - 2].to_vec()
}

#[test]
fn new_messages_do_not_move_a_scrolled_view() {
    let mut app = long_room(60);
    draw(&mut app, 60, 20);
    app.act(Action::PageUp);
    let (before, _) = draw(&mut app, 60, 20);
    app.push(event(GENERAL, 60, message(61, ANA, "new one")));
    let (after, drawn) = draw(&mut app, 60, 20);
    assert_eq!(list(&before)[..16], list(&after)[..16]);
    assert!(after.iter().any(|line| line.contains("1 new ↓")), "{after:#?}");
    assert!(drawn.viewport.targets.iter().any(|(_, target)| *target == Target::MoreBelow));
    app.act(Action::Newest);
    let (end, _) = draw(&mut app, 60, 20);
    assert!(end.iter().any(|line| line.contains("new one")));
}

#[test]
fn loading_older_messages_does_not_move_the_view() {
    let mut app = TestApp::new();
    let head = 100;
    let hello = welcome(vec![membership(GENERAL, "general", head)]);
    let effects = app.link(LinkEvent::Welcome(Box::new(hello)));
    let page =
        |from: u64| -> Vec<_> { (from..from + 30).map(|seq| message(seq, ANA, &format!("message {seq}"))).collect() };
    let answer = |items: Vec<chat_proto::message::Item>, next: u64| {
        let next_before = Some(chat_proto::ids::Seq(next));
        let page = chat_proto::request::HistoryPage {
            items,
            joins: Vec::new(),
            users: Vec::new(),
            next_before,
            head: crate::app::tests::at(head),
        };
        Ok(chat_proto::request::Answer::History(page))
    };
    let is_history =
        |request: &chat_proto::request::Request| matches!(request, chat_proto::request::Request::History(_));
    let (ask, _) = crate::app::tests::asked(&effects, is_history).expect("asked");
    app.answer(ask, answer(page(71), 71));
    draw(&mut app, 60, 20);
    app.act(Action::Oldest);
    let (before, drawn) = render_lines(&app, 60, 20);
    assert!(drawn.viewport.is_at_start);
    let effects = app.take(Msg::Drawn(drawn.viewport));
    let (ask, _) = crate::app::tests::asked(&effects, is_history).expect("older ones are asked for");
    app.answer(ask, answer(page(41), 41));
    let (after, _) = draw(&mut app, 60, 20);
    // The day separator above the first message gives way to the older messages.
    assert!(list(&before)[1].ends_with("message 71") && list(&after)[0].ends_with("message 71"));
    assert_eq!(list(&before)[2..16], list(&after)[1..15]);
    assert!(app.texts(GENERAL)[0].contains("message 41"));
}

#[test]
fn author_and_time_are_always_visible() {
    let mut app = TestApp::in_two_rooms();
    for seq in 1..=400 {
        app.push(event(GENERAL, seq - 1, message(seq, ANA, "still the same author")));
    }
    let (lines, _) = draw(&mut app, 70, 24);
    assert!(lines[1].starts_with("  12:06 ana"), "{lines:#?}");
    for _ in 0..5 {
        app.act(Action::PageUp);
        draw(&mut app, 70, 24);
    }
    let (lines, _) = draw(&mut app, 70, 24);
    let headings = lines[1..22].iter().filter(|line| line.contains("ana")).count();
    assert_eq!(headings, 2, "at the top, and after five minutes: {lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("  12:05 ana")), "{lines:#?}");
}

#[test]
fn own_messages_from_another_device_are_not_below_the_new_line() {
    let mut app = TestApp::in_two_rooms();
    app.take(Msg::Focused(false));
    app.act(Action::NextRoom);
    app.push(event(GENERAL, 0, message(1, ANA, "read before")));
    app.act(Action::PreviousRoom);
    app.take(Msg::Focused(true));
    draw(&mut app, 70, 24);
    app.act(Action::NextRoom);
    app.push(event(GENERAL, 1, message(2, ME, "my own, from the shell")));
    assert_eq!(app.room(GENERAL).reading.marker.unread, 0);
    app.push(event(GENERAL, 2, message(3, ANA, "an answer")));
    app.act(Action::PreviousRoom);
    let (lines, _) = draw(&mut app, 70, 24);
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).expect("in sight");
    assert!(at("my own") < at("─ new ─") && at("─ new ─") < at("an answer"), "{lines:#?}");
}

#[test]
fn another_width_keeps_the_message_at_the_top() {
    let mut app = long_room(60);
    draw(&mut app, 100, 30);
    app.act(Action::PageUp);
    draw(&mut app, 100, 30);
    let top = app.model.viewport.top.expect("a top").0;
    draw(&mut app, 40, 10);
    assert_eq!(app.model.viewport.top.expect("a top").0, top);
}

#[test]
fn a_selected_message_is_always_visible() {
    let mut app = long_room(60);
    draw(&mut app, 60, 12);
    app.act(Action::Cancel);
    for step in 0..80 {
        app.act(if step < 50 { Action::SelectUp } else { Action::SelectDown });
        let (_, drawn) = draw(&mut app, 60, 12);
        let Focus::Message(selected) = app.model.focus else { continue };
        let is_seen = drawn.viewport.targets.iter().any(|(_, target)| *target == Target::Message(selected));
        assert!(is_seen, "{selected} after {step} steps");
    }
}

#[test]
fn a_click_hits_what_it_points_at() {
    let mut app = afternoon();
    let (lines, _) = draw(&mut app, 120, 36);
    let row = lines.iter().position(|line| line.starts_with(" # ops")).expect("listed") as u16;
    app.take(Msg::Mouse(Mouse::Click { column: 3, row }));
    assert_eq!(app.model.navigation.current.map(|room_key| room_key.room), Some(OPS));
}

#[test]
fn expired_messages_are_not_drawn() {
    let mut app = afternoon();
    assert!(draw(&mut app, 120, 36).0.iter().any(|line| line.contains("4417") && line.contains("◷ 12s")));
    app.now = app.now.plus_ms(12_000);
    app.take(Msg::Tick);
    assert!(!draw(&mut app, 120, 36).0.iter().any(|line| line.contains("4417")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// However the list is scrolled and resized, it is full if there are enough messages, and nothing panics.
    #[test]
    fn any_scroll_and_size_fills_the_list(
        steps in proptest::collection::vec((0u8..8, 20u16..140, 6u16..40), 1..25), messages in 1u64..80
    ) {
        let mut app = long_room(messages);
        draw(&mut app, 80, 24);
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
            app.act(action);
            let (lines, drawn) = draw(&mut app, width, height);
            let shown = drawn.viewport.targets.iter().filter(|(_, target)| matches!(target, Target::Message(_))).count();
            prop_assert!(shown > 0, "{lines:#?}");
            if messages > 60 {
                // Besides messages there is at most a day separator and, in a narrow list, a name above each.
                prop_assert!(shown * 2 + 3 >= usize::from(drawn.viewport.rows), "{lines:#?}");
            }
        }
    }
}
