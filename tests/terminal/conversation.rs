//! People and scripts in conversation.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;

#[test]
fn the_first_minute_needs_no_help() {
    let home = Home::default();
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("online");
    screen.wait_for_text("message #general");
    screen.type_text("hello, world");
    screen.press(&["Enter"]);
    until("the message", || home.output(&["tail", "general", "-n", "1"]).contains("hello, world").then_some(()));
    screen.wait_for("the acknowledged message", |lines| {
        lines.iter().any(|line| line.contains("hello, world")) && !lines.iter().any(|line| line.contains("sending"))
    });
}

#[test]
fn two_people_and_a_script_talk() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    let (left, right) = (Screen::chat(&ana, (100, 30), &[]), Screen::chat(&ben, (100, 30), &[]));
    left.wait_for_text("message #general");
    right.wait_for_text("message #general");
    left.type_text("@ben the flaky test is the clock");
    right.wait_for_text("ana is typing");
    left.press(&["Enter"]);
    right.wait_for_text("the flaky test is the clock");
    right.wait_for("no one types any more", |lines| !lines.iter().any(|line| line.contains("typing")));
    right.type_text("on it");
    right.press(&["Enter"]);
    left.wait_for_text("on it");
    let script = Home::signed_in(&server, "ci-bot");
    script.pipe(&["send", "general", "--code"], b"test result: ok. 412 passed\n");
    for screen in [&left, &right] {
        screen.wait_for_text("\u{258f}test result: ok. 412 passed");
        screen.wait_for("ci-bot's join", |lines| lines.iter().any(|line| line.contains("ci-bot joined")));
    }
    script.output(&["send", "general", "--ttl", "60s", "key 4417"]);
    left.wait_for("a countdown", |lines| lines.iter().any(|line| line.contains("key 4417") && line.contains('◷')));
}

/// A room's line in the list of rooms.
fn listed<'a>(lines: &'a [String], room: &str) -> &'a str {
    let line = lines.iter().find(|line| line.trim_start().starts_with(room));
    line.and_then(|line| line.split('│').next()).unwrap_or_default().trim()
}

#[test]
fn two_screens_of_one_person_stay_in_sync() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    ana.output(&["room", "create", "ops"]);
    ben.output(&["room", "join", "ops"]);
    let (one, two) = (Screen::chat(&ana, (100, 30), &[]), Screen::chat(&ana, (100, 30), &[]));
    for screen in [&one, &two] {
        screen.wait_for_text("message #general");
    }
    ben.output(&["send", "ops", "first"]);
    for screen in [&one, &two] {
        screen.wait_for("one unread", |lines| listed(lines, "# ops").ends_with('1'));
    }
    one.press(&["M-a"]);
    one.wait_for_text("first");
    two.wait_for("read on the other screen", |lines| listed(lines, "# ops").ends_with("ops"));
    one.type_text("from the first screen");
    one.press(&["Enter"]);
    two.press(&["C-n"]);
    two.wait_for_text("from the first screen");
}

#[test]
fn a_screen_catches_up_after_the_server_was_killed() {
    let mut server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    let screen = Screen::chat(&ana, (100, 40), &[]);
    screen.wait_for_text("message #general");
    ben.output(&["send", "general", "before"]);
    screen.wait_for_text("before");
    server.kill();
    screen.wait_for_text("offline");
    screen.type_text("written while it was away");
    screen.press(&["Enter"]);
    screen.wait_for_text("1 to send");
    server.restart();
    for number in 1..=12 {
        ben.output(&["send", "general", &format!("meanwhile {number:02}")]);
    }
    let lines = screen.wait_for("everything", |lines| {
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        has("meanwhile 12") && has("written while it was away") && has("online") && !has("to send")
    });
    for number in 1..=12 {
        let text = format!("meanwhile {number:02}");
        assert_eq!(lines.iter().filter(|line| line.contains(&text)).count(), 1, "{lines:#?}");
    }
    let history = ana.output(&["history", "general", "--limit", "100"]);
    assert_eq!(history.matches("written while it was away").count(), 1);
}

#[test]
fn the_last_screen_is_shown_before_any_server_answers() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["send", "general", "kept for later"]);
    let screen = Screen::chat(&ana, (80, 24), &[]);
    screen.wait_for_text("kept for later");
    screen.type_text("half a thought");
    screen.wait_for_text("half a thought");
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    server.kill();
    let again = Screen::chat(&ana, (80, 24), &[]);
    again.wait_for_text("kept for later");
    again.wait_for_text("half a thought");
    again.wait_for_text("offline");
}

#[test]
fn previous_texts_of_a_message_are_shown() {
    let home = Home::default();
    home.output(&["send", "general", "teh biuld"]);
    home.output(&["edit", "general/2", "the build"]);
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("the build (edited)");
    screen.wait_for_text("online");
    screen.select_last();
    screen.press(&["v"]);
    screen.wait_for("the previous text and the current one", |lines| {
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        has("earlier versions") && has("until ") && has("teh biuld") && has("│ now")
    });
    screen.press(&["q"]);
    screen.wait_for("the message alone", |lines| !lines.iter().any(|line| line.contains("teh biuld")));
    screen.press(&["i"]);
    screen.wait_for_text("message #general");
    screen.type_text("/versions");
    screen.press(&["Enter"]);
    screen.wait_for_text("teh biuld");
    home.output(&["delete", "general/2"]);
    screen.wait_for("its texts are deleted with the message", |lines| {
        !lines.iter().any(|line| line.contains("teh biuld"))
    });
}
