//! Redis comes back without what it held, and rooms that began without Redis: nobody misses what is alive, nothing is
//! doubled, and what can be seen can be edited and deleted.

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

use super::lives::{brief, put, server_on, texts};

async fn said(peer: &mut Peer) -> Vec<String> {
    texts(peer).await.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rooms_hold_is_put_into_a_redis_that_lost_it() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let mut posted = Vec::new();
    for number in 0..600 {
        let text = format!("brief {number}");
        posted.push(put(&mut ana, &brief(&format!("k{number}"), &text, 600_000)).await.seq);
    }
    ana.call(&Delete { room: GENERAL, seq: posted[7] }).await;
    redis.kill();
    redis.restart();
    ana.until_taken("the return of the service", &brief("again", "again", 600_000)).await;
    // The last one is put there last.
    for number in [599, 0] {
        let again = ana.call(&brief(&format!("k{number}"), &format!("brief {number}"), 600_000)).await;
        assert_eq!((again.seq, again.duplicate), (posted[number], true));
    }
    let body = "edited".parse().expect("a body");
    let edit = Edit { room: GENERAL, seq: posted[599], body };
    ana.until_taken("an edit of the last one", &edit).await;
    ana.until_taken("the deletion of the one before", &Delete { room: GENERAL, seq: posted[598] }).await;
    let before = said(&mut ana).await;
    let entries = || redis.keys().into_iter().find(|key| key.ends_with(":entries"));
    until("all of them", || (redis.ask(&["HLEN", &entries()?]).parse() == Ok(601)).then_some(()));
    server.kill();
    server.restart();
    let (mut ana, _) =
        Peer::with_token(server.address(), &welcome.token.expect("a token"), Subscription::None, None).await;
    assert_eq!(said(&mut ana).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_emptied_while_it_is_used_gets_it_back() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = put(&mut ana, &brief("k1", "brief", 600_000)).await;
    redis.ask(&["FLUSHALL"]);
    until("the entries", || redis.keys().into_iter().find(|key| key.ends_with(":entries")));
    assert!(ana.call(&brief("k1", "brief", 600_000)).await.duplicate);
    ana.call(&Delete { room: GENERAL, seq: first.seq }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_while_redis_was_away_gets_what_was_alive_when_it_is_back() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    for number in 0..3 {
        put(&mut ana, &brief(&format!("k{number}"), &format!("brief {number}"), 600_000)).await;
    }
    ana.post("k9", "lasting").await;
    redis.freeze();
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::All, None).await;
    assert_eq!(said(&mut ana).await, ["lasting"]);
    let seen = ana.post("k10", "lasting, too").await.seq;
    ana.pushed.clear();
    redis.thaw();
    ana.pushed(|frame| matches!(frame, ServerFrame::Gap(gap) if gap.room == GENERAL).then_some(())).await;
    let missed = ana.call(&Changes { room: GENERAL, after: seen, limit: 100 }).await;
    let text = |content: &Content| match content {
        Content::Message(message) => message.body.to_string(),
        other => panic!("{other:?}"),
    };
    let missed: Vec<(Seq, String)> = missed.items.iter().map(|item| (item.seq, text(&item.content))).collect();
    assert_eq!(missed.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["brief 0", "brief 1", "brief 2"]);
    assert_eq!(said(&mut ana).await, ["brief 0", "brief 1", "brief 2", "lasting", "lasting, too"]);
    // They are as all others are, under their own numbers.
    ana.call(&Delete { room: GENERAL, seq: missed[0].0 }).await;
    assert!(ana.call(&brief("k1", "brief 1", 600_000)).await.duplicate);
    assert!(ana.post("k11", "the next").await.seq > seen);
    redis.kill();
}

/// The messages a following command prints: `ID BODY`.
fn follow(home: &Home) -> (Child, std::sync::mpsc::Receiver<String>) {
    let mut child = home.chat(&["tail", "general", "-f", "--json"]).spawn().expect("it starts");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            if let Some(body) = line["body"].as_str() {
                let told = format!(
                    "{} {} {body}",
                    line["type"].as_str().expect("a type"),
                    line["id"].as_str().expect("an id")
                );
                // The test may have ended.
                let _ = sender.send(told);
            }
        }
    });
    (child, lines)
}

#[test]
fn who_follows_is_told_of_each_message_once_however_late_it_is_learned() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let home = Home::signed_in(&server, "ana");
    let next = |lines: &std::sync::mpsc::Receiver<String>| lines.recv_timeout(LIMIT).expect("a line");
    let (mut early, early_lines) = follow(&home);
    for number in 2..=3 {
        home.output(&["send", "general", "--ttl", "10m", &format!("brief {number}")]);
        assert_eq!(next(&early_lines), format!("message general/{number} brief {number}"));
    }
    redis.freeze();
    server.kill();
    server.restart();
    let lasting = home.output(&["send", "general", "lasting"]);
    let (mut late, late_lines) = follow(&home);
    let lasting = format!("message {} lasting", lasting.trim());
    assert_eq!((next(&early_lines), next(&late_lines)), (lasting.clone(), lasting));
    redis.thaw();
    for number in 2..=3 {
        assert_eq!(next(&late_lines), format!("message general/{number} brief {number}"));
    }
    let last = home.output(&["send", "general", "the last"]);
    let last = format!("message {} the last", last.trim());
    assert_eq!((next(&early_lines), next(&late_lines)), (last.clone(), last), "nothing is told twice");
    for child in [&mut early, &mut late] {
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }
    redis.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_right_after_redis_was_emptied_is_the_same_post() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = put(&mut ana, &brief("k1", "brief", 600_000)).await;
    redis.ask(&["FLUSHALL"]);
    // Before anyone has noticed.
    let again = ana.call(&brief("k1", "brief", 600_000)).await;
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    let body = "edited".parse().expect("a body");
    let edit = Edit { room: GENERAL, seq: first.seq, body };
    ana.until_taken("an edit of what all see", &edit).await;
    assert_eq!(said(&mut ana).await, ["edited"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_resumes_after_a_restart_is_not_told_that_nothing_expires_in_between() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    // More than a room that starts has at hand.
    for number in 0..300 {
        ana.start(&chat_tests::peer::post(&format!("l{number}"), &format!("lasting {number}"))).await;
    }
    let seen = ana.post("last", "the last lasting").await.seq;
    for number in 0..3 {
        put(&mut ana, &brief(&format!("k{number}"), &format!("brief {number}"), 600_000)).await;
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
    assert_eq!(missed, ["brief 0", "brief 1", "brief 2", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_not_kept_free_is_no_posts_number_after_a_kill() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let ghost = brief("ghost", "brief", 600_000);
    {
        // The database cannot keep the number free, so nothing is acknowledged; Redis has it already.
        let record = rusqlite::Connection::open(server.data().join("chat.db")).expect("it opens");
        record.execute_batch("BEGIN IMMEDIATE").expect("locked");
        ana.start(&ghost).await;
        until("the post", || redis.keys().into_iter().find(|key| key.ends_with(":ghost")));
        server.kill();
    }
    redis.freeze();
    server.restart();
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let lasting = ana.post("lasting", "lasting").await.seq;
    redis.thaw();
    let posted = ana.until_taken("the return of the service", &ghost).await;
    assert!(!posted.duplicate && posted.seq > lasting, "{posted:?}");
    let both = [(lasting, "lasting".into()), (posted.seq, "brief".into())];
    assert_eq!(texts(&mut ana).await, both);
    server.kill();
    server.restart();
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(texts(&mut ana).await, both);
}
