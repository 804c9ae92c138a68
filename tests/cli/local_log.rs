//! `chat local log`: plain text in the file and in pipes, the requested number of last lines, and following.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use chat_tests::client::Home;

#[test]
fn the_log_has_no_escapes_in_the_file_and_none_when_printed() {
    let home = Home::default();
    home.output(&["send", "general", "hello"]);
    let log = home.output(&["local", "log"]);
    assert!(log.contains("signed in") && !log.contains('\u{1b}'), "{log:?}");
    assert!(!home.holds("\u{1b}[2m"), "nor in the file");
}

#[test]
fn the_requested_number_of_last_lines_is_shown() {
    let home = Home::default();
    for _ in 0..3 {
        home.output(&["send", "general", "hello"]);
    }
    // A running server goes on writing, also about connections that are over.
    home.output(&["local", "stop"]);
    let all = home.output(&["local", "log"]);
    let end = home.output(&["local", "log", "-n", "2"]);
    assert!(all.lines().count() > 2, "{all}");
    assert_eq!(end.lines().count(), 2);
    assert!(all.ends_with(&end), "{end}");
}

#[test]
fn a_followed_log_prints_new_lines() {
    let home = Home::default();
    home.output(&["send", "general", "hello"]);
    let mut child = home.chat(&["local", "log", "-n", "0", "-f"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    // It begins at the current end of the log; until it has started, new lines may come before that.
    let writer = std::thread::spawn(move || lines.next().expect("a line").expect("readable"));
    chat_tests::wait::until("a line", || {
        home.output(&["send", "general", "more"]);
        writer.is_finished().then_some(())
    });
    assert!(!writer.join().expect("it ends").is_empty());
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}
