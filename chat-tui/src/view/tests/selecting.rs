//! Messages are selected where one reads, and the selection and the view stay together.

use super::*;
use crate::action::Action;
use crate::app::{Focus, Mouse, Target};

fn long_room(messages: u64) -> TestApp {
    let mut app = TestApp::in_two_rooms();
    for seq in 1..=messages {
        let by = if seq % 3 == 0 { ME } else { ANA };
        app.push(event(GENERAL, seq - 1, message(seq, by, &format!("message {seq}"))));
    }
    app
}

fn selected(app: &TestApp) -> u64 {
    app.model.focus.selected().expect("selected").0
}

fn is_in_sight(app: &TestApp) -> bool {
    let selected = app.model.focus.selected().expect("selected");
    app.model.viewport.targets.iter().any(|(_, target)| *target == Target::Message(selected))
}

/// Draws until nothing changes, as the event loop does.
fn settle(app: &mut TestApp) -> Vec<String> {
    draw(app, 60, 20);
    draw(app, 60, 20).0
}

/// The rows of the message list, without the marks of a selection.
fn list(lines: &[String]) -> Vec<String> {
    lines[1..lines.len() - 2].iter().map(|line| line.replace('▌', " ").trim_end().to_owned()).collect()
}

#[test]
fn escape_while_reading_back_selects_what_is_in_sight_and_moves_nothing() {
    let mut app = long_room(200);
    settle(&mut app);
    for _ in 0..5 {
        app.act(Action::PageUp);
        settle(&mut app);
    }
    let before = settle(&mut app);
    app.act(Action::Cancel);
    let after = settle(&mut app);
    assert!(selected(&app) < 150 && is_in_sight(&app), "{}", selected(&app));
    assert_eq!(list(&before)[..15], list(&after)[..15]);
    assert!(after.iter().rev().take(4).any(|line| line.contains("SELECTED")), "{after:#?}");
}

#[test]
fn pages_and_the_wheel_move_the_selection() {
    let mut app = long_room(200);
    settle(&mut app);
    app.act(Action::Cancel);
    settle(&mut app);
    assert_eq!(selected(&app), 200);
    let mut last = 200;
    for _ in 0..4 {
        app.act(Action::PageUp);
        settle(&mut app);
        assert!(is_in_sight(&app) && (10..20).contains(&(last - selected(&app))), "{last} {}", selected(&app));
        last = selected(&app);
    }
    for _ in 0..10 {
        app.take(Msg::Mouse(Mouse::Wheel { lines: -3 }));
        settle(&mut app);
        assert!(is_in_sight(&app));
    }
    assert!(selected(&app) < last - 10);
    app.act(Action::Oldest);
    settle(&mut app);
    assert_eq!((selected(&app), is_in_sight(&app)), (1, true));
    for _ in 0..20 {
        app.act(Action::PageDown);
        settle(&mut app);
        assert!(is_in_sight(&app));
    }
    assert_eq!(selected(&app), 200, "the last page ends at the last message");
    for _ in 0..20 {
        app.act(Action::PageUp);
        settle(&mut app);
    }
    assert_eq!(selected(&app), 1);
}

#[test]
fn steps_after_paging_bring_the_view_along() {
    let mut app = long_room(200);
    settle(&mut app);
    app.act(Action::Cancel);
    app.act(Action::PageUp);
    settle(&mut app);
    for _ in 0..40 {
        let before = selected(&app);
        app.act(Action::SelectUp);
        settle(&mut app);
        assert_eq!((selected(&app), is_in_sight(&app)), (before - 1, true));
    }
}

#[test]
fn braces_go_to_another_author() {
    let mut app = long_room(9);
    settle(&mut app);
    app.act(Action::Cancel);
    let seqs: Vec<_> = (0..3)
        .map(|_| {
            app.act(Action::SelectGroupUp);
            selected(&app)
        })
        .collect();
    assert_eq!(seqs, [8, 6, 5]);
    app.act(Action::SelectGroupDown);
    assert_eq!(selected(&app), 6);
}

#[test]
fn a_selected_message_taller_than_the_screen_is_read_to_its_end() {
    let mut app = long_room(30);
    let lines: Vec<_> = (1..=100).map(|line| format!("line {line:03}")).collect();
    app.push(event(GENERAL, 30, message(31, ANA, &lines.join("\n"))));
    for seq in 32..=60 {
        app.push(event(GENERAL, seq - 1, message(seq, ANA, "after it")));
    }
    settle(&mut app);
    app.act(Action::Cancel);
    for _ in 0..28 {
        app.act(Action::SelectUp);
        settle(&mut app);
    }
    assert_eq!(selected(&app), 32);
    app.act(Action::SelectUp);
    let mut seen = settle(&mut app).join("\n");
    assert_eq!(selected(&app), 31);
    for _ in 0..40 {
        if selected(&app) != 31 {
            break;
        }
        app.act(Action::SelectDown);
        seen.push_str(&settle(&mut app).join("\n"));
    }
    assert_eq!(selected(&app), 32, "after its end comes the next message");
    for line in &lines {
        assert!(seen.contains(line.as_str()), "{line}");
    }
    app.act(Action::Back);
    assert_eq!(app.model.focus, Focus::Composer);
}
