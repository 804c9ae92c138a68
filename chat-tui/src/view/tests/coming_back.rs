//! Screens of someone who comes back to much that is unread.

use chat_proto::ids::{RoomId, Seq};
use chat_proto::room::ReadMarker;

use super::scene::{four_people, sign_in, with};
use super::*;
use crate::action::Action;

/// `#general` with 220 messages, of which the last 200 are unread, and number 60 mentions the user; a mention that
/// expires in `#ops`, and many in `#builds`.
fn morning() -> TestApp {
    let mut general = membership(GENERAL, "general", 220);
    general.read_marker =
        ReadMarker { read_seq: Seq(20), unread: 200, mentions: 1, counted_to: Seq(220), ..ReadMarker::default() };
    let mut builds = membership(RoomId(4), "builds", 9);
    (builds.read_marker.unread, builds.read_marker.mentions) = (201, 1);
    let by = |seq: u64| [ANA, BEN, DEE][(seq / 4 % 3) as usize];
    let text = |seq: u64| format!("message {seq}{}", " and a few words".repeat((seq % 5) as usize));
    let mut items: Vec<_> = (1..=220).map(|seq| message(seq, by(seq), &text(seq))).collect();
    items[59] = with(message(60, ANA, "@zoe please look at the certs"), |message| message.mentions = vec![ME]);
    let mut app = TestApp::new();
    sign_in(&mut app, vec![general, membership(OPS, "ops", 0), builds], (four_people(), items));
    let expiring = with(message(1, ANA, "@zoe the door code is 4417"), |message| {
        message.mentions = vec![ME];
        message.expires_at = Some(NOON.plus_ms(24_000));
    });
    app.push(event(OPS, 0, expiring));
    app.take(Msg::Action(Action::Cancel));
    app.take(Msg::Action(Action::Back));
    app
}

fn at(lines: &[String], text: &str) -> Option<usize> {
    lines.iter().position(|line| line.contains(text))
}

#[test]
fn a_room_opens_at_the_first_unread_message() {
    for (width, height) in [(40, 10), (80, 24), (120, 36), (200, 50)] {
        insta::assert_snapshot!(format!("coming_back_{width}x{height}"), shown(&mut morning(), width, height));
    }
}

#[test]
fn the_pills_count_what_is_above_and_below_and_lead_there() {
    let mut app = morning();
    let (lines, _) = draw(&mut app, 80, 24);
    assert!(at(&lines, "─ new ─").is_some_and(|at| at < 3) && at(&lines, "message 21 ").is_some(), "{lines:#?}");
    let seen = 20 + 200 - app.room(GENERAL).reading.unread();
    assert!(lines.iter().any(|line| line.contains(&format!("{} new · @1 ↓", 220 - seen))), "{lines:#?}");
    app.act(Action::Newest);
    let (lines, drawn) = draw(&mut app, 80, 24);
    assert!(lines[1].ends_with(" new · @1") && lines[1].contains('↑'), "{lines:#?}");
    assert!(drawn.viewport.targets.iter().any(|(_, target)| *target == crate::app::Target::MoreAbove));
    app.act(Action::NextMention);
    let (lines, _) = draw(&mut app, 80, 24);
    assert_eq!(at(&lines, "look at the certs"), Some(4), "{lines:#?}");
    assert!(lines[1].ends_with(" ↑ 23 new"), "the mention is not counted any more: {lines:#?}");
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn all_is_read_page_by_page_and_nothing_of_it_is_passed_over() {
    let mut app = morning();
    draw(&mut app, 60, 16);
    let mut before = app.room(GENERAL).reading.unread();
    for _ in 0..60 {
        app.act(Action::PageDown);
        draw(&mut app, 60, 16);
        let now = app.room(GENERAL).reading.unread();
        assert!(now < before || now == 0, "{now} of {before}");
        before = now;
    }
    assert_eq!((before, app.room(GENERAL).reading.marker.read_seq), (0, Seq(220)));
}

#[test]
fn unread_messages_that_fit_are_read_at_once_at_the_end_of_the_room() {
    let mut app = morning();
    app.act(Action::MarkAllRead);
    app.take(Msg::Focused(false));
    app.push(event(GENERAL, 220, message(221, ANA, "the last word")));
    draw(&mut app, 80, 24);
    app.take(Msg::Focused(true));
    let (lines, _) = draw(&mut app, 80, 24);
    assert!(at(&lines, "the last word").is_some_and(|at| at > 15) && at(&lines, "↑").is_none(), "{lines:#?}");
    assert_eq!(app.room(GENERAL).reading.unread(), 0);
}

#[test]
fn the_list_shows_what_is_unread_above_and_below_its_rows() {
    let room = |n: u64| {
        let mut membership = membership(RoomId(n + 10), &format!("team-{n:02}"), 0);
        membership.read_marker.unread = if n == 2 || n == 28 { 12 } else { 0 };
        membership.read_marker.mentions = u32::from(n == 28);
        membership
    };
    let rooms = || std::iter::once(membership(GENERAL, "general", 9)).chain((1..=30).map(room)).collect();
    let mut app = TestApp::new();
    sign_in(&mut app, rooms(), (four_people(), scene::talk()));
    let (lines, drawn) = draw(&mut app, 80, 24);
    assert!(lines[23].starts_with(" ↓ @1 12"), "{lines:#?}");
    let target = drawn.viewport.target(3, 23);
    let is_there = |target| matches!(target, Some(crate::app::Target::Room(room_key)) if room_key.room == RoomId(38));
    assert!(is_there(target), "{target:?}");
    app.act(Action::PreviousRoom);
    let (lines, _) = draw(&mut app, 80, 24);
    assert!(lines[0].starts_with(" ↑ 12") && !lines[23].contains('↓'), "{lines:#?}");
}
