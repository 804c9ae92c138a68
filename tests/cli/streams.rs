//! `chat send --stream`: lines in, message names out; in order, each once, whatever happens to the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use chat_tests::client::Home;
use serde_json::Value;

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

/// The texts of the messages in a room, oldest first.
fn bodies(home: &Home, room: &str) -> Vec<String> {
    let history = home.output(&["history", room, "-n", "100000", "--json"]);
    let items = history.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    items.filter(|item| item["type"] == "message").map(|item| item["body"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn an_invalid_utf_8_byte_is_replaced_and_the_stream_goes_on() {
    let home = Home::default();
    let output = home.pipe(&["send", "general", "--stream"], b"first\nb\xffd\nlast\n");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines(&output.stdout).len(), 3);
    assert_eq!(bodies(&home, "general"), ["first", "b\u{fffd}d", "last"]);
}

#[test]
fn lines_before_bad_input_are_acknowledged() {
    let home = Home::default();
    let output = home.pipe(&["send", "general", "--stream"], b"first\nsecond\n\0b\nc\n");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines(&output.stdout), ["general/2", "general/3"]);
    assert_eq!(bodies(&home, "general"), ["first", "second"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 3"), "the line is named");
}

#[test]
fn a_line_over_the_limit_is_named_unless_it_can_be_split_or_cut() {
    let home = Home::default();
    let long = format!("first\n{}\nlast\n", "x".repeat(9_000));
    let refused = home.pipe(&["send", "general", "--stream"], long.as_bytes());
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(lines(&refused.stdout), ["general/2"], "earlier lines are acknowledged");
    let talk = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(talk.contains("9000") && talk.contains("8000") && talk.contains("line 2"), "{talk}");
    let split = home.pipe(&["send", "general", "--stream", "--fit", "split"], long.as_bytes());
    assert_eq!((split.status.code(), lines(&split.stdout).len()), (Some(0), 4));
    let head = home.pipe(&["send", "general", "--stream", "--fit", "head"], long.as_bytes());
    assert_eq!((head.status.code(), lines(&head.stdout).len()), (Some(0), 3));
}

#[test]
fn blank_lines_are_skipped_and_help_says_so() {
    let home = Home::default();
    let output = home.pipe(&["send", "general", "--stream"], b"a\n\n   \nb\n");
    assert_eq!(lines(&output.stdout), ["general/2", "general/3"]);
    let help = home.output(&["send", "--help"]);
    assert!(help.split_whitespace().collect::<Vec<_>>().join(" ").contains("blank lines are skipped"));
}

#[test]
fn a_stream_keeps_to_the_published_rate_and_prints_little() {
    let home = Home::default();
    let input: String = (1..=700).map(|n| format!("line {n}\n")).collect();
    let output = home.pipe(&["send", "general", "--stream", "-v"], input.as_bytes());
    assert_eq!((output.status.code(), lines(&output.stdout).len()), (Some(0), 700));
    let waits = lines(&output.stderr).iter().filter(|line| line.starts_with("waiting")).count();
    assert!(waits <= 1, "{waits} refusals");
    // The burst is used up, which a new connection cannot know; it finds out silently.
    let again = home.pipe(&["send", "general", "--stream"], input.as_bytes());
    assert_eq!((again.status.code(), lines(&again.stdout).len()), (Some(0), 700));
    assert!(again.stderr.is_empty(), "{}", String::from_utf8_lossy(&again.stderr));
}

/// Kills the local server as soon as it answers.
fn kill_server(home: &Home) {
    chat_tests::wait::until("a running server", || {
        let status: Value = serde_json::from_slice(&home.run(&["local", "status", "--json"]).stdout).ok()?;
        let pid = rustix::process::Pid::from_raw(i32::try_from(status["pid"].as_i64()?).ok()?)?;
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok()
    });
}

#[test]
fn a_stream_survives_a_server_that_is_killed_whenever_it_comes_back() {
    let home = Home::default();
    let input: String = (1..=300).map(|n| format!("line {n}\n")).collect();
    let mut child = home.chat(&["send", "general", "--stream"]).stdin(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("taken");
    let mut named = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    named.read_line(&mut first).expect("readable");
    // Sometimes before a client has signed in, or before the client that started it has noticed that it runs.
    for _ in 0..8 {
        kill_server(&home);
    }
    let mut rest = String::new();
    named.read_to_string(&mut rest).expect("readable");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(rest.lines().count(), 299);
    assert_eq!(bodies(&home, "general"), (1..=300).map(|n| format!("line {n}")).collect::<Vec<_>>());
}

#[test]
fn a_stream_that_is_interrupted_does_not_wait_for_its_input() {
    let home = Home::default();
    let mut child = home.chat(&["send", "general", "--stream"]).stdin(Stdio::piped()).spawn().expect("it starts");
    // The input stays open: the line that would wake it never comes.
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"one\n").expect("taken");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("readable");
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let status = chat_tests::wait::until("its end", || child.try_wait().expect("it is ours"));
    assert_eq!(status.code(), Some(130));
    drop(stdin);
}

#[test]
fn a_stream_survives_a_killed_server_without_loss_or_duplicate() {
    let home = Home::default();
    let mut child = home.chat(&["send", "general", "--stream"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    let mut named = BufReader::new(child.stdout.take().expect("piped"));
    let input: String = (1..=900).map(|n| format!("line {n}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let mut ids = Vec::new();
    for _ in 0..450 {
        let mut line = String::new();
        named.read_line(&mut line).expect("readable");
        ids.push(line.trim().to_owned());
    }
    kill_server(&home);
    let mut rest = String::new();
    named.read_to_string(&mut rest).expect("readable");
    ids.extend(rest.lines().map(str::to_owned));
    writer.join().expect("it ends").expect("all input is read");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(bodies(&home, "general"), (1..=900).map(|n| format!("line {n}")).collect::<Vec<_>>());
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 900, "each message has its own name");
}

#[test]
fn a_stream_to_a_server_that_stays_unreachable_lists_the_unsent_lines() {
    let mut server = chat_tests::server::Server::start();
    let home = Home::signed_in(&server, "ana");
    let mut child = home.chat(&["send", "general", "--stream"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"one\n").expect("taken");
    let mut named = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    named.read_line(&mut line).expect("readable");
    server.kill();
    stdin.write_all(b"two\nthree\n").expect("taken");
    // Its input stays open: the unsent lines end it anyway.
    let output = child.wait_with_output().expect("it ends");
    drop(stdin);
    assert_eq!(output.status.code(), Some(3));
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(talk.contains("not acknowledged"), "{talk}");
}
