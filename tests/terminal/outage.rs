//! The store of what expires goes away under a client and comes back: what lasts goes on, what expires waits and is
//! there once, and no file ever holds a word of it.

use chat_tests::client::Home;
use chat_tests::redis::Redis;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;
use rustix::process::{Pid, Signal, kill_process};

/// A server on this Redis, two people at it, and the screen of the first.
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

/// How often someone else sees a text.
fn seen(reader: &Home, text: &str) -> usize {
    reader.output(&["history", "general", "--limit", "100"]).matches(text).count()
}

fn wait_until_seen(reader: &Home, text: &str) {
    until(text, || (seen(reader, text) > 0).then_some(()));
}

#[test]
fn what_lasts_goes_on_while_redis_is_away_and_what_expires_is_there_once_afterwards() {
    let mut redis = Redis::start();
    let (_server, _ana, ben, screen) = begin(&redis, (100, 30));
    redis.kill();
    send(&screen, "/ttl 5m brief-7734");
    screen.wait_for_text("brief-7734 (waits: the store");
    send(&screen, "/ttl 5m brief-7735");
    screen.wait_for_text("brief-7735 (queued)");
    for text in ["lasting-5521", "lasting-5522"] {
        send(&screen, text);
        wait_until_seen(&ben, text);
    }
    assert_eq!(seen(&ben, "brief-"), 0);
    redis.restart();
    wait_until_seen(&ben, "brief-7735");
    screen.wait_for("a countdown for both", |lines| {
        lines.iter().filter(|line| line.contains("brief-773") && line.contains('◷')).count() == 2
    });
    // What was sent twice would stand before this.
    send(&screen, "afterwards");
    wait_until_seen(&ben, "afterwards");
    for text in ["brief-7734", "brief-7735", "lasting-5521", "lasting-5522"] {
        assert_eq!(seen(&ben, text), 1, "{text}");
    }
    let told = ben.output(&["history", "general", "--limit", "100"]);
    assert!(told.find("brief-7734") < told.find("brief-7735"), "in the order they were written: {told}");
}

#[test]
fn what_lasts_goes_on_while_redis_is_full_and_the_screen_says_what_is_missing() {
    let redis = Redis::start();
    let (_server, _ana, ben, screen) = begin(&redis, (100, 30));
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    send(&screen, "/ttl 5m brief-7734");
    screen.wait_for_text("(maxmemory)");
    send(&screen, "lasting-5521");
    wait_until_seen(&ben, "lasting-5521");
    send(&screen, "/ttl 5m brief-7735");
    screen.wait_for_text("brief-7735 (queued)");
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    wait_until_seen(&ben, "brief-7735");
    for text in ["brief-7734", "brief-7735", "lasting-5521"] {
        assert_eq!(seen(&ben, text), 1, "{text}");
    }
}

#[test]
fn what_expires_is_in_no_file_while_it_waits_nor_after_all_were_killed() {
    let mut redis = Redis::start();
    let (mut server, ana, ben, screen) = begin(&redis, (100, 30));
    send(&screen, "/ttl 5m taken-9902");
    screen.wait_for("a countdown", |lines| lines.iter().any(|line| line.contains("taken-9902") && line.contains('◷')));
    redis.kill();
    send(&screen, "/ttl 5m waiting-2718");
    screen.wait_for_text("waiting-2718 (waits: the store");
    screen.type_text("/ttl 5m draft-3141");
    screen.wait_for_text("› /ttl 5m draft-3141");
    // The client puts on disk what it has, and this with it.
    ben.output(&["send", "general", "lasting-5521"]);
    until("the cache", || ana.holds("lasting-5521").then_some(()));
    assert!(server.holds("lasting-5521"), "the database is read");
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
