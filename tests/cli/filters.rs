//! `tail`, `history` and `wait` choose by time, person, text and kind, and print several rooms in the order of time.

use chat_tests::client::Home;
use chat_tests::server::Server;
use chat_tests::wait;
use serde_json::Value;

struct Place {
    server: Server,
    ana: Home,
    ben: Home,
}

impl Place {
    fn new() -> Self {
        let server = Server::start();
        let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
        Self { server, ana, ben }
    }

    /// The moment at which the message was posted.
    fn at(&self, room: &str, body: &str) -> String {
        let history = self.ana.output(&["history", room, "--json"]);
        let lines = history.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let found = lines.into_iter().find(|line| line["body"] == body).expect("it is there");
        found["at"].as_str().expect("a moment").to_owned()
    }
}

/// The texts of the messages, and the kinds of other lines.
fn bodies(json: &str) -> Vec<String> {
    let lines = json.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines
        .map(|line| line["body"].as_str().unwrap_or_else(|| line["type"].as_str().expect("a type")).to_owned())
        .collect()
}

#[test]
fn history_and_tail_print_a_stretch_of_time() {
    let place = Place::new();
    for body in ["one", "two", "three", "four"] {
        place.ana.output(&["send", "general", body]);
    }
    let (two, three) = (place.at("general", "two"), place.at("general", "three"));
    for command in ["history", "tail"] {
        let print =
            |arguments: &[&str]| bodies(&place.ana.output(&[&[command, "general", "--json"], arguments].concat()));
        assert_eq!(print(&["--since", &two]), ["two", "three", "four"], "{command}");
        assert_eq!(print(&["--since", &two, "--until", &three]), ["two", "three"], "{command}");
        assert_eq!(print(&["--until", &two]), ["joins", "one", "two"], "{command}");
        assert!(print(&["--since", "1h"]).ends_with(&["three".to_owned(), "four".to_owned()]), "{command}");
        assert_eq!(print(&["--since", "general/3"]), ["two", "three", "four"], "{command}");
        assert_eq!(print(&["--until", "1h"]), [""; 0], "{command}");
    }
    assert_eq!(place.ana.code(&["history", "general", "--since", "soon"]), 2);
}

#[test]
fn history_and_tail_choose_by_person_text_and_kind() {
    let place = Place::new();
    place.ana.output(&["send", "general", "deploy one"]);
    place.ben.output(&["send", "general", "deploy two"]);
    for number in 0..30 {
        place.ana.output(&["send", "general", &format!("noise {number}")]);
    }
    for command in ["history", "tail"] {
        let print =
            |arguments: &[&str]| bodies(&place.ana.output(&[&[command, "general", "--json"], arguments].concat()));
        assert_eq!(print(&["--from", "@ben"]), ["deploy two"], "{command}");
        assert_eq!(print(&["--match", "^deploy", "-n", "1"]), ["deploy two"], "{command}");
        assert_eq!(print(&["--messages-only", "--from", "ben", "--from", "ana"]).last().expect("one"), "noise 29");
        assert_eq!(print(&["--match", "deploy"]), ["deploy one", "deploy two"], "beyond the last lines: {command}");
        assert_eq!(place.ana.code(&[command, "general", "--from", "nobody"]), 5, "{command}");
    }
}

#[test]
fn a_follower_prints_only_what_is_asked_for() {
    let place = Place::new();
    place.ana.output(&["room", "create", "ops"]);
    let sign_ins = || place.server.log().matches("signed in").count();
    let before = sign_ins();
    let arguments = ["tail", "general", "-f", "-n", "0", "--json", "--messages-only", "--from", "ben", "--max", "2"];
    let tail = place.ana.chat(&arguments).spawn().expect("it starts");
    wait::until("the follower", || (sign_ins() >= before + 2).then_some(()));
    let id = place.ben.output(&["send", "general", "first"]);
    place.ana.output(&["send", "general", "mine"]);
    place.ben.output(&["edit", id.trim(), "first, edited"]);
    place.ben.output(&["send", "general", "second"]);
    let output = tail.wait_with_output().expect("it ends");
    assert_eq!(bodies(&String::from_utf8_lossy(&output.stdout)), ["first", "second"]);
}

#[test]
fn a_follower_ends_at_a_moment() {
    let place = Place::new();
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let output = place.ana.run(&["tail", "general", "-f", "--until", &end.to_string()]);
    assert!(output.status.success() && jiff::Timestamp::now() >= end);
}

#[test]
fn several_rooms_come_in_the_order_of_time() {
    let place = Place::new();
    place.ana.output(&["room", "create", "ops"]);
    let file = place.ana.path().join("cursor").display().to_string();
    let arguments = ["tail", "general", "ops", "--json", "--messages-only", "--cursor", &file];
    let mut sent = Vec::new();
    for round in 0..2 {
        for number in 0..3 {
            for room in ["ops", "general"] {
                let body = format!("{room} {round}.{number}");
                place.ana.output(&["send", room, &body]);
                sent.push(body);
            }
        }
        assert_eq!(bodies(&place.ana.output(&arguments)), sent.split_off(0), "round {round}");
    }
    let last = place.ana.output(&["tail", "general", "ops", "--json", "-n", "3"]);
    assert_eq!(bodies(&last), ["general 1.1", "ops 1.2", "general 1.2"], "of all rooms together");
}

#[test]
fn all_rooms_are_followed_as_they_are_joined() {
    let place = Place::new();
    place.ben.output(&["room", "create", "ops"]);
    let sign_ins = || place.server.log().matches("signed in").count();
    let before = sign_ins();
    let arguments = ["tail", "--all", "-f", "-n", "0", "--json", "--messages-only", "--max", "2"];
    let tail = place.ana.chat(&arguments).spawn().expect("it starts");
    wait::until("the follower", || (sign_ins() >= before + 2).then_some(()));
    place.ben.output(&["send", "general", "in general"]);
    place.ana.output(&["room", "join", "ops"]);
    // Posted until the follower, which hears of the room on a connection of its own, has it.
    let mut tail = Some(tail);
    let output = wait::until("both", || {
        place.ben.output(&["send", "ops", "in ops"]);
        let mut child = tail.take()?;
        if child.try_wait().expect("ours").is_some() {
            return Some(child.wait_with_output().expect("it ended"));
        }
        tail = Some(child);
        None
    });
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(bodies(&printed), ["in general", "in ops"]);
    assert!(printed.contains(r#""name":"ops""#), "{printed}");
}

#[test]
fn mentions_of_all_rooms_are_one_stream() {
    let place = Place::new();
    place.ben.output(&["room", "create", "ops"]);
    place.ana.output(&["room", "join", "ops"]);
    place.ben.output(&["send", "ops", "@ana look"]);
    place.ben.output(&["send", "general", "not you"]);
    place.ben.output(&["send", "general", "and here, @ana"]);
    assert_eq!(bodies(&place.ana.output(&["tail", "--mentions", "--json"])), ["@ana look", "and here, @ana"]);
    assert_eq!(bodies(&place.ana.output(&["tail", "ops", "--mentions", "--json"])), ["@ana look"]);
    assert_eq!(place.ana.code(&["tail"]), 2, "a room, --all or --mentions is needed");
}

#[test]
fn a_wait_is_for_others_for_a_person_and_for_several() {
    let place = Place::new();
    let id = place.ana.output(&["send", "general", "yes or no?"]);
    let id = id.trim();
    place.ana.output(&["send", "general", "yes, I say"]);
    place.ben.output(&["send", "general", "yes"]);
    let found = |arguments: &[&str]| {
        bodies(&place.ana.output(&[&["wait", "general", "--json", "--since", id], arguments].concat()))
    };
    assert_eq!(found(&["--match", "^yes"]), ["yes, I say"]);
    assert_eq!(found(&["--match", "^yes", "--not-me"]), ["yes"]);
    assert_eq!(found(&["--from", "ben"]), ["yes"]);
    assert_eq!(found(&["--count", "2"]), ["yes, I say", "yes"]);
    let output = place.ana.run(&["wait", "general", "--since", id, "--count", "3", "--timeout", "1"]);
    assert_eq!(output.status.code(), Some(7));
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(talk.contains("2 of 3 messages in #general matched within 1s"), "{talk}");
}

#[test]
fn a_wait_prints_a_message_that_matches_since_its_edit_once_and_as_a_message() {
    let place = Place::new();
    let asked = place.ana.output(&["send", "general", "start?"]);
    let id = place.ben.output(&["send", "general", "building"]);
    let id = id.trim();
    let sign_ins = || place.server.log().matches("signed in").count();
    let before = sign_ins();
    let arguments = ["wait", "general", "--match", "^done", "--since", asked.trim(), "--count", "2", "--json"];
    let waiting = place.ana.chat(&arguments).spawn().expect("it starts");
    wait::until("the follower", || (sign_ins() >= before + 2).then_some(()));
    place.ben.output(&["edit", id, "done"]);
    place.ben.output(&["edit", id, "done, in 4 s"]);
    place.ben.output(&["send", "general", "done, too"]);
    let printed = String::from_utf8(waiting.wait_with_output().expect("it ends").stdout).expect("UTF-8");
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["type"], &lines[0]["id"]), (2, &"message".into(), &id.into()), "{printed}");
    assert!(lines[0]["edited_at"].is_string(), "{printed}");
    assert_eq!(lines[1]["body"], "done, too");
}
