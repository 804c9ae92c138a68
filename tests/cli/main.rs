//! The command line as scripts depend on it.

mod arguments;
mod asking;
mod client_files;
mod completions;
mod cursor_files;
mod doctor;
mod errors;
mod expiry;
mod filters;
mod hostile_text;
mod json_lines;
mod json_page;
mod json_scripts;
mod local_backup;
mod local_log;
mod many_rooms;
mod one_server;
mod profiles;
mod readme;
mod references;
mod restoring;
mod run_outbox;
mod running;
mod standard_streams;
mod streams;
mod tables;
mod tls;
mod versions;

use chat_tests::client::Home;
use chat_tests::server::Server;
use serde_json::Value;

#[test]
fn the_first_command_on_a_bare_machine_works_and_prints_the_messages_name() {
    let home = Home::default();
    assert_eq!(home.output(&["send", "general", "hello", "world"]), "general/2\n");
    let tail = home.output(&["tail", "general", "--json"]);
    let lines: Vec<Value> = tail.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (&lines[1]["type"], &lines[1]["body"], &lines[1]["id"]),
        (&"message".into(), &"hello world".into(), &"general/2".into())
    );
    assert!(home.output(&["local", "status"]).contains("running, pid"));
}

#[test]
fn two_first_commands_at_once_share_one_server() {
    let home = Home::default();
    let starts: Vec<_> =
        (0..6).map(|n| home.chat(&["send", "general", &format!("from {n}")]).spawn().expect("it starts")).collect();
    for start in starts {
        assert!(start.wait_with_output().expect("it ends").status.success());
    }
    assert_eq!(home.output(&["history", "general", "--json"]).lines().count(), 7, "one join and six messages");
}

#[test]
fn a_killed_local_server_is_replaced_without_loss() {
    let home = Home::default();
    home.output(&["send", "general", "kept"]);
    let status: Value = serde_json::from_str(&home.output(&["local", "status", "--json"])).expect("JSON");
    let pid = status["pid"].as_i64().and_then(|pid| rustix::process::Pid::from_raw(pid as i32)).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
    chat_tests::wait::until("its end", || rustix::process::test_kill_process(pid).err());
    assert!(home.output(&["tail", "general"]).contains("kept"));
}

#[test]
fn a_stream_keeps_its_order_and_prints_each_message_name_as_it_is_acknowledged() {
    let home = Home::default();
    let input: String = (1..=500).map(|n| format!("line {n}\n")).collect();
    let output = home.pipe(&["send", "general", "--stream", "--json"], input.as_bytes());
    assert!(output.status.success());
    let bodies: Vec<String> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["body"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(bodies, (1..=500).map(|n| format!("line {n}")).collect::<Vec<_>>());
    let kept = home.output(&["history", "general", "-n", "500", "--json"]);
    let kept: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(kept.iter().zip(&bodies).all(|(kept, body)| kept["body"] == **body));
}

#[test]
fn following_goes_on_over_a_restart_without_gap_or_duplicate() {
    let home = Home::default();
    home.output(&["send", "general", "before"]);
    let tail = home.chat(&["tail", "general", "-f", "-n", "0", "--max", "4", "--json"]).spawn().expect("it starts");
    // Nothing may be posted before it follows; the server's log shows when it does.
    chat_tests::wait::until("the follower", || {
        home.output(&["local", "log"]).matches("signed in").count().ge(&3).then_some(())
    });
    home.output(&["send", "general", "one"]);
    home.output(&["local", "restart", "-q"]);
    for body in ["two", "three", "four"] {
        home.output(&["send", "general", body]);
    }
    let output = tail.wait_with_output().expect("it ends");
    let bodies: Vec<Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["body"].clone())
        .collect();
    assert_eq!(bodies, ["one", "two", "three", "four"]);
}

#[test]
fn wait_prints_the_author_of_a_message_that_has_just_come() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    for (flags, by_ben) in [(&["-q"][..], "ben: done"), (&["--json"], r#""name":"ben"}"#)] {
        let arguments = [&["wait", "general", "--match", "^done"], flags].concat();
        let mut waiting = ana.chat(&arguments).spawn().expect("it starts");
        // It sees what is posted once it follows.
        chat_tests::wait::until("a match", || {
            ben.output(&["send", "general", "done"]);
            waiting.try_wait().expect("its status")
        });
        let printed = String::from_utf8(waiting.wait_with_output().expect("it ends").stdout).expect("UTF-8");
        assert!(printed.contains(by_ben), "{printed}");
    }
}

#[test]
fn exit_codes_are_as_documented() {
    let home = Home::default();
    assert_eq!(home.code(&["nonsense"]), 2);
    assert_eq!(home.code(&["send", "general", ""]), 2);
    assert_eq!(home.code(&["tail", "nosuch"]), 5);
    assert_eq!(home.code(&["--server", "nowhere", "whoami"]), 2);
    assert_eq!(home.code(&["--server", "ws://127.0.0.1:1", "whoami"]), 3, "signing in would not help");
    assert_eq!(home.code(&["--server", "unix:/nonexistent/s", "whoami"]), 3);
    assert_eq!(home.code(&["wait", "general", "--match", "never", "--timeout", "200ms"]), 7);
    assert_eq!(home.code(&["run", "general", "--", "sh", "-c", "exit 9"]), 9);
    assert_eq!(home.pipe(&["send", "general"], b"a\0b").status.code(), Some(2));
    assert_eq!(home.pipe(&["send", "general"], "x".repeat(9_000).as_bytes()).status.code(), Some(2));
    assert_eq!(home.pipe(&["send", "general", "--fit", "tail"], "x\n".repeat(9_000).as_bytes()).status.code(), Some(0));
    let error = home.run(&["tail", "nosuch", "--json"]);
    let error: Value = serde_json::from_slice(&error.stderr).expect("JSON");
    assert_eq!((&error["v"], &error["type"], &error["code"]), (&2.into(), &"error".into(), &"not_found".into()));
}

#[test]
fn a_password_account_signs_in_from_elsewhere_and_out_again() {
    let server = Server::start();
    let home = Home::default();
    let address = format!("ws://{}", server.address());
    let at = |arguments: &[&str], input: &str| {
        let mut all = vec!["--server", &address];
        all.extend(arguments);
        home.pipe(&all, input.as_bytes()).status.code()
    };
    assert_eq!(at(&["register", "ana", "--password-stdin"], "correct horse\n"), Some(0));
    assert_eq!(at(&["send", "general", "signed in"], ""), Some(0));
    assert_eq!(at(&["passwd", "--password-stdin"], "correct horse\nbattery staple\n"), Some(0));
    assert_eq!(at(&["logout"], ""), Some(0));
    assert_eq!(at(&["whoami"], ""), Some(4));
    assert_eq!(at(&["login", "ana", "--password-stdin"], "correct horse\n"), Some(4));
    assert_eq!(at(&["login", "ana", "--password-stdin"], "battery staple\n"), Some(0));
    assert_eq!(at(&["whoami"], ""), Some(0));
}

#[test]
fn help_always_has_examples_and_manual_and_completions_are_generated() {
    let home = Home::default();
    for command in [
        "send", "tail", "history", "wait", "run", "edit", "delete", "read", "rooms", "who", "status", "trending",
        "topics",
    ] {
        assert!(home.output(&[command, "--help"]).contains("Example"), "{command}");
    }
    assert!(home.output(&["man"]).contains(".TH"));
    assert!(home.output(&["completions", "bash"]).contains("complete"));
}
