//! Unsent messages survive a kill; ephemeral and deleted messages leave nothing behind.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_killed_client_sends_a_full_outbox_once() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let screen = Screen::chat(&ana, (100, 40), &[]);
    screen.wait_for_text("message #general");
    server.kill();
    screen.wait_for_text("offline");
    for number in 1..=20 {
        screen.type_text(&format!("waiting {number:02}"));
        screen.press(&["Enter"]);
    }
    screen.wait_for_text("20 to send");
    let pid = i32::try_from(screen.pid()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::KILL).expect("it runs");
    until("its end", || screen.has_ended().then_some(()));
    server.restart();
    let again = Screen::chat(&ana, (100, 40), &[]);
    again.wait_for("all of them sent", |lines| {
        lines.iter().any(|line| line.contains("waiting 20")) && !lines.iter().any(|line| line.contains("to send"))
    });
    let history = until("all of them", || {
        Some(ana.output(&["history", "general", "--limit", "100"])).filter(|history| history.contains("waiting 20"))
    });
    let order: Vec<_> = history.lines().filter_map(|line| line.split("waiting ").nth(1)).map(str::trim).collect();
    let expected: Vec<_> = (1..=20).map(|number| format!("{number:02}")).collect();
    assert_eq!(order, expected);
}

#[test]
fn the_screen_posts_a_result_of_run_that_waits() {
    let mut server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["send", "general", "before"]);
    server.kill();
    ana.output(&["run", "general", "-q", "--", "echo", "late result"]);
    server.restart();
    let screen = Screen::chat(&ana, (100, 30), &[]);
    screen
        .wait_for("the result", |lines| lines.iter().any(|line| line.contains("passed in") && line.contains("; ran ")));
    until("an empty outbox", || ana.output(&["outbox", "--json"]).is_empty().then_some(()));
}

#[test]
fn ephemeral_messages_are_in_no_file_of_the_client() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    ana.output(&["send", "general", "persist-5521"]);
    let screen = Screen::chat(&ana, (100, 30), &[]);
    screen.wait_for_text("persist-5521");
    ben.output(&["send", "general", "--ttl", "5m", "ttl-7734"]);
    screen.wait_for_text("ttl-7734");
    screen.type_text("/ttl 5m own-9902");
    screen.press(&["Enter"]);
    screen.wait_for("a countdown", |lines| lines.iter().any(|line| line.contains("own-9902") && line.contains('◷')));
    screen.type_text("/ttl 5m draft-3141");
    screen.wait_for_text("draft-3141");
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    assert!(ana.holds("persist-5521"), "the test reads the cache file");
    for secret in ["ttl-7734", "own-9902", "draft-3141"] {
        assert!(!ana.holds(secret), "{secret}");
    }
}

#[test]
fn deleted_text_leaves_the_clients_files() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let screen = Screen::chat(&ana, (100, 30), &[]);
    screen.wait_for_text("message #general");
    screen.type_text("regretted-6180");
    screen.press(&["Enter"]);
    until("the text in the cache", || ana.holds("regretted-6180").then_some(()));
    screen.wait_until_acknowledged(&ana);
    screen.select_last();
    screen.press(&["D"]);
    screen.wait_for_text("delete this message?");
    screen.press(&["y"]);
    screen.wait_for_text("message deleted");
    until("the text's end", || (!ana.holds("regretted-6180")).then_some(()));
}
