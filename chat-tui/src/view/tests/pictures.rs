//! Screens as pictures in text. `cargo insta review`, or INSTA_UPDATE=always, takes a changed one.

use super::*;
use crate::action::Action;
use crate::app::tests::{asked, edit_history};

fn shown(desk: &mut Desk, width: u16, height: u16) -> String {
    draw(desk, width, height).0.join("\n")
}

#[test]
fn an_afternoon_at_every_size() {
    for (width, height) in [(80, 24), (120, 36), (200, 50), (40, 10)] {
        insta::assert_snapshot!(format!("afternoon_{width}x{height}"), shown(&mut afternoon(), width, height));
    }
}

#[test]
fn the_rooms_lie_over_a_narrow_screen() {
    let mut desk = afternoon();
    draw(&mut desk, 40, 10);
    desk.act(Action::ToggleRooms);
    insta::assert_snapshot!(shown(&mut desk, 40, 10));
    desk.act(Action::TogglePeople);
    insta::assert_snapshot!("people_over_a_narrow_screen", shown(&mut desk, 40, 10));
}

#[test]
fn a_screen_that_grew_or_shrank_shows_the_panes_it_has_room_for() {
    let has_rooms = |lines: &[String]| lines[0].starts_with(" rooms");
    let has_messages = |lines: &[String]| lines.iter().any(|line| line.contains("on it"));
    let mut desk = afternoon();
    draw(&mut desk, 40, 10);
    desk.act(Action::ToggleRooms);
    desk.act(Action::ToggleRooms);
    assert!(has_rooms(&draw(&mut desk, 80, 24).0), "closed over a narrow screen, wanted on a wide one");
    desk.act(Action::ToggleRooms);
    desk.act(Action::ToggleRooms);
    desk.act(Action::TogglePeople);
    let (lines, _) = draw(&mut desk, 80, 24);
    assert!(has_rooms(&lines) && lines.iter().any(|line| line.contains("here · 2")));
    for (width, height) in [(40, 10), (60, 20)] {
        let (lines, _) = draw(&mut desk, width, height);
        assert!(has_messages(&lines) && !lines.iter().any(|line| line.contains("here · 2")), "{lines:#?}");
    }
}

#[test]
fn a_room_that_is_opened_is_seen() {
    let mut desk = afternoon();
    draw(&mut desk, 40, 10);
    desk.act(Action::ToggleRooms);
    let (lines, _) = draw(&mut desk, 40, 10);
    let row = lines.iter().position(|line| line.starts_with(" # ops")).expect("listed") as u16;
    desk.take(Msg::Mouse(crate::app::Mouse::Click { column: 3, row }));
    let (lines, _) = draw(&mut desk, 40, 10);
    assert!(lines[0].starts_with(" #ops") && !lines.iter().any(|line| line.starts_with(" # ")), "{lines:#?}");
    desk.act(Action::ToggleRooms);
    desk.act(Action::Cancel);
    assert!(!draw(&mut desk, 40, 10).0.iter().any(|line| line.starts_with(" # ")), "Esc closes it, too");
}

#[test]
fn what_waits_elsewhere_is_told_where_the_rooms_are_not_in_sight() {
    let mut desk = afternoon();
    let header = |desk: &mut Desk, width| draw(desk, width, 24).0[0].clone();
    assert!(header(&mut desk, 79).contains("7 · @1  ● online"));
    assert!(header(&mut desk, 40).ends_with("7 · @1  ● online"));
    assert!(!header(&mut desk, 80).contains("@1"), "the list tells it");
    desk.act(Action::ToggleRooms);
    assert!(header(&mut desk, 80).contains("7 · @1"));
}

#[test]
fn who_came_and_went_fits_its_row() {
    let mut desk = afternoon();
    let happened = |seq, by, what| chat_proto::message::Item { what, ..message(seq, by, "x") };
    desk.push(event(GENERAL, 11, happened(12, DEE, What::Leave)));
    desk.push(event(GENERAL, 12, happened(13, DEE, What::Join)));
    let shows_line = |desk: &mut Desk, text: &str| draw(desk, 80, 24).0.iter().any(|line| line.ends_with(text));
    assert!(shows_line(&mut desk, "│                dee left and came back"));
    for seq in 14..26 {
        desk.push(event(GENERAL, seq - 1, happened(seq, UserId(seq), What::Join)));
    }
    insta::assert_snapshot!(shown(&mut desk, 80, 24));
}

#[test]
fn the_mark_of_a_mention_touches_nothing_at_any_width() {
    let mut desk = afternoon();
    let mut mention = message(12, DEE, "@zoe ready");
    if let What::Message(message) = &mut mention.what {
        message.mentions = vec![ME];
    }
    desk.push(event(GENERAL, 11, mention));
    for width in 20..200 {
        let (lines, _) = picture(&desk, width, 24);
        let line = lines.iter().find(|line| line.contains("@zoe ready")).expect("in sight");
        let row = line.split('│').find(|part| part.contains("@zoe ready")).expect("of the list").trim_end();
        assert!(row == "@ @zoe ready" || row.starts_with("@ 12:00 dee "), "{row:?} at {width}");
    }
}

#[test]
fn a_room_is_searched() {
    let mut desk = afternoon();
    desk.act(Action::SwitchRoom);
    desk.take(Msg::Typed('s'));
    insta::assert_snapshot!(shown(&mut desk, 80, 24));
}

#[test]
fn help_shows_what_is_bound() {
    let mut desk = afternoon();
    desk.model.setup.keys = crate::keymap::Keymap::embedded().keys();
    desk.act(Action::Help);
    insta::assert_snapshot!(shown(&mut desk, 100, 40));
    insta::assert_snapshot!("help_on_a_narrow_screen", shown(&mut desk, 40, 10));
}

#[test]
fn commands_are_offered() {
    let mut desk = afternoon();
    desk.write("/t");
    insta::assert_snapshot!(shown(&mut desk, 80, 24));
}

#[test]
fn several_lines_are_written() {
    let mut desk = afternoon();
    desk.write("one\n\ttwo, which is long enough to be broken in the middle of the box\nthree");
    let (lines, drawn) = draw(&mut desk, 80, 24);
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(drawn.caret.map(|caret| (caret.x, caret.y)), Some((15 + 3 + 5, 23)));
}

#[test]
fn messages_on_their_way_and_refused_are_told_apart() {
    use chat_proto::error::{ErrorBody, ErrorCode};
    let mut desk = afternoon();
    let effects = desk.send("refused");
    let (ask, _) = asked(&effects, |request| matches!(request, chat_proto::request::Request::Post(_))).expect("sent");
    let refused = ErrorBody::new(ErrorCode::NotAllowed, "Not here.");
    desk.answer(ask, Err(crate::app::Refusal::Refused(refused)));
    desk.link(LinkMsg::Down { reason: "no server answers".into(), retry_in_ms: 4_000 });
    desk.send("on its way");
    desk.now = desk.now.plus_ms(9_000);
    desk.take(Msg::Tick);
    insta::assert_snapshot!(shown(&mut desk, 80, 24));
}

#[test]
fn a_deletion_is_asked_for() {
    let mut desk = afternoon();
    desk.push(event(GENERAL, 11, message(12, ME, "mine")));
    desk.act(Action::Cancel);
    desk.act(Action::DeleteMessage);
    insta::assert_snapshot!(shown(&mut desk, 80, 24));
}

/// An afternoon in which ana's last message was edited, with what it said before over it.
fn with_edit_history(texts: &[&str]) -> Desk {
    let mut desk = afternoon();
    desk.push(event(GENERAL, 11, edit_history::edited(12, 14, "the build is green")));
    desk.act(Action::Cancel);
    let ask = edit_history::asked_versions(&desk.act(Action::Versions)).expect("asked");
    desk.answer(ask, Ok(edit_history::versions(texts)));
    desk
}

#[test]
fn former_texts_are_listed() {
    let long =
        "the biuld is green, and so is every one of the tests that were red since the clock went back\n\tat last";
    let mut desk = with_edit_history(&["teh biuld", long]);
    insta::assert_snapshot!(shown(&mut desk, 80, 24));
    insta::assert_snapshot!("former_texts_on_a_narrow_screen", shown(&mut desk, 40, 10));
}

#[test]
fn many_former_texts_are_scrolled() {
    let texts: Vec<_> = (1..=30).map(|n| format!("text {n}")).collect();
    let mut desk = with_edit_history(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let (lines, _) = draw(&mut desk, 80, 24);
    let has = |lines: &[String], text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has(&lines, "text 1 ") && !has(&lines, "text 30"), "{lines:#?}");
    for _ in 0..200 {
        desk.act(Action::ListDown);
    }
    let (lines, _) = draw(&mut desk, 80, 24);
    assert!(has(&lines, "text 30") && has(&lines, "now"), "{lines:#?}");
    desk.act(Action::ListUp);
    let (above, _) = draw(&mut desk, 80, 24);
    assert_ne!(above, lines, "one step up from the end is seen");
}
