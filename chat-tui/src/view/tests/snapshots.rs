//! Snapshots of an afternoon at several sizes. `cargo insta review` or `INSTA_UPDATE=always` accepts a change.

use super::*;
use crate::action::Action;
use crate::app::tests::{asked, edit_history};

#[test]
fn an_afternoon_at_every_size() {
    for (width, height) in [(80, 24), (120, 36), (200, 50), (40, 10)] {
        insta::assert_snapshot!(format!("afternoon_{width}x{height}"), shown(&mut afternoon(), width, height));
    }
}

#[test]
fn the_rooms_lie_over_a_narrow_screen() {
    let mut app = afternoon();
    draw(&mut app, 40, 10);
    app.act(Action::ToggleRooms);
    insta::assert_snapshot!(shown(&mut app, 40, 10));
    app.act(Action::TogglePeople);
    insta::assert_snapshot!("people_over_a_narrow_screen", shown(&mut app, 40, 10));
}

#[test]
fn a_screen_that_grew_or_shrank_shows_the_panes_it_has_room_for() {
    let has_rooms = |lines: &[String]| lines[0].starts_with(" rooms");
    let has_messages = |lines: &[String]| lines.iter().any(|line| line.contains("on it"));
    let mut app = afternoon();
    draw(&mut app, 40, 10);
    app.act(Action::ToggleRooms);
    app.act(Action::ToggleRooms);
    assert!(has_rooms(&draw(&mut app, 80, 24).0), "closed over a narrow screen, wanted on a wide one");
    app.act(Action::ToggleRooms);
    app.act(Action::ToggleRooms);
    app.act(Action::TogglePeople);
    let (lines, _) = draw(&mut app, 80, 24);
    assert!(has_rooms(&lines) && lines.iter().any(|line| line.contains("here · 2")));
    for (width, height) in [(40, 10), (60, 20)] {
        let (lines, _) = draw(&mut app, width, height);
        assert!(has_messages(&lines) && !lines.iter().any(|line| line.contains("here · 2")), "{lines:#?}");
    }
}

#[test]
fn an_opened_room_is_visible() {
    let mut app = afternoon();
    draw(&mut app, 40, 10);
    app.act(Action::ToggleRooms);
    let (lines, _) = draw(&mut app, 40, 10);
    let row = lines.iter().position(|line| line.starts_with(" # ops")).expect("listed") as u16;
    app.take(Msg::Mouse(crate::app::Mouse::Click { column: 3, row }));
    let (lines, _) = draw(&mut app, 40, 10);
    assert!(lines[0].starts_with(" #ops") && !lines.iter().any(|line| line.starts_with(" # ")), "{lines:#?}");
    app.act(Action::ToggleRooms);
    app.act(Action::Cancel);
    assert!(!draw(&mut app, 40, 10).0.iter().any(|line| line.starts_with(" # ")), "Esc closes it, too");
}

#[test]
fn unread_elsewhere_is_shown_when_the_room_list_is_hidden() {
    let mut app = afternoon();
    let header = |app: &mut TestApp, width| draw(app, width, 24).0[0].clone();
    assert!(header(&mut app, 79).contains("7 · @1  ● online"));
    assert!(header(&mut app, 40).ends_with("7 · @1  ● online"));
    assert!(!header(&mut app, 80).contains("@1"), "the list tells it");
    app.act(Action::ToggleRooms);
    assert!(header(&mut app, 80).contains("7 · @1"));
}

#[test]
fn joins_and_leaves_fit_their_row() {
    let mut app = afternoon();
    let happened = |seq, by, content| chat_proto::message::Item { content, ..message(seq, by, "x") };
    app.push(event(GENERAL, 11, happened(12, DEE, Content::Leave)));
    app.push(event(GENERAL, 12, happened(13, DEE, Content::Join)));
    let shows_line = |app: &mut TestApp, text: &str| draw(app, 80, 24).0.iter().any(|line| line.ends_with(text));
    assert!(shows_line(&mut app, "│                dee left and came back"));
    for seq in 14..26 {
        app.push(event(GENERAL, seq - 1, happened(seq, UserId(seq), Content::Join)));
    }
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn the_mark_of_a_mention_touches_nothing_at_any_width() {
    let mut app = afternoon();
    let mut mention = message(12, DEE, "@zoe ready");
    if let Content::Message(message) = &mut mention.content {
        message.mentions = vec![ME];
    }
    app.push(event(GENERAL, 11, mention));
    for width in 20..200 {
        let (lines, _) = render_lines(&app, width, 24);
        let line = lines.iter().find(|line| line.contains("@zoe ready")).expect("in sight");
        let row = line.split('│').find(|part| part.contains("@zoe ready")).expect("of the list").trim_end();
        assert!(row == "@ @zoe ready" || row.starts_with("@ 12:00 dee "), "{row:?} at {width}");
    }
}

#[test]
fn a_room_is_searched() {
    let mut app = afternoon();
    app.act(Action::SwitchRoom);
    app.take(Msg::Typed('s'));
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn help_shows_what_is_bound() {
    let mut app = afternoon();
    app.model.setup.keys = crate::keymap::Keymap::embedded().keys();
    app.act(Action::Help);
    insta::assert_snapshot!(shown(&mut app, 100, 40));
    insta::assert_snapshot!("help_on_a_narrow_screen", shown(&mut app, 40, 10));
}

#[test]
fn commands_are_offered() {
    let mut app = afternoon();
    app.write("/t");
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn several_lines_are_written() {
    let mut app = afternoon();
    app.write("one\n\ttwo, which is long enough to be broken in the middle of the box\nthree");
    let (lines, drawn) = draw(&mut app, 80, 24);
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(drawn.caret.map(|caret| (caret.x, caret.y)), Some((15 + 3 + 5, 23)));
}

#[test]
fn pending_and_failed_messages_are_distinguished() {
    use chat_proto::error::{ErrorBody, ErrorCode};
    let mut app = afternoon();
    let effects = app.send("refused");
    let (ask, _) = asked(&effects, |request| matches!(request, chat_proto::request::Request::Post(_))).expect("sent");
    let refused = ErrorBody::new(ErrorCode::NotAllowed, "Not here.");
    app.answer(ask, Err(crate::link_event::CallError::Refused(refused)));
    app.link(LinkEvent::Down { reason: "no server answers".into(), retry_in_ms: 4_000 });
    app.send("on its way");
    app.now = app.now.plus_ms(9_000);
    app.take(Msg::Tick);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_deletion_is_asked_for() {
    let mut app = afternoon();
    app.push(event(GENERAL, 11, message(12, ME, "mine")));
    app.act(Action::Cancel);
    app.act(Action::DeleteMessage);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

/// An afternoon in which ana edited her last message, with its former texts open.
fn with_edit_history(texts: &[&str]) -> TestApp {
    let mut app = afternoon();
    app.push(event(GENERAL, 11, edit_history::edited(12, 14, "the build is green")));
    app.act(Action::Cancel);
    let ask = edit_history::asked_versions(&app.act(Action::Versions)).expect("asked");
    app.answer(ask, Ok(edit_history::versions(texts)));
    app
}

#[test]
fn the_edit_history_is_listed() {
    let long =
        "the biuld is green, and so is every one of the tests that were red since the clock went back\n\tat last";
    let mut app = with_edit_history(&["teh biuld", long]);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
    insta::assert_snapshot!("edit_history_on_a_narrow_screen", shown(&mut app, 40, 10));
}

#[test]
fn a_long_edit_history_scrolls() {
    let texts: Vec<_> = (1..=30).map(|n| format!("text {n}")).collect();
    let mut app = with_edit_history(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let (lines, _) = draw(&mut app, 80, 24);
    let has = |lines: &[String], text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has(&lines, "text 1 ") && !has(&lines, "text 30"), "{lines:#?}");
    for _ in 0..200 {
        app.act(Action::ListDown);
    }
    let (lines, _) = draw(&mut app, 80, 24);
    assert!(has(&lines, "text 30") && has(&lines, "now"), "{lines:#?}");
    app.act(Action::ListUp);
    let (above, _) = draw(&mut app, 80, 24);
    assert_ne!(above, lines, "one step up from the end is seen");
}
