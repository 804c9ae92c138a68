//! `tail --cursor`: one file for several rooms, held by one run at a time, and proved writable first.

use std::io::{BufRead, BufReader};

use chat_tests::client::Home;
use chat_tests::server::Server;
use chat_tests::wait;

struct Place {
    /// Declared first, so that it ends last.
    home: Home,
    _server: Server,
}

impl Place {
    fn new() -> Self {
        let server = Server::start();
        let home = Home::signed_in(&server, "ana");
        home.output(&["room", "create", "ops"]);
        Self { home, _server: server }
    }

    fn file(&self) -> String {
        self.home.path().join("cursor").display().to_string()
    }

    fn tail(&self, rooms: &[&str]) -> String {
        let file = self.file();
        self.home.output(&[&["tail", "--messages-only", "--cursor", &file], rooms].concat())
    }
}

#[test]
fn a_run_keeps_the_lines_of_rooms_it_does_not_name() {
    let place = Place::new();
    place.tail(&["ops", "general"]);
    for number in 1..=28 {
        place.home.output(&["send", "ops", &format!("job {number}")]);
    }
    place.tail(&["general"]);
    assert_eq!(place.tail(&["ops"]).lines().count(), 28, "not only the last ones");
    let lines = std::fs::read_to_string(place.file()).expect("a file");
    assert_eq!(lines.lines().count(), 2, "{lines}");
    let epoch = place.home.output(&["whoami", "--json"]);
    let epoch: serde_json::Value = serde_json::from_str(&epoch).expect("JSON");
    let epoch = epoch["epoch"].as_str().expect("a name");
    assert!(lines.lines().all(|line| line.split(' ').nth(1) == Some(epoch)), "{lines}");
}

#[test]
fn two_runs_do_not_use_one_file_at_once() {
    let place = Place::new();
    let file = place.file();
    place.home.output(&["send", "ops", "one"]);
    let mut first = place.home.chat(&["tail", "ops", "-f", "--cursor", &file]).spawn().expect("it starts");
    BufReader::new(first.stdout.as_mut().expect("piped")).read_line(&mut String::new()).expect("readable");
    let output = place.home.run(&["tail", "ops", "--cursor", &file]);
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.contains("is in use by another command") && output.stdout.is_empty(), "{talk}");
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    assert_eq!(place.home.code(&["tail", "ops", "--cursor", &file]), 0, "a killed run holds nothing");
}

#[test]
fn nothing_is_printed_if_the_position_cannot_be_kept() {
    let place = Place::new();
    place.home.output(&["send", "ops", "one"]);
    let output = place.home.run(&["tail", "ops", "--cursor", "/nowhere/cursor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_follower_that_is_killed_before_the_first_message_loses_none() {
    let place = Place::new();
    let file = place.file();
    let mut first = place.home.chat(&["tail", "ops", "-f", "-n", "0", "--cursor", &file]).spawn().expect("it starts");
    // Nothing is printed: only the file shows where the run is.
    let position = || std::fs::read_to_string(&file).ok().filter(|lines| !lines.is_empty());
    wait::until("the position", position);
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    for number in 1..=25 {
        place.home.output(&["send", "ops", &format!("job {number}")]);
    }
    assert_eq!(place.tail(&["ops"]).lines().count(), 25, "not only the last ones");
}

#[test]
fn messages_that_are_not_printed_move_the_position_too() {
    let place = Place::new();
    let file = place.file();
    let arguments = ["tail", "ops", "-f", "-n", "0", "--match", "deploy", "--cursor", &file];
    let mut first = place.home.chat(&arguments).spawn().expect("it starts");
    let position = || std::fs::read_to_string(&file).ok().filter(|lines| !lines.is_empty());
    let before = wait::until("the position", position);
    place.home.output(&["send", "ops", "nothing of interest"]);
    wait::until("the next position", || position().filter(|lines| *lines != before));
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    assert_eq!(place.tail(&["ops"]), "");
}
