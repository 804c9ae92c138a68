//! The live store fails under a client and recovers: persistent messages go on, ephemeral ones wait and are sent once,
//! and no file ever contains them.

use chat_tests::client::Home;
use chat_tests::redis::Redis;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;
use rustix::process::{Pid, Signal, kill_process};

/// Starts a server on this Redis with two users, and the screen of the first.
fn begin(redis: &Redis, size: (u16, u16)) -> (Server, Home, Home, Screen) {
    let server = Server::start_with(&["--redis", &redis.url()], "[limits]\nenabled = false\n");
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    let screen = Screen::chat(&ana, size, &[]);
    screen.wait_for_text("message #general");
    (server, ana, ben, screen)
}

fn send(screen: &Screen, text: &str) {
    screen.type_text(text);
    screen.press(&["Enter"]);
}

/// Returns how often another user sees a text.
fn seen(reader: &Home, text: &str) -> usize {
    reader.output(&["history", "general", "--limit", "100"]).matches(text).count()
}

fn wait_until_seen(reader: &Home, text: &str) {
    until(text, || (seen(reader, text) > 0).then_some(()));
}

#[test]
fn persistent_messages_go_on_while_redis_is_unreachable_and_ephemeral_ones_are_sent_once_afterwards() {
    let mut redis = Redis::start();
    let (_server, _ana, ben, screen) = begin(&redis, (100, 30));
    redis.kill();
    send(&screen, "/ttl 5m ttl-7734");
    screen.wait_for_text("ttl-7734 (waits: the store");
    send(&screen, "/ttl 5m ttl-7735");
    screen.wait_for_text("ttl-7735 (queued)");
    for text in ["persist-5521", "persist-5522"] {
        send(&screen, text);
        wait_until_seen(&ben, text);
    }
    assert_eq!(seen(&ben, "ttl-"), 0);
    redis.restart();
    wait_until_seen(&ben, "ttl-7735");
    screen.wait_for("a countdown for both", |lines| {
        lines.iter().filter(|line| line.contains("ttl-773") && line.contains('◷')).count() == 2
    });
    // A duplicate would come before this.
    send(&screen, "afterwards");
    wait_until_seen(&ben, "afterwards");
    for text in ["ttl-7734", "ttl-7735", "persist-5521", "persist-5522"] {
        assert_eq!(seen(&ben, text), 1, "{text}");
    }
    let history = ben.output(&["history", "general", "--limit", "100"]);
    assert!(history.find("ttl-7734") < history.find("ttl-7735"), "in the order they were written: {history}");
}

#[test]
fn persistent_messages_go_on_while_redis_is_full_and_the_screen_reports_the_outage() {
    let redis = Redis::start();
    let (_server, _ana, ben, screen) = begin(&redis, (100, 30));
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    send(&screen, "/ttl 5m ttl-7734");
    screen.wait_for_text("(maxmemory)");
    send(&screen, "persist-5521");
    wait_until_seen(&ben, "persist-5521");
    send(&screen, "/ttl 5m ttl-7735");
    screen.wait_for_text("ttl-7735 (queued)");
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    wait_until_seen(&ben, "ttl-7735");
    for text in ["ttl-7734", "ttl-7735", "persist-5521"] {
        assert_eq!(seen(&ben, text), 1, "{text}");
    }
}

/// The seconds that the bar counts, if it counts.
fn seconds_without_answer(lines: &[String]) -> Option<u64> {
    let before = lines.first()?.split_once(" s without answer")?.0;
    before.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_frozen_server_is_no_healthy_one() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let screen = Screen::chat(&ana, (100, 30), &[]);
    screen.wait_for_text("message #general");
    screen.wait_for_text("● online");
    let pid = i32::try_from(server.pid()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::STOP).expect("it runs");
    send(&screen, "is anybody there?");
    let lines = screen.wait_for("the count", |lines| seconds_without_answer(lines).is_some());
    let first = seconds_without_answer(&lines).expect("waited for");
    assert!(first >= 2, "{lines:#?}");
    screen.wait_for("a higher count", |lines| seconds_without_answer(lines).is_some_and(|now| now > first));
    kill_process(pid, Signal::CONT).expect("it stands");
    screen.wait_for_text("● online");
}

#[test]
fn waiting_ephemeral_messages_are_in_no_file_even_after_a_kill() {
    let mut redis = Redis::start();
    let (mut server, ana, ben, screen) = begin(&redis, (100, 30));
    send(&screen, "/ttl 5m taken-9902");
    screen.wait_for("a countdown", |lines| lines.iter().any(|line| line.contains("taken-9902") && line.contains('◷')));
    redis.kill();
    send(&screen, "/ttl 5m waiting-2718");
    screen.wait_for_text("waiting-2718 (waits: the store");
    screen.type_text("/ttl 5m draft-3141");
    screen.wait_for_text("› /ttl 5m draft-3141");
    // The client writes its cache to disk, including this message.
    ben.output(&["send", "general", "persist-5521"]);
    until("the cache", || ana.holds("persist-5521").then_some(()));
    assert!(server.holds("persist-5521"), "the test reads the database file");
    let look = |server: &Server, when: &str| {
        for secret in ["taken-9902", "waiting-2718", "draft-3141"] {
            assert!(!ana.holds(secret), "{secret} is in a file of the client {when}");
            assert!(!ben.holds(secret), "{secret} is in a file of the other client {when}");
            assert!(!server.holds(secret), "{secret} is in a file of the server {when}");
        }
    };
    look(&server, "while it waits");
    let pid = i32::try_from(screen.pid()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::KILL).expect("it runs");
    until("its end", || screen.has_ended().then_some(()));
    server.kill();
    look(&server, "after both were killed");
}

#[test]
fn what_is_typed_while_the_first_connection_is_made_waits_for_the_room() {
    let server = Server::start();
    let home = Home::signed_in(&server, "zoe");
    let pid = Pid::from_raw(server.pid().cast_signed()).expect("a pid");
    kill_process(pid, Signal::STOP).expect("it runs");
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("connecting");
    screen.type_text("hellp");
    screen.press(&["BSpace"]);
    screen.type_text("o from the start");
    screen.wait_for_text("› hello from the start");
    kill_process(pid, Signal::CONT).expect("it runs");
    screen.wait_for("the room, with the text", |lines| {
        lines.iter().any(|line| line.contains("# general"))
            && lines.iter().any(|line| line.contains("› hello from the start"))
    });
    screen.press(&["Enter"]);
    until("the message", || home.output(&["tail", "general"]).contains("hello from the start").then_some(()));
}
