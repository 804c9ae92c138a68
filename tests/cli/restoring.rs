//! `chat tail` on a server whose data were put back to an earlier copy.

use std::io::{BufRead, BufReader};
use std::process::Output;

use chat_tests::client::Home;
use chat_tests::server::Server;

/// A server with three messages, and the home of an account that follows `#general` with a cursor file.
struct Place {
    server: Server,
    home: Home,
}

impl Place {
    fn new() -> Self {
        let server = Server::start();
        let home = Home::signed_in(&server, "ana");
        let place = Self { server, home };
        place.post("shared", 3);
        place
    }

    fn post(&self, body: &str, count: usize) {
        let lines: String = (1..=count).map(|number| format!("{body} {number}\n")).collect();
        let output = self.home.pipe(&["send", "general", "--stream"], lines.as_bytes());
        assert!(output.status.success(), "{}", talk(&output));
    }

    fn cursor_file(&self) -> String {
        self.home.path().join("cursor").display().to_string()
    }

    fn tail(&self) -> Output {
        let output = self.home.run(&["tail", "general", "--cursor", &self.cursor_file()]);
        assert!(output.status.success(), "{}", talk(&output));
        output
    }
}

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The texts of the messages that were printed.
fn printed(output: &Output) -> Vec<String> {
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().filter_map(|line| Some(line.split_once("ana: ")?.1.to_owned())).collect()
}

fn numbered(body: &str, range: std::ops::RangeInclusive<usize>) -> Vec<String> {
    range.map(|number| format!("{body} {number}")).collect()
}

#[test]
fn a_tail_goes_on_where_a_copy_of_a_running_server_ends_and_says_so() {
    let mut place = Place::new();
    assert_eq!(printed(&place.tail()), numbered("shared", 1..=3));
    let copy = place.server.copy();
    place.post("lost", 2);
    assert_eq!(printed(&place.tail()), numbered("lost", 1..=2));
    place.server.put_back(&copy);
    place.post("new", 30);
    let output = place.tail();
    assert!(talk(&output).contains("general: the server was restored to an earlier state"), "{}", talk(&output));
    assert!(talk(&output).contains("Continuing after general/4."), "{}", talk(&output));
    assert_eq!(printed(&output), numbered("new", 1..=30));
    place.post("later", 1);
    let output = place.tail();
    assert_eq!((printed(&output), talk(&output)), (numbered("later", 1..=1), String::new()), "it is said once");
}

#[test]
fn a_tail_begins_with_the_last_messages_if_the_copy_does_not_know_its_run() {
    let mut place = Place::new();
    place.server.terminate();
    let copy = place.server.copy();
    place.server.restart();
    place.post("lost", 2);
    assert_eq!(printed(&place.tail()).len(), 5);
    place.server.put_back(&copy);
    place.post("new", 30);
    let output = place.tail();
    assert!(talk(&output).contains("the server does not know this position"), "{}", talk(&output));
    assert_eq!(printed(&output), numbered("new", 11..=30));
    let output = place.tail();
    assert_eq!((printed(&output), talk(&output)), (Vec::new(), String::new()), "it is said once");
}

#[test]
fn a_cursor_file_of_a_former_version_is_of_an_unknown_run() {
    let place = Place::new();
    std::fs::write(place.cursor_file(), "R1 2\n").expect("written");
    let output = place.tail();
    assert!(talk(&output).contains("the server does not know this position"), "{}", talk(&output));
    assert_eq!(printed(&output), numbered("shared", 1..=3));
    assert_eq!(talk(&place.tail()), "", "the file has the present form now");
}

#[test]
fn a_tail_that_follows_while_a_copy_is_put_back_misses_nothing() {
    let mut place = Place::new();
    let copy = place.server.copy();
    let sign_ins = |place: &Place| place.server.log().matches("signed in").count();
    let before = sign_ins(&place);
    let mut tail = place.home.chat(&["tail", "general", "-f", "-n", "0", "--max", "7"]).spawn().expect("it starts");
    let mut lines = BufReader::new(tail.stdout.take().expect("piped")).lines();
    let mut next = |count: usize| -> Vec<String> {
        let lines = lines.by_ref().take(count).map(|line| line.expect("readable"));
        lines.map(|line| line.split_once("ana: ").expect("a message").1.to_owned()).collect()
    };
    // Two connections: one asks for the end, the other follows.
    chat_tests::wait::until("the follower", || (sign_ins(&place) >= before + 2).then_some(()));
    place.post("lost", 2);
    assert_eq!(next(2), numbered("lost", 1..=2));
    let before = sign_ins(&place);
    place.server.put_back(&copy);
    // As many as were lost: the head is where the follower stands.
    place.post("new", 2);
    chat_tests::wait::until("the follower", || (sign_ins(&place) >= before + 2).then_some(()));
    place.post("later", 3);
    assert_eq!(next(5), [numbered("new", 1..=2), numbered("later", 1..=3)].concat());
    let output = tail.wait_with_output().expect("it ends");
    assert!(talk(&output).contains("restored to an earlier state"), "{}", talk(&output));
}

#[test]
fn a_killed_server_is_no_restored_one_even_if_the_last_message_was_ephemeral() {
    let mut place = Place::new();
    place.home.output(&["send", "general", "--ttl", "10m", "ephemeral 1"]);
    assert!(String::from_utf8_lossy(&place.tail().stdout).contains("ephemeral 1"));
    place.server.kill();
    place.server.restart();
    place.post("new", 1);
    let output = place.tail();
    assert_eq!((printed(&output), talk(&output)), (numbered("new", 1..=1), String::new()));
}
