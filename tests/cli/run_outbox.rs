//! `chat run` runs its command whatever the chat does, and its result waits in the outbox until it can be posted.

use std::path::{Path, PathBuf};
use std::process::Output;

use chat_tests::client::Home;
use chat_tests::server::Server;
use chat_tests::wait::until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn messages(home: &Home, room: &str) -> Vec<Value> {
    let items = lines(&home.output(&["history", room, "-n", "200", "--json"]));
    items.into_iter().filter(|item| item["type"] == "message").collect()
}

fn bodies(home: &Home, room: &str) -> Vec<String> {
    messages(home, room).iter().map(|message| message["body"].as_str().expect("text").to_owned()).collect()
}

fn waiting(home: &Home) -> Vec<Value> {
    lines(&home.output(&["outbox", "list", "--json"]))
}

/// Runs a command that leaves a file, so that it is seen to have run, and ends with this status.
fn run_leaving(home: &Home, mark: &Path, flags: &[&str], status: i32) -> Output {
    let _ = std::fs::remove_file(mark);
    let script = format!("echo its output; touch '{}'; exit {status}", mark.display());
    let arguments = [&["run", "general"], flags, &["--", "sh", "-c", &script]].concat();
    let output = home.run(&arguments);
    assert!(mark.exists(), "the command has run: {}", talk(&output));
    assert_eq!(output.status.code(), Some(status), "{}", talk(&output));
    output
}

#[test]
fn a_result_that_no_server_takes_waits_and_the_next_command_posts_it_once_with_its_time() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    let mark = home.path().join("ran");
    home.output(&["send", "general", "before"]);
    server.kill();
    let output = run_leaving(&home, &mark, &["--only-failures"], 3);
    assert!(talk(&output).contains("waits in the outbox"), "{}", talk(&output));
    run_leaving(&home, &mark, &["--only-failures"], 0);
    let posts = waiting(&home);
    assert_eq!(posts.len(), 1, "a success is not posted: {posts:?}");
    assert_eq!((&posts[0]["state"], &posts[0]["room"]["name"]), (&"waiting".into(), &"general".into()));
    assert_eq!(posts[0]["exit_status"], 3);
    server.restart();
    let sent = home.run(&["send", "general", "after"]);
    assert!(sent.status.success() && talk(&sent).contains("posted from the outbox"), "{}", talk(&sent));
    let found = bodies(&home, "general");
    let late: Vec<_> = found.iter().filter(|body| body.contains("its output")).collect();
    assert_eq!(late.len(), 1, "{found:?}");
    assert!(late[0].contains("failed with exit status 3") && late[0].contains("; ran 20"), "{found:?}");
    assert!(waiting(&home).is_empty());
    assert!(!home.holds("its output"), "nothing of it stays on disk");
}

/// The file of the only post in the outbox.
fn post_file(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            post_file(&path)
        } else {
            path.extension().is_some_and(|kind| kind == "waiting").then_some(path)
        }
    })
}

#[test]
fn a_result_that_waited_for_a_week_is_dropped_with_a_word() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    home.output(&["send", "general", "before"]);
    server.kill();
    run_leaving(&home, &home.path().join("ran"), &[], 3);
    let file = post_file(&home.path().join(".local/state/chat")).expect("a post");
    let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
    let (_, id) = name.split_once('-').expect("a time and an id");
    std::fs::rename(&file, file.with_file_name(format!("{:014}-{id}", 1))).expect("renamed");
    let output = home.run(&["outbox"]);
    let words = talk(&output);
    assert!(words.contains("could not be posted for 7 days") && words.contains("exit status 3"), "{words}");
    assert!(!talk(&home.run(&["outbox"])).contains("7 days"), "it is said once");
    assert!(!home.holds("its output"), "nothing of it stays on disk");
}

#[test]
fn a_command_that_ends_before_all_is_posted_says_that_more_waits() {
    let mut home = Home::default();
    // A listener that never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    home.set("CHAT_SERVER", &format!("ws://{}", listener.local_addr().expect("an address")));
    home.set("CHAT_TOKEN", "t");
    let output = home.run(&["run", "general", "--persistent", "--", "true"]);
    assert!(talk(&output).contains("waits in the outbox"), "{}", talk(&output));
    let output = home.run(&["run", "general", "--only-failures", "--", "true"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(talk(&output).contains("more waits in the outbox"), "{}", talk(&output));
}

#[test]
fn a_server_that_is_killed_during_the_command_or_the_post_loses_no_result_and_doubles_none() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    home.output(&["send", "general", "before"]);
    for round in 0..4 {
        let text = format!("result {round}");
        let go = home.path().join(format!("go-{round}"));
        let script = format!("echo {text}; while [ ! -e '{}' ]; do sleep 0.05; done", go.display());
        let running = home.chat(&["run", "general", "--", "sh", "-c", &script]).spawn().expect("it starts");
        if round % 2 == 0 {
            server.kill();
            std::fs::write(&go, "").expect("written");
            assert!(running.wait_with_output().expect("it ends").status.success());
        } else {
            std::fs::write(&go, "").expect("written");
            server.kill();
            assert!(running.wait_with_output().expect("it ends").status.success());
        }
        server.restart();
        home.output(&["outbox", "retry"]);
    }
    let found = bodies(&home, "general");
    for round in 0..4 {
        let text = format!("\nresult {round}\n");
        assert_eq!(found.iter().filter(|body| body.contains(&text)).count(), 1, "{found:?}");
    }
}

#[test]
fn the_command_starts_at_once_while_the_server_does_not_answer() {
    let home = Home::default();
    // A listener that never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("ws://{}", listener.local_addr().expect("an address"));
    let mut running = home.chat(&["--server", &address, "run", "general", "--", "sh", "-c", "echo started; cat"]);
    let mut running = running.env("CHAT_TOKEN", "t").stdin(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let stdout = running.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("readable");
    assert_eq!(line, "started\n");
    // The command has started while the attempt to look at the room is still under way.
    let (mut attempt, _) = listener.accept().expect("an attempt");
    attempt.set_nonblocking(true).expect("a socket");
    let end = loop {
        match std::io::Read::read(&mut attempt, &mut [0; 1024]) {
            Ok(1..) => {}
            end => break end,
        }
    };
    assert_eq!(end.map_err(|error| error.kind()), Err(std::io::ErrorKind::WouldBlock));
    drop(running.stdin.take());
    let output = running.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(
        talk(&output).contains("the result is lost") && talk(&output).contains("unknown whether"),
        "{}",
        talk(&output)
    );
    assert!(!home.holds("started"));
}

#[test]
fn a_command_that_cannot_be_started_is_posted_with_the_status_of_a_shell() {
    let home = Home::default();
    let file = home.path().join("no-program");
    std::fs::write(&file, "x").expect("written");
    for (program, status) in [("nosuchcmd", 127), (file.to_str().expect("UTF-8"), 126)] {
        assert_eq!(home.code(&["run", "general", "--only-failures", "--", program]), status);
        let posted = bodies(&home, "general").pop().expect("a message");
        assert!(posted.contains(program) && posted.contains(&format!("exit status {status}")), "{posted}");
    }
}

#[test]
fn with_require_server_nothing_runs_without_a_server_a_room_or_membership() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    ana.output(&["room", "create", "ops"]);
    let mark = ben.path().join("ran");
    let touch = ["--require-server", "--", "touch", mark.to_str().expect("UTF-8")];
    for (words, code) in
        [(&["--server", "unix:/nonexistent/s", "run", "general"][..], 3), (&["run", "nosuch"], 5), (&["run", "ops"], 5)]
    {
        assert_eq!(ben.code(&[words, &touch].concat()), code, "{words:?}");
        assert!(!mark.exists(), "{words:?}");
    }
    assert_eq!(ben.code(&[&["run", "general"][..], &touch].concat()), 0);
    assert!(mark.exists());
}

#[test]
fn a_missing_room_and_missing_membership_leave_a_refused_post_that_is_retried_and_dropped() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    ana.output(&["room", "create", "ops"]);
    // No room of this name is known, so its messages may expire: only --persistent keeps the result.
    let output = ben.run(&["run", "nosuch", "--", "echo", "marker-51d0"]);
    assert!(talk(&output).contains("--persistent"), "{}", talk(&output));
    assert!(!ben.holds("marker-51d0") && waiting(&ben).is_empty());
    for (room, flags) in [("ops", &[][..]), ("nosuch", &["--persistent"])] {
        let output = ben.run(&[&["run", room], flags, &["--", "sh", "-c", "echo out; exit 4"]].concat());
        assert_eq!(output.status.code(), Some(4), "{}", talk(&output));
        assert!(talk(&output).contains("in the outbox as"), "{}", talk(&output));
    }
    let posts = waiting(&ben);
    let found: Vec<_> =
        posts.iter().map(|post| (post["room"]["name"].as_str(), post["refusal"]["code"].as_str())).collect();
    assert_eq!(found, [(Some("ops"), Some("not_member")), (Some("nosuch"), Some("not_found"))]);
    ben.output(&["send", "general", "an ordinary command tries neither"]);
    assert_eq!(waiting(&ben).len(), 2);
    ben.output(&["room", "join", "ops"]);
    assert_eq!(ben.code(&["outbox", "retry"]), 1, "one is left");
    assert!(bodies(&ben, "ops")[0].contains("failed with exit status 4"));
    let id = waiting(&ben)[0]["id"].as_str().expect("an id").to_owned();
    assert!(ben.output(&["outbox"]).contains(&id));
    assert_eq!(ben.code(&["outbox", "drop", "unknown"]), 5);
    ben.output(&["outbox", "drop", &id]);
    assert!(waiting(&ben).is_empty());
}

#[test]
fn nothing_that_expires_or_may_is_written_to_disk_and_its_loss_is_said() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    home.output(&["room", "create", "brief", "--ttl", "1h"]);
    home.output(&["room", "create", "lasting"]);
    server.kill();
    let secret = "marker-7c1f";
    let run = |room: &str, flags: &[&str]| {
        let arguments = [&["run", room], flags, &["--", "echo", secret]].concat();
        let output = home.run(&arguments);
        assert_eq!(output.status.code(), Some(0));
        talk(&output)
    };
    let never_seen = Home::default();
    let output = never_seen.run(&["--server", "unix:/nonexistent/s", "run", "general", "--", "echo", secret]);
    assert_eq!(output.status.code(), Some(0));
    assert!(talk(&output).contains("the result is lost"), "{}", talk(&output));
    assert!(run("brief", &[]).contains("the result is lost"));
    assert!(run("lasting", &["--ttl", "30s"]).contains("the result is lost"));
    assert!(!home.holds(secret) && !never_seen.holds(secret));
    assert!(run("brief", &["--persistent"]).contains("waits in the outbox"));
    server.restart();
    home.output(&["outbox", "retry"]);
    let posted = messages(&home, "brief");
    assert!(posted[0]["expires_at"].is_null() && posted[0]["body"].as_str().is_some_and(|body| body.contains(secret)));
}

#[test]
fn a_room_that_was_joined_just_before_is_known() {
    let mut server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    ana.output(&["room", "create", "ops"]);
    ben.output(&["room", "join", "ops"]);
    server.kill();
    for home in [&ana, &ben] {
        let output = home.run(&["run", "ops", "--", "true"]);
        assert!(talk(&output).contains("waits in the outbox"), "{}", talk(&output));
    }
}

#[test]
fn files_that_cannot_be_written_or_read_stop_no_command() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    let mark = home.path().join("ran");
    home.output(&["send", "general", "before"]);
    server.kill();
    // A file where the folder of the outbox would be: no permission to forget, also for root.
    let state = home.path().join(".local/state/chat");
    std::fs::remove_dir_all(state.join("outbox")).expect("there");
    std::fs::write(state.join("outbox"), "").expect("written");
    let output = run_leaving(&home, &mark, &["--persistent"], 7);
    assert!(talk(&output).contains("the result is lost"), "{}", talk(&output));
    let config = home.path().join(".config/chat");
    std::fs::create_dir_all(&config).expect("made");
    std::fs::write(config.join("client.toml"), "server = ").expect("written");
    let output = run_leaving(&home, &mark, &[], 7);
    assert!(talk(&output).contains("client.toml"), "{}", talk(&output));
}

#[test]
fn the_line_of_json_has_the_result_as_data() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    let line = |script: &str| {
        let output = home.run(&["run", "general", "--json", "--", "sh", "-c", script]);
        let found = lines(&String::from_utf8_lossy(&output.stdout));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["type"], "run");
        assert!(found[0]["duration_ms"].is_u64());
        found[0].clone()
    };
    let posted = line("echo out; exit 3");
    assert_eq!((&posted["exit_status"], &posted["state"]), (&3.into(), &"posted".into()));
    assert!(posted["id"].as_str().is_some_and(|id| id.starts_with("general/")), "{posted}");
    assert!(posted["signal"].is_null());
    let ended = line("kill -9 $$");
    assert_eq!((&ended["signal"], &ended["exit_status"]), (&9.into(), &Value::Null));
    server.kill();
    let waiting = line("true");
    assert_eq!((&waiting["state"], &waiting["id"]), (&"waiting".into(), &Value::Null));
}

#[test]
fn a_signal_ends_the_wait_for_the_chat_and_the_result_is_kept() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    home.output(&["send", "general", "before"]);
    server.kill();
    let mut run =
        home.chat(&["run", "general", "--", "sh", "-c", "trap '' TERM; echo done"]).spawn().expect("it starts");
    let mut line = String::new();
    let stdout = run.stdout.as_mut().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("readable");
    let pid = Pid::from_raw(run.id() as i32).expect("a pid");
    until("its end", || {
        // The first ones may still meet the command.
        let _ = kill_process(pid, Signal::TERM);
        run.try_wait().expect("a child")
    });
    let output = run.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "the command's own status");
    assert!(talk(&output).contains("interrupted while waiting"), "{}", talk(&output));
    assert_eq!(waiting(&home).len(), 1);
}

#[test]
fn a_post_left_with_a_token_is_posted_by_no_other_sign_in() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    home.output(&["send", "general", "before"]);
    server.kill();
    let mut bot = home.chat(&["run", "general", "--", "echo", "by the bot"]);
    assert!(bot.env("CHAT_TOKEN", "of-a-bot").output().expect("it runs").status.success());
    server.restart();
    home.output(&["send", "general", "by ana"]);
    assert!(!bodies(&home, "general").iter().any(|body| body.contains("by the bot")));
    assert_eq!(waiting(&home).len(), 1);
}

#[test]
fn many_commands_at_once_post_what_waits_once_each_and_end_soon() {
    let mut server = Server::start();
    let home = Home::signed_in(&server, "ana");
    home.output(&["send", "general", "before"]);
    server.kill();
    let runs: Vec<_> = (0..8)
        .map(|n| home.chat(&["run", "general", "--", "echo", &format!("number {n}")]).spawn().expect("it starts"))
        .collect();
    for run in runs {
        assert!(run.wait_with_output().expect("it ends").status.success());
    }
    assert_eq!(waiting(&home).len(), 8);
    server.restart();
    let commands: Vec<_> = (0..6).map(|_| home.chat(&["whoami"]).spawn().expect("it starts")).collect();
    for command in commands {
        assert!(command.wait_with_output().expect("it ends").status.success());
    }
    until("an empty outbox", || {
        home.output(&["whoami"]);
        waiting(&home).is_empty().then_some(())
    });
    let found = bodies(&home, "general");
    for n in 0..8 {
        let text = format!("\nnumber {n}\n");
        assert_eq!(found.iter().filter(|body| body.contains(&text)).count(), 1, "{found:?}");
    }
}
