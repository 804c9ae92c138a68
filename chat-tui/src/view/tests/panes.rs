//! Screens of the parts around the messages: rooms, bar, people.

use chat_proto::ids::RoomId;
use chat_proto::room::{Member, Membership, Topic};
use chat_proto::server_frame::Counts;

use super::scene::{four_people, member, posted, room_of, room_with, sign_in, talk};
use super::*;
use crate::action::Action;

#[test]
fn a_long_topic_is_cut_where_the_bar_ends() {
    let text = "ship the resume fix before Friday; the notes are in #ops; ask ana about the clock, ben about the tests \
                and dee about the ticket; who breaks the build brings cake on Monday 🎂 for everybody";
    let mut general = membership(GENERAL, "general", 9);
    general.room.topic = Some(Topic { text: text.parse().expect("a topic"), by: ANA, at: NOON });
    for (width, height) in [(40, 10), (80, 24), (200, 50)] {
        let mut app = TestApp::new();
        sign_in(&mut app, vec![general.clone()], (four_people(), talk()));
        insta::assert_snapshot!(format!("a_long_topic_{width}x{height}"), shown(&mut app, width, height));
    }
}

/// `#general` and 30 more rooms, some with long names and some with something unread.
fn many_rooms() -> Vec<Membership> {
    let room = |n: u64| {
        let name = if n.is_multiple_of(7) { format!("team-{n:02}-with-a-long-name") } else { format!("team-{n:02}") };
        let mut membership = membership(RoomId(n + 10), &name, 0);
        membership.read_marker.unread = if n.is_multiple_of(3) { n as u32 * 40 } else { 0 };
        membership.read_marker.mentions = u32::from(n.is_multiple_of(9));
        membership
    };
    std::iter::once(membership(GENERAL, "general", 9)).chain((1..=30).map(room)).collect()
}

#[test]
fn more_rooms_than_rows() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut app = TestApp::new();
        sign_in(&mut app, many_rooms(), (four_people(), talk()));
        insta::assert_snapshot!(format!("more_rooms_than_rows_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn the_open_room_at_the_end_of_a_long_list_is_in_sight() {
    let mut app = TestApp::new();
    sign_in(&mut app, many_rooms(), (four_people(), talk()));
    let effects = app.act(Action::PreviousRoom);
    app.answer_history(&effects, Vec::new());
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn rooms_with_a_draft_and_with_a_failed_post_are_marked() {
    use chat_proto::error::{ErrorBody, ErrorCode};
    let mut app = room_with(talk());
    let ask = posted(&app.send("refused"));
    let refused = ErrorBody::new(ErrorCode::NotAllowed, "Not here.");
    app.answer(ask, Err(crate::link_event::CallError::Refused(refused)));
    let effects = app.act(Action::NextRoom);
    app.answer_history(&effects, Vec::new());
    app.write("begun here");
    app.act(Action::PreviousRoom);
    app.act(Action::NextRoom);
    insta::assert_snapshot!("a_room_with_a_failed_post", shown(&mut app, 80, 24));
    app.act(Action::PreviousRoom);
    insta::assert_snapshot!("a_room_with_a_draft", shown(&mut app, 80, 24));
}

fn people_with_statuses() -> Vec<Member> {
    let mut gone = member(UserId(8), "hal", Availability::Offline, "");
    gone.presence.last_seen = Some(chat_proto::time::UnixMillis(NOON.0 - 3 * 3_600_000));
    vec![
        member(ANA, "ana", Availability::Online, "reviewing until five, then at the dentist"),
        member(BEN, "ben", Availability::Away, "lunch 🍜"),
        member(DEE, "dee", Availability::Dnd, "focus"),
        member(UserId(6), "田中", Availability::Online, "東京"),
        member(UserId(7), "guillermo-with-a-long-name", Availability::Online, "not seen"),
        gone,
        member(UserId(9), "ian", Availability::Unknown, ""),
        member(ME, "zoe", Availability::Online, "shipping"),
    ]
}

#[test]
fn people_stand_by_their_presence_with_their_statuses() {
    for (width, height) in [(120, 36), (200, 50)] {
        let mut app = room_of(people_with_statuses(), talk());
        insta::assert_snapshot!(format!("people_with_statuses_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn people_are_opened_over_a_narrow_screen() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_of(people_with_statuses(), talk());
        draw(&mut app, width, height);
        app.act(Action::TogglePeople);
        insta::assert_snapshot!(format!("people_opened_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn more_people_than_rows_beside_trending_words() {
    let people = (10..50).map(|id| member(UserId(id), &format!("person-{id}"), Availability::Online, ""));
    let mut app = room_of(four_people().into_iter().chain(people).collect(), talk());
    let word = |word: &str| TrendingWord { word: word.into(), score: 1.0 };
    let words = ["release", "resume", "tokio-tungstenite-and-friends", "日本語", "clock", "ticket"].map(word).to_vec();
    app.push(ServerFrame::Trending(TrendingWords { room: GENERAL, words }));
    insta::assert_snapshot!(shown(&mut app, 120, 36));
}

#[test]
fn a_room_too_large_to_follow_each_person_counts_them() {
    let mut app = room_with(talk());
    app.push(ServerFrame::Counts(Counts { room: GENERAL, members: 4_200, online: 612 }));
    insta::assert_snapshot!(shown(&mut app, 120, 36));
}

#[test]
fn both_panes_hidden_leave_the_screen_to_the_messages() {
    let mut app = room_with(talk());
    draw(&mut app, 120, 36);
    app.act(Action::ToggleRooms);
    app.act(Action::TogglePeople);
    insta::assert_snapshot!(shown(&mut app, 120, 36));
}

#[test]
fn the_smallest_screen_and_one_below_it() {
    insta::assert_snapshot!("the_smallest_screen", shown(&mut room_with(talk()), 16, 4));
    insta::assert_snapshot!("below_the_smallest_screen", shown(&mut room_with(talk()), 15, 4));
}

#[test]
fn ones_own_status_stands_behind_ones_own_name() {
    use chat_proto::request::{Answer, Request};
    let mut app = room_with(talk());
    let presence = Presence { availability: Availability::Away, status: "lunch".parse().ok(), last_seen: None };
    let effects = app.send("/away lunch");
    let is_status = |request: &Request| matches!(request, Request::SetStatus(_));
    let ask = crate::app::tests::asked(&effects, is_status).expect("asked").0;
    assert_ne!(app.notice(), "Your status is now: away: lunch.", "not before the server took it");
    app.answer(ask, Ok(Answer::SetStatus(presence.clone())));
    assert_eq!(app.notice(), "Your status is now: away: lunch.");
    app.push(ServerFrame::Presence(UserPresence { user: ME, presence }));
    let screen = shown(&mut app, 120, 36);
    assert!(screen.contains("zoe you · lunch"), "{screen}");
}

#[test]
fn a_click_on_a_person_begins_to_address_them() {
    let mut app = afternoon();
    let lines = draw(&mut app, 120, 36).0;
    let row = lines.iter().position(|line| line.contains("● ana")).expect("ana is there");
    let column = lines[row].chars().collect::<Vec<_>>().windows(3).rposition(|c| c == ['a', 'n', 'a']).expect("a name");
    app.take(Msg::Mouse(crate::app::Mouse::Click { column: column as u16, row: row as u16 }));
    assert_eq!(app.draft(), "@ana ");
}
