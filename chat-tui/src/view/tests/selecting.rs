//! Messages are selected where one reads, and the selection and the view stay together.

use super::*;
use crate::action::{Action, KeyContext};
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

#[test]
fn a_selected_message_shows_its_name_its_time_and_the_allowed_keys() {
    let mut app = long_room(9);
    settle(&mut app);
    app.act(Action::Cancel);
    let own = settle(&mut app).join("\n");
    assert!(own.contains("general/9 · Thu 20 Nov 12:00:09"), "{own}");
    assert!(own.contains("e edit") && own.contains("D delete") && !own.contains("o open"), "{own}");
    app.act(Action::SelectUp);
    let of_another = settle(&mut app).join("\n");
    assert!(of_another.contains("general/8"), "{of_another}");
    assert!(!of_another.contains("e edit") && !of_another.contains("D delete"), "{of_another}");
    app.push(event(GENERAL, 9, message(10, ANA, "see https://e.org")));
    app.act(Action::SelectDown);
    app.act(Action::SelectDown);
    let with_link = settle(&mut app).join("\n");
    assert!(with_link.contains("general/10") && with_link.contains("o open"), "{with_link}");
    app.act(Action::Back);
    app.write("half a thought");
    app.act(Action::Cancel);
    let with_draft = settle(&mut app).join("\n");
    assert!(with_draft.contains("› half a thought") || with_draft.contains("▌ half a thought"), "{with_draft}");
    assert!(with_draft.contains("SELECTED general/10 · Thu 20 Nov 12:00:10"), "{with_draft}");
}

#[test]
fn an_owner_is_offered_to_delete_what_expires() {
    let mut app = TestApp::new();
    let mut general = membership(GENERAL, "general", 0);
    general.role = chat_proto::room::Role::Owner;
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![general]))));
    let mut ephemeral = message(1, ANA, "key for the demo: 4417");
    if let Content::Message(message) = &mut ephemeral.content {
        message.expires_at = Some(NOON.plus_ms(600_000));
    }
    app.push(event(GENERAL, 0, ephemeral));
    settle(&mut app);
    app.act(Action::Cancel);
    let shown = settle(&mut app).join("\n");
    assert!(shown.contains("D delete") && !shown.contains("e edit"), "{shown}");
}

#[test]
fn a_link_is_opened_by_a_click_with_a_modifier() {
    let mut app = TestApp::in_two_rooms();
    let link = format!("https://e.org/{}", "long-path/".repeat(9));
    app.push(event(GENERAL, 0, message(1, ANA, &format!("see {link} and more"))));
    let lines = settle(&mut app);
    let follow = |app: &mut TestApp, text: &str| {
        let row = lines.iter().position(|line| line.contains(text)).expect("drawn") as u16;
        let column = lines[usize::from(row)].chars().collect::<String>().find(text).expect("drawn");
        let column = lines[usize::from(row)][..column].chars().count() as u16;
        app.take(Msg::Mouse(Mouse::Follow { column, row }))
    };
    let opens = crate::app::Effect::OpenLink(link.clone());
    assert!(follow(&mut app, "https://e.org").contains(&opens));
    assert!(follow(&mut app, "long-path/ and").contains(&opens), "on the row that shows its end");
    assert_eq!(app.model.focus, Focus::Composer);
    assert!(!follow(&mut app, "and more").contains(&opens));
    assert_eq!(selected(&app), 1, "elsewhere it is a click");
}

#[test]
fn on_a_narrow_screen_the_keys_that_matter_most_are_named() {
    let mut app = long_room(9);
    app.push(event(GENERAL, 9, message(10, ME, "see https://e.org")));
    draw(&mut app, 40, 10);
    app.act(Action::Cancel);
    let shown = draw(&mut app, 40, 10).0.join("\n");
    for key in ["SELECTED: j k move", "e edit", "D delete", "o open", "y copy", "Esc back"] {
        assert!(shown.contains(key), "{key}: {shown}");
    }
}

#[test]
fn the_keys_of_a_selected_message_are_those_that_are_bound() {
    let mut app = afternoon();
    app.push(event(GENERAL, 11, message(12, ME, "mine")));
    app.model.setup.keys.insert((KeyContext::Messages, Action::EditMessage), vec!["Alt+E".to_owned()]);
    app.model.setup.keys.remove(&(KeyContext::Messages, Action::CopyMessage));
    app.act(Action::Cancel);
    let text = settle(&mut app).join(" ");
    assert!(text.contains("SELECTED: j k move · Alt+E edit · D delete"), "{text}");
    assert!(!text.contains("copy"), "{text}");
}
