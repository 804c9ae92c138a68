//! Screens with an overlay.

use chat_proto::ids::{RoomId, Seq};
use chat_proto::request::{Answer, Request, RoomInfoAnswer, RoomListing, RoomsPage};
use chat_proto::room::{Role, Room, Rsvp, RsvpCounts};

use super::scene::{room_with, talk};
use super::*;
use crate::action::Action;
use crate::app::tests::asked;

fn listing(id: u64, name: &str, topic: &str) -> RoomListing {
    let topic = (!topic.is_empty()).then(|| chat_proto::room::Topic {
        text: topic.parse().expect("a topic"),
        by: ANA,
        at: NOON,
    });
    let room = Room { topic, ..membership(RoomId(id), name, 0).room };
    RoomListing { room, online: 1, is_member: false, last_message_at: None }
}

/// A screen with the list of rooms open, which includes rooms to join.
fn switcher(others: &[(&str, &str)], query: &str) -> TestApp {
    let mut app = afternoon();
    let effects = app.act(Action::SwitchRoom);
    let ask = asked(&effects, |request| matches!(request, Request::ListRooms(_))).expect("asked for the rooms").0;
    let rooms = others.iter().zip(20..).map(|((name, topic), id)| listing(id, name, topic)).collect();
    app.answer(ask, Ok(Answer::ListRooms(RoomsPage { rooms, has_more: false })));
    for c in query.chars() {
        app.take(Msg::Typed(c));
    }
    app
}

const OTHERS: [(&str, &str); 3] = [
    ("design", "drafts of the new list, and a topic that is so long that it ends at the frame"),
    ("garden", ""),
    ("release-notes", "one line for each change"),
];

#[test]
fn the_switcher_lists_own_rooms_before_those_to_join() {
    insta::assert_snapshot!("switcher_80x24", shown(&mut switcher(&OTHERS, ""), 80, 24));
    insta::assert_snapshot!("switcher_40x10", shown(&mut switcher(&OTHERS, ""), 40, 10));
}

#[test]
fn the_switcher_finds_by_a_few_letters() {
    insta::assert_snapshot!(shown(&mut switcher(&OTHERS, "rn"), 80, 24));
}

#[test]
fn the_switcher_without_a_match_offers_to_create_the_room() {
    insta::assert_snapshot!("switcher_without_a_match_80x24", shown(&mut switcher(&OTHERS, "quokka"), 80, 24));
    insta::assert_snapshot!("switcher_without_a_match_40x10", shown(&mut switcher(&OTHERS, "quokka"), 40, 10));
}

#[test]
fn the_switcher_scrolls_to_the_chosen_one_of_many_rooms() {
    let names: Vec<_> = (1..=30).map(|n| format!("team-{n:02}")).collect();
    let others: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let mut app = switcher(&others, "");
    for _ in 0..20 {
        app.act(Action::ListDown);
    }
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

/// A screen with the details of its room open.
fn info(role: Option<Role>, own_rsvp: Rsvp) -> TestApp {
    let mut app = room_with(talk());
    let effects = app.send("/info");
    let ask = asked(&effects, |request| matches!(request, Request::RoomInfo(_))).expect("asked").0;
    let mut listing = listing(GENERAL.0, "general", "ship the resume fix before Friday");
    listing.room.description =
        "Releases, and what blocks them. Ask before you push to the release branch.".parse().ok();
    listing.room.members = 14;
    listing.online = 3;
    let info = RoomInfoAnswer {
        listing,
        head: Seq(9),
        messages: 4_211,
        rsvp: RsvpCounts { attending: 5, interested: 2 },
        own_rsvp,
        role,
        users: vec![user(ANA, "ana")],
    };
    app.answer(ask, Ok(Answer::RoomInfo(info)));
    app
}

#[test]
fn the_room_is_described() {
    insta::assert_snapshot!("room_info_80x24", shown(&mut info(Some(Role::Owner), Rsvp::Attending), 80, 24));
    insta::assert_snapshot!("room_info_40x10", shown(&mut info(Some(Role::Member), Rsvp::None), 40, 10));
}

#[test]
fn the_details_of_a_room_have_no_empty_rows_and_scroll_on_a_low_screen() {
    let mut app = info(Some(Role::Owner), Rsvp::None);
    let lines = draw(&mut app, 80, 24).0;
    let end = lines.iter().position(|line| line.contains('╰')).expect("a frame");
    assert!(lines[end - 1].contains("id "), "{lines:#?}");
    let mut seen = shown(&mut app, 40, 10);
    for _ in 0..20 {
        app.act(Action::ListDown);
        seen.push_str(&shown(&mut app, 40, 10));
    }
    for label in ["topic", "about", "people", "RSVP", "messages", "kind", "you are", "made", "id "] {
        assert!(seen.contains(label), "{label}: {seen}");
    }
}

#[test]
fn the_lines_sent_before_are_listed_and_found() {
    let mut app = room_with(talk());
    for line in ["deploy api", "/topic ship the resume fix before Friday", "two\nlines, the second of which is long"] {
        app.send(line);
    }
    app.act(Action::HistorySearch);
    insta::assert_snapshot!("history_search_80x24", shown(&mut app, 80, 24));
    app.take(Msg::Typed('h'));
    insta::assert_snapshot!("history_search_40x10", shown(&mut app, 40, 10));
    "zzz".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    assert!(shown(&mut app, 80, 24).contains("you sent nothing that contains this"));
}

#[test]
fn the_links_of_a_message_are_listed() {
    let mut app = room_with(talk());
    let text = format!("https://e.org/short and https://e.org/{}", "a-long-path/".repeat(12));
    app.push(event(GENERAL, 9, message(10, ANA, &text)));
    app.act(Action::Cancel);
    app.act(Action::OpenLink);
    insta::assert_snapshot!("links_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("links_40x10", shown(&mut app, 40, 10));
}

#[test]
fn the_help_ends_with_the_commands() {
    let mut app = afternoon();
    app.model.setup.keys = crate::keymap::Keymap::embedded().keys();
    app.act(Action::Help);
    draw(&mut app, 80, 24);
    for _ in 0..200 {
        app.act(Action::ListDown);
    }
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

/// A screen with the help open.
fn help() -> TestApp {
    let mut app = afternoon();
    app.model.setup.keys = crate::keymap::Keymap::embedded().keys();
    app.act(Action::Help);
    draw(&mut app, 80, 24);
    app
}

#[test]
fn the_help_turns_pages_and_goes_to_its_ends() {
    let mut app = help();
    let first = shown(&mut app, 80, 24);
    let last_line = draw(&mut app, 80, 24).0[22].clone();
    app.act(Action::ListPageDown);
    let second = shown(&mut app, 80, 24);
    assert!(second != first && second.lines().nth(1) == Some(last_line.as_str()), "one line is on both: {second}");
    app.act(Action::ListPageUp);
    assert_eq!(shown(&mut app, 80, 24), first);
    app.act(Action::ListLast);
    let end = shown(&mut app, 80, 24);
    assert!(end.contains("/theme auto|dark|light|FILE"), "{end}");
    app.act(Action::ListPageDown);
    assert_eq!(shown(&mut app, 80, 24), end);
    app.act(Action::ListFirst);
    assert_eq!(shown(&mut app, 80, 24), first);
    app.take(Msg::Mouse(crate::app::Mouse::Wheel { lines: 3 }));
    let (by_wheel, third) = (shown(&mut app, 80, 24), first.lines().nth(4).map(str::to_owned));
    assert_eq!(by_wheel.lines().nth(1).map(str::to_owned), third, "three lines on");
}

#[test]
fn the_help_shows_the_lines_that_contain_the_typed_words() {
    let mut app = help();
    app.act(Action::ListLast);
    "quit sh".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    app.act(Action::DeleteLeft);
    app.act(Action::DeleteLeft);
    insta::assert_snapshot!("help_filtered_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("help_filtered_40x10", shown(&mut app, 40, 10));
    "zzz".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    assert!(shown(&mut app, 80, 24).contains("No key or command is called that."));
}

#[test]
fn a_deletion_is_asked_for_on_a_narrow_screen() {
    let mut app = room_with(talk());
    app.push(event(GENERAL, 9, message(10, ME, "a text of mine that is longer than the question's frame is wide")));
    app.act(Action::Cancel);
    app.act(Action::DeleteMessage);
    insta::assert_snapshot!(shown(&mut app, 40, 10));
}

#[test]
fn a_description_that_is_not_known_is_asked_for() {
    let texts =
        [("Releases.", "This room is for: Releases."), ("", "No description yet. Set one with /describe TEXT.")];
    for (description, notice) in texts {
        let mut app = room_with(talk());
        let effects = app.send("/describe");
        assert_eq!(app.notice(), "");
        let ask = asked(&effects, |request| matches!(request, Request::RoomInfo(_))).expect("asked").0;
        let mut listing = listing(GENERAL.0, "general", "");
        listing.room.description = (!description.is_empty()).then(|| description.parse().expect("a description"));
        let info = RoomInfoAnswer {
            listing,
            head: Seq(9),
            messages: 9,
            rsvp: RsvpCounts { attending: 0, interested: 0 },
            own_rsvp: Rsvp::None,
            role: None,
            users: Vec::new(),
        };
        app.answer(ask, Ok(Answer::RoomInfo(info)));
        assert_eq!(app.notice(), notice);
    }
}
