//! Redis loses its data, or rooms start without Redis: nobody misses an unexpired message, nothing is duplicated, and
//! every visible message can be edited and deleted.

use std::io::{BufRead, BufReader};
use std::process::Child;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::request::{Changes, Delete, Edit};
use chat_proto::server_frame::ServerFrame;
use chat_tests::client::Home;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::redis::Redis;
use chat_tests::wait::{LIMIT, until};

use super::lives::{ephemeral, put, server_on, texts};

async fn bodies(peer: &mut Peer) -> Vec<String> {
    texts(peer).await.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_restore_their_messages_to_a_redis_that_lost_them() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let mut posted = Vec::new();
    for number in 0..600 {
        let text = format!("ephemeral {number}");
        posted.push(put(&mut ana, &ephemeral(&format!("k{number}"), &text, 600_000)).await.seq);
    }
    ana.call(&Delete { room: GENERAL, seq: posted[7] }).await;
    redis.kill();
    redis.restart();
    ana.until_taken("the return of the service", &ephemeral("again", "again", 600_000)).await;
    // The last one is restored last.
    for number in [599, 0] {
        let again = ana.call(&ephemeral(&format!("k{number}"), &format!("ephemeral {number}"), 600_000)).await;
        assert_eq!((again.seq, again.duplicate), (posted[number], true));
    }
    let body = "edited".parse().expect("a body");
    let edit = Edit { room: GENERAL, seq: posted[599], body };
    ana.until_taken("an edit of the last one", &edit).await;
    ana.until_taken("the deletion of the one before", &Delete { room: GENERAL, seq: posted[598] }).await;
    let before = bodies(&mut ana).await;
    let entries = || redis.keys().into_iter().find(|key| key.ends_with(":entries"));
    until("all of them", || (redis.ask(&["HLEN", &entries()?]).parse() == Ok(601)).then_some(()));
    server.kill();
    server.restart();
    let (mut ana, _) =
        Peer::with_token(server.address(), &welcome.token.expect("a token"), Subscription::None, None).await;
    assert_eq!(bodies(&mut ana).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_emptied_in_use_is_refilled() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = put(&mut ana, &ephemeral("k1", "ephemeral", 600_000)).await;
    redis.ask(&["FLUSHALL"]);
    until("the entries", || redis.keys().into_iter().find(|key| key.ends_with(":entries")));
    assert!(ana.call(&ephemeral("k1", "ephemeral", 600_000)).await.duplicate);
    ana.call(&Delete { room: GENERAL, seq: first.seq }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_came_during_an_outage_gets_the_unexpired_messages_after_it() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    for number in 0..3 {
        put(&mut ana, &ephemeral(&format!("k{number}"), &format!("ephemeral {number}"), 600_000)).await;
    }
    ana.post("k9", "persistent").await;
    redis.freeze();
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::All, None).await;
    assert_eq!(bodies(&mut ana).await, ["persistent"]);
    let seen = ana.post("k10", "persistent, too").await.seq;
    ana.pushed.clear();
    redis.thaw();
    ana.pushed(|frame| matches!(frame, ServerFrame::Gap(gap) if gap.room == GENERAL).then_some(())).await;
    let missed = ana.call(&Changes { room: GENERAL, after: ana.at(seen), limit: 100 }).await;
    let text = |content: &Content| match content {
        Content::Message(message) => message.body.to_string(),
        other => panic!("{other:?}"),
    };
    let missed: Vec<(Seq, String)> = missed.items.iter().map(|item| (item.seq, text(&item.content))).collect();
    assert_eq!(
        missed.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["ephemeral 0", "ephemeral 1", "ephemeral 2"]
    );
    assert_eq!(bodies(&mut ana).await, ["ephemeral 0", "ephemeral 1", "ephemeral 2", "persistent", "persistent, too"]);
    // They behave like all others, with their own sequence numbers.
    ana.call(&Delete { room: GENERAL, seq: missed[0].0 }).await;
    assert!(ana.call(&ephemeral("k1", "ephemeral 1", 600_000)).await.duplicate);
    assert!(ana.post("k11", "the next").await.seq > seen);
    redis.kill();
}

/// Starts `chat` following a room and returns the messages it prints: `ID BODY`.
fn follow(home: &Home) -> (Child, std::sync::mpsc::Receiver<String>) {
    let mut child = home.chat(&["tail", "general", "-f", "--json"]).spawn().expect("it starts");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            if let Some(body) = line["body"].as_str() {
                let line = format!(
                    "{} {} {body}",
                    line["type"].as_str().expect("a type"),
                    line["id"].as_str().expect("an id")
                );
                // The test may already have ended.
                let _ = sender.send(line);
            }
        }
    });
    (child, lines)
}

#[test]
fn a_follower_prints_each_message_once_however_late_it_is_loaded() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let home = Home::signed_in(&server, "ana");
    let next = |lines: &std::sync::mpsc::Receiver<String>| lines.recv_timeout(LIMIT).expect("a line");
    let (mut early, early_lines) = follow(&home);
    for number in 2..=3 {
        home.output(&["send", "general", "--ttl", "10m", &format!("ephemeral {number}")]);
        assert_eq!(next(&early_lines), format!("message general/{number} ephemeral {number}"));
    }
    redis.freeze();
    server.kill();
    server.restart();
    let persistent = home.output(&["send", "general", "persistent"]);
    let (mut late, late_lines) = follow(&home);
    let persistent = format!("message {} persistent", persistent.trim());
    assert_eq!((next(&early_lines), next(&late_lines)), (persistent.clone(), persistent));
    redis.thaw();
    for number in 2..=3 {
        assert_eq!(next(&late_lines), format!("message general/{number} ephemeral {number}"));
    }
    let last = home.output(&["send", "general", "the last"]);
    let last = format!("message {} the last", last.trim());
    assert_eq!((next(&early_lines), next(&late_lines)), (last.clone(), last), "nothing is printed twice");
    for child in [&mut early, &mut late] {
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }
    redis.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_right_after_redis_was_emptied_is_a_duplicate() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = put(&mut ana, &ephemeral("k1", "ephemeral", 600_000)).await;
    redis.ask(&["FLUSHALL"]);
    // Before the server has noticed.
    let again = ana.call(&ephemeral("k1", "ephemeral", 600_000)).await;
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    let body = "edited".parse().expect("a body");
    let edit = Edit { room: GENERAL, seq: first.seq, body };
    ana.until_taken("an edit of a visible message", &edit).await;
    assert_eq!(bodies(&mut ana).await, ["edited"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn resuming_after_a_restart_includes_ephemeral_messages() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    // More than a starting room keeps in memory.
    for number in 0..300 {
        ana.start(&chat_tests::peer::post(&format!("l{number}"), &format!("persistent {number}"))).await;
    }
    let seen = ana.post("last", "the last persistent").await.seq;
    for number in 0..3 {
        put(&mut ana, &ephemeral(&format!("k{number}"), &format!("ephemeral {number}"), 600_000)).await;
    }
    server.terminate();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    ana.post("after", "after").await;
    let missed: Vec<String> = ana
        .changes(seen)
        .await
        .into_iter()
        .filter_map(|item| match item.content {
            Content::Message(message) => Some(message.body.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(missed, ["ephemeral 0", "ephemeral 1", "ephemeral 2", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_number_that_was_not_reserved_is_not_used_after_a_kill() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let unacknowledged = ephemeral("unacknowledged", "ephemeral", 600_000);
    {
        // The database cannot reserve the sequence number, so nothing is acknowledged; Redis already has the message.
        let record = rusqlite::Connection::open(server.data().join("chat.db")).expect("it opens");
        record.execute_batch("BEGIN IMMEDIATE").expect("locked");
        ana.start(&unacknowledged).await;
        until("the post", || redis.keys().into_iter().find(|key| key.ends_with(":unacknowledged")));
        server.kill();
    }
    redis.freeze();
    server.restart();
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let persistent = ana.post("persistent", "persistent").await.seq;
    redis.thaw();
    let posted = ana.until_taken("the return of the service", &unacknowledged).await;
    assert!(!posted.duplicate && posted.seq > persistent, "{posted:?}");
    let both = [(persistent, "persistent".into()), (posted.seq, "ephemeral".into())];
    assert_eq!(texts(&mut ana).await, both);
    server.kill();
    server.restart();
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(texts(&mut ana).await, both);
}
