//! Standard streams as other tools expect them: notices on standard error, readers that go away, full disks, and input of any
//! length.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Output, Stdio};

use chat_tests::client::Home;
use chat_tests::server::Server;
use chat_tests::wait;

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("a device").into()
}

#[test]
fn a_follower_says_that_the_connection_broke_and_that_it_is_back() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["send", "general", "before"]);
    let id = ana.output(&["send", "general", "start"]);
    let mut tail = ana.chat(&["tail", "general", "-f", "--max", "2", "--since", id.trim()]).spawn().expect("it starts");
    let mut notices = BufReader::new(tail.stderr.take().expect("piped")).lines();
    // Only a follower that was connected can lose its connection: it has printed something.
    ana.output(&["send", "general", "first"]);
    let mut printed = BufReader::new(tail.stdout.take().expect("piped"));
    printed.read_line(&mut String::new()).expect("readable");
    server.kill();
    let notice = notices.next().expect("a line").expect("readable");
    assert!(notice.starts_with("disconnected (") && notice.ends_with("trying to connect again"), "{notice}");
    server.restart();
    assert_eq!(notices.next().expect("a line").expect("readable"), "connected again");
    ana.output(&["send", "general", "after"]);
    assert!(tail.wait().expect("it ends").success());
}

#[test]
fn a_stream_says_that_the_connection_broke() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let mut stream = ana.chat(&["send", "general", "--stream"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let mut input = stream.stdin.take().expect("piped");
    let mut ids = BufReader::new(stream.stdout.take().expect("piped")).lines();
    input.write_all(b"one\n").expect("taken");
    assert_eq!(ids.next().expect("a line").expect("readable"), "general/2");
    server.kill();
    input.write_all(b"two\n").expect("taken");
    let mut notices = BufReader::new(stream.stderr.take().expect("piped")).lines();
    let notice = notices.next().expect("a line").expect("readable");
    assert!(notice.starts_with("disconnected ("), "{notice}");
    stream.kill().expect("it runs");
    stream.wait().expect("it ends");
}

#[test]
fn a_server_that_does_not_answer_is_named_before_the_sign_in() {
    let home = Home::default();
    for command in [&["send", "general", "x"][..], &["whoami"], &["logout"], &["tail", "general"]] {
        let output = home.run(&[&["--server", "ws://127.0.0.1:1"], command].concat());
        assert_eq!(output.status.code(), Some(3), "{command:?}: {}", talk(&output));
        assert!(talk(&output).contains("no server answers at ws://127.0.0.1:1"), "{}", talk(&output));
    }
    let output = home.run(&["--server", "ws://127.0.0.1:1", "doctor"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("no server answers") && !printed.contains("not signed in"), "{printed}");
}

#[test]
fn a_wait_without_a_server_is_no_wait_without_a_match() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let waiting = ana.chat(&["wait", "general", "--match", "x", "--timeout", "4s"]).spawn().expect("it starts");
    wait::until("the follower", || (server.log().matches("signed in").count() >= 3).then_some(()));
    server.kill();
    for output in [waiting.wait_with_output().expect("it ends"), ana.run(&["wait", "general", "--timeout", "1"])] {
        assert_eq!(output.status.code(), Some(3), "{}", talk(&output));
        assert!(talk(&output).contains("could not be reached within"), "{}", talk(&output));
    }
}

#[test]
fn a_follower_ends_with_the_reader_of_its_output() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["send", "general", "one"]);
    let mut tail = ana.chat(&["tail", "general", "-f"]).spawn().expect("it starts");
    let mut lines = BufReader::new(tail.stdout.take().expect("piped"));
    lines.read_line(&mut String::new()).expect("readable");
    drop(lines);
    // Nobody posts: only the closed pipe can end it.
    let status = wait::until("its end", || tail.try_wait().expect("ours"));
    assert!(status.success(), "{status}");
}

#[test]
fn the_end_of_any_input_is_posted_in_constant_memory() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let mut send = ana.chat(&["send", "general", "--fit", "tail"]).stdin(Stdio::piped()).spawn().expect("it starts");
    let mut input = send.stdin.take().expect("piped");
    let lines = "a line of a long build log, which nobody reads from its beginning\n".repeat(16 * 1024);
    for _ in 0..80 {
        input.write_all(lines.as_bytes()).expect("taken");
    }
    input.write_all(b"error: the last line\n").expect("taken");
    let status = std::fs::read_to_string(format!("/proc/{}/status", send.id())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    let peak: u64 = peak.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number");
    drop(input);
    let output = send.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", talk(&output));
    assert!(peak < 48 * 1024, "{peak} KiB");
    let shown = ana.output(&["history", "general", "-n", "1"]);
    assert!(shown.ends_with("    error: the last line\n"), "{shown}");
    let left_out: u64 =
        shown.split('…').nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok()).expect("a count");
    assert!((1_310_000..1_310_721).contains(&left_out), "{left_out}");
}

#[test]
fn a_send_waits_out_a_rate_limit_unless_it_must_not() {
    let server =
        Server::start_with(&[], "[limits]\nposts_per_second = 5\nposts_burst = 2\n[auth]\nregistration = \"open\"\n");
    let mut home = Home::default();
    home.set("CHAT_SERVER", &format!("ws://{}", server.address()));
    assert!(home.pipe(&["register", "ana", "--password-stdin"], b"correct horse").status.success());
    // One command posts more than a burst, so that the limit holds however slow the machine is.
    let long: String = (0..8).map(|part| format!("{part}{}\n", "x".repeat(7_900))).collect();
    let output = home.pipe(&["send", "general", "--fit", "split"], long.as_bytes());
    assert!(output.status.success(), "{}", talk(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 8);
    let output = home.pipe(&["send", "general", "--fit", "split", "--no-wait"], long.as_bytes());
    assert_eq!(output.status.code(), Some(6), "{}", talk(&output));
}

#[test]
fn a_log_in_a_pipe_has_no_colour_and_no_names_of_modules() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    server.kill();
    let output = ana.run(&["-v", "wait", "general", "--timeout", "1"]);
    assert!(talk(&output).contains("INFO"), "{}", talk(&output));
    assert!(!talk(&output).contains('\u{1b}') && !talk(&output).contains("chat_tui::"), "{}", talk(&output));
}

#[test]
fn a_full_standard_output_is_a_failure_that_says_what_was_done() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let run = |arguments: &[&str]| {
        let child = ana.chat(arguments).stdout(full()).spawn().expect("it starts");
        child.wait_with_output().expect("it ends")
    };
    for arguments in [&["send", "general", "hello"][..], &["send", "general", "hello again", "--json"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", talk(&output));
        assert!(talk(&output).contains("was posted, but cannot be printed"), "{}", talk(&output));
    }
    for script in ["echo out", "echo out; exit 9"] {
        let output = run(&["run", "general", "--", "sh", "-c", script]);
        let (code, talk) = (output.status.code(), talk(&output));
        assert!(talk.contains("posted general/"), "{talk}");
        if script.ends_with('9') {
            assert_eq!(code, Some(9), "the command's own status: {talk}");
        } else {
            assert_eq!(code, Some(1), "{talk}");
            assert!(talk.contains("the command's output cannot be printed: no space left on device"), "{talk}");
        }
    }
    for arguments in
        [&["tail", "general"][..], &["--help"], &["send", "--help"], &["completions", "bash"], &["--version"]]
    {
        assert_eq!(run(arguments).status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn lines_of_a_description_cannot_pass_for_other_lines() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["room", "describe", "general", "about\nmembers      1,000,000"]);
    let shown = ana.output(&["room", "info", "general"]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("members ")).count(), 1, "{shown}");
}

#[test]
fn a_full_standard_error_changes_no_exit_code() {
    let home = Home::default();
    let mut whoami = home.chat(&["--server", "unix:/nonexistent/s", "whoami"]);
    assert_eq!(whoami.stderr(full()).status().expect("it runs").code(), Some(3));
}

#[test]
fn a_command_keeps_its_status_if_its_result_cannot_be_printed() {
    let home = Home::default();
    let arguments = ["run", "general", "--json", "--", "sh", "-c", "exit 4"];
    let output = home.chat(&arguments).stdout(full()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(4), "{}", talk(&output));
    assert!(talk(&output).contains("no space left"), "{}", talk(&output));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(home.chat(&arguments).stdout(writer).status().expect("it runs").code(), Some(4));
}
