//! Screens with a draft, its completions, and other people who are typing.

use chat_proto::ids::{ConnectionId, RoomId};
use chat_proto::room::RoomKind;

use super::scene::{ANYBODY, four_people, member, room_of, room_with, sign_in, talk};
use super::*;
use crate::action::Action;

#[test]
fn people_are_offered_for_a_mention() {
    let mut people = four_people();
    people.extend([
        member(UserId(6), "anton", Availability::Online, ""),
        member(UserId(7), "anne", Availability::Away, ""),
    ]);
    let mut app = room_of(people, talk());
    app.write("ask @an");
    insta::assert_snapshot!("people_are_offered_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("people_are_offered_40x10", shown(&mut app, 40, 10));
}

#[test]
fn rooms_are_offered_with_their_topics() {
    let mut app = afternoon();
    app.write("see #");
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn arguments_of_a_command_are_offered() {
    let mut app = room_with(talk());
    app.write("/ttl ");
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn all_commands_are_offered_as_far_as_there_is_room() {
    let mut app = room_with(talk());
    app.write("/");
    insta::assert_snapshot!("all_commands_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("all_commands_40x10", shown(&mut app, 40, 10));
}

#[test]
fn a_completion_under_way_marks_the_chosen_candidate() {
    let mut app = room_with(talk());
    app.write("/d");
    app.act(Action::Complete);
    app.act(Action::Complete);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_message_that_is_being_edited() {
    let mut app = room_with(talk());
    draw(&mut app, 80, 24);
    app.push(event(GENERAL, 9, message(10, ME, "I will tag it after lunhc")));
    app.act(Action::Cancel);
    app.act(Action::EditMessage);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_draft_near_its_limit_is_counted() {
    let mut app = room_with(talk());
    app.write(&"seven hundred and thirty words of ten ".repeat(195));
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_draft_longer_than_its_box_shows_the_lines_around_the_cursor() {
    let mut app = room_with(talk());
    let lines: Vec<_> = (1..=12).map(|line| format!("line {line} of the notes")).collect();
    app.write(&lines.join("\n"));
    insta::assert_snapshot!("a_long_draft_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("a_long_draft_40x10", shown(&mut app, 40, 10));
}

#[test]
fn wide_characters_in_the_draft_are_wrapped_by_their_width() {
    let mut app = room_with(talk());
    app.write("リリースノートを書いています 👩‍👩‍👧‍👦 それからタグを付けて、皆さんにお知らせします 🇨🇭");
    insta::assert_snapshot!(shown(&mut app, 40, 10));
}

#[test]
fn three_people_type_then_more_than_three() {
    let mut people = four_people();
    people.push(member(ANYBODY, "eve", Availability::Online, ""));
    let mut app = room_of(people, talk());
    let types = |app: &mut TestApp, user: UserId| {
        app.push(ServerFrame::Typing(Typing { room: GENERAL, user, connection: ConnectionId(user.0), ttl_ms: 6_000 }));
    };
    for user in [ANA, BEN, DEE] {
        types(&mut app, user);
    }
    insta::assert_snapshot!("three_people_type", shown(&mut app, 80, 24));
    types(&mut app, ANYBODY);
    insta::assert_snapshot!("four_people_type", shown(&mut app, 40, 10));
}

#[test]
fn an_ephemeral_room_and_a_direct_message_say_so_where_one_writes() {
    let mut app = TestApp::new();
    let mut ephemeral = membership(GENERAL, "general", 0);
    ephemeral.room.default_ttl_ms = Some(3_600_000);
    let mut direct = membership(RoomId(7), "x", 0);
    direct.room.kind = RoomKind::Direct;
    direct.room.name = None;
    direct.room.people = vec![ME, ANA];
    sign_in(&mut app, vec![ephemeral, direct, membership(OPS, "ops", 0)], (four_people(), Vec::new()));
    insta::assert_snapshot!("an_ephemeral_room", shown(&mut app, 80, 24));
    let effects = app.act(Action::PreviousRoom);
    app.answer_history(&effects, vec![message(1, ANA, "a word in private")]);
    insta::assert_snapshot!("a_direct_message", shown(&mut app, 80, 24));
}

#[test]
fn lines_out_of_sight_are_counted_and_the_caret_stands_between_its_neighbours() {
    let mut app = room_with(talk());
    let lines: Vec<_> = (1..=50).map(|line| format!("row-{line}")).collect();
    app.write(&lines.join("\n"));
    for _ in 0..20 {
        app.act(Action::CursorUp);
    }
    let (shown, drawn) = draw(&mut app, 80, 24);
    let at = |text: &str| shown.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{shown:#?}"));
    let caret = usize::from(drawn.caret.expect("a caret").y);
    assert_eq!(at("row-30"), caret);
    assert!(at("row-29") < caret && at("row-31") > caret);
    assert!(shown[at("↑ 25")].contains("row-26") && shown[at("↓ 17")].contains("row-33"), "{shown:#?}");
}

#[test]
fn commands_beyond_the_popup_are_counted_and_come_into_sight() {
    let mut app = room_with(talk());
    app.write("/");
    let more = |lines: &[String]| lines.iter().any(|line| line.contains(" more, ↑ ↓"));
    assert!(more(&draw(&mut app, 80, 24).0));
    app.act(Action::CursorUp);
    let (shown, _) = draw(&mut app, 80, 24);
    assert!(shown.iter().any(|line| line.contains("/who")) && more(&shown), "{shown:#?}");
}

#[test]
fn a_click_places_the_caret() {
    use crate::app::Mouse;
    let mut app = room_with(talk());
    app.write("one\n日本語 two\nthree");
    let caret = draw(&mut app, 80, 24).1.caret.expect("a caret");
    app.take(Msg::Mouse(Mouse::Click { column: caret.x - 5 + 4, row: caret.y - 1 }));
    app.write("X");
    assert_eq!(app.model.room().expect("a room").1.writing.draft.text(), "one\n日本X語 two\nthree");
    draw(&mut app, 80, 24);
    app.take(Msg::Mouse(Mouse::Click { column: caret.x + 30, row: caret.y - 2 }));
    app.write("Y");
    assert_eq!(app.model.room().expect("a room").1.writing.draft.text(), "oneY\n日本X語 two\nthree");
}
