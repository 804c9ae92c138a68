//! `chat run`: the command's output in order, its exit status, and signals passed on to it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use chat_tests::client::Home;
use rustix::process::{Pid, Signal};
use serde_json::Value;

fn bodies(home: &Home) -> Vec<String> {
    let history = home.output(&["history", "general", "--json"]);
    let items = history.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    items.filter(|item| item["type"] == "message").map(|item| item["body"].as_str().expect("text").to_owned()).collect()
}

/// Runs a shell script that prints a line when it is ready, and waits for that line.
fn started(home: &Home, script: &str) -> Child {
    let arguments = ["run", "general", "--", "sh", "-c", script];
    let mut child = home.chat(&arguments).stdin(Stdio::null()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("readable");
    assert_eq!(line, "ready\n");
    child
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, signal).expect("it runs");
}

#[test]
fn output_and_errors_keep_the_order_they_were_written_in() {
    let home = Home::default();
    let script = "for n in 1 2 3 4 5 6 7 8 9; do echo $n; echo e$n >&2; done";
    let output = home.run(&["run", "general", "--", "sh", "-c", script]);
    let expected: String = (1..=9).map(|n| format!("{n}\ne{n}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "both are passed on to standard output");
    let posted = bodies(&home);
    assert_eq!(posted.len(), 1, "output and result are one message");
    assert!(posted[0].starts_with("$ sh -c ") && posted[0].contains(&format!("\n{expected}passed in ")), "{posted:?}");
}

#[test]
fn with_json_the_commands_output_stays_out_of_the_lines() {
    let home = Home::default();
    let output = home.run(&["run", "general", "--json", "--", "sh", "-c", "echo out; echo err >&2"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.len(), 1, "{printed}");
    assert_eq!(lines[0]["type"], "run");
    assert!(String::from_utf8_lossy(&output.stderr).contains("out\nerr\n"));
    assert!(home.output(&["run", "--help"]).contains("--json"), "help says what goes where");
}

#[test]
fn a_signal_reaches_the_command_and_its_result_is_posted() {
    for (sent, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2)] {
        let home = Home::default();
        // The grandchild would be left behind if only the shell received the signal.
        let child = started(&home, "sleep 600 & echo ready; wait; echo never");
        signal(&child, sent);
        let output = child.wait_with_output().expect("it ends");
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(128 + number), "{talk}");
        let posted = bodies(&home);
        assert!(posted[0].contains("\nready\n"), "{posted:?}");
        assert!(posted[0].contains(&format!("was ended by signal {number}")), "{posted:?}");
    }
}

#[test]
fn a_command_that_handles_the_signal_keeps_its_own_status() {
    let home = Home::default();
    let child = started(&home, "trap 'echo tidied; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    signal(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(7));
    let output = bodies(&home).remove(0);
    assert!(output.contains("\nready\n") && output.contains("\ntidied\nfailed with exit status 7"), "{output}");
}

#[test]
fn a_command_that_ignores_the_signal_is_killed_after_a_while() {
    let home = Home::default();
    let child = started(&home, "trap '' TERM; echo ready; while :; do sleep 0.05; done");
    signal(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(128 + 9));
    assert!(bodies(&home)[0].contains("signal 9"));
}
