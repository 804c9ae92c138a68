//! Acknowledged means kept: over kill -9, and over an orderly end under load.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::request::Posted;
use chat_tests::peer::{Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::until;
use tokio::task::JoinHandle;

/// What each sender was told: key → number.
type Told = BTreeMap<String, Seq>;

/// Peers of one account that post as fast as they are answered, until the server ends.
struct Load {
    senders: Vec<JoinHandle<Told>>,
    acknowledged: Arc<AtomicUsize>,
}

impl Load {
    /// Begins with so many senders; `round` sets their keys apart from those of other loads.
    async fn begin(server: &Server, token: &str, round: usize, senders: usize) -> Self {
        let mut load = Self { senders: Vec::new(), acknowledged: Arc::default() };
        for sender in 0..senders {
            let (peer, _) = Peer::with_token(server.address(), token, Subscription::None, None).await;
            let prefix = format!("r{round:02}s{sender}");
            load.senders.push(tokio::spawn(post_until_the_end(peer, prefix, Arc::clone(&load.acknowledged))));
        }
        load
    }

    /// What was acknowledged, once the server has ended.
    async fn told(self) -> Told {
        let mut told = Told::new();
        for sender in self.senders {
            told.extend(sender.await.expect("it ends"));
        }
        told
    }
}

/// Posts until the connection ends; what was acknowledged, counted also while it goes on.
async fn post_until_the_end(mut peer: Peer, prefix: String, acknowledged: Arc<AtomicUsize>) -> Told {
    let mut told = Told::new();
    for number in 0.. {
        let key = format!("{prefix}-{number:05}");
        let answer: Option<Result<Posted, _>> = peer.try_call(&post(&key, &format!("text of {key}"))).await;
        match answer {
            Some(Ok(posted)) => {
                told.insert(key, posted.seq);
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            // Refused, or the server is gone: not acknowledged.
            Some(Err(_)) | None => break,
        }
    }
    told
}

/// Sees that all that was told is there once, with its number and text, each sender's in order.
async fn check(server: &Server, token: &str, told: &Told) {
    let (mut peer, _) = Peer::with_token(server.address(), token, Subscription::None, None).await;
    let mut found: BTreeMap<String, Vec<(Seq, String)>> = BTreeMap::new();
    let items = peer.changes(Seq::ZERO).await;
    let mut last = BTreeMap::new();
    for item in items {
        let Content::Message(message) = &item.content else { continue };
        let key = message.key.as_ref().expect("a key").to_string();
        let (sender, number) = key.rsplit_once('-').expect("the test's own keys");
        let before = last.insert(sender.to_owned(), number.to_owned());
        assert!(before.is_none_or(|before| before.as_str() < number), "{sender} is out of order at {number}");
        found.entry(key.clone()).or_default().push((item.seq, message.body.to_string()));
    }
    for (key, seq) in told {
        assert_eq!(found.get(key), Some(&vec![(*seq, format!("text of {key}"))]), "{key} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_twenty_kills_under_load() {
    let mut server = Server::start();
    let (_, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let mut told = Told::new();
    for round in 0..20 {
        let load = Load::begin(&server, &token, round, 4).await;
        // The moment of the kill is any moment under load: a state to wait for would make it always the same.
        tokio::time::sleep(Duration::from_millis(60 + 13 * (round as u64 % 5))).await;
        server.kill();
        told.extend(load.told().await);
        server.restart();
    }
    assert!(told.len() > 200, "the load was real: {} posts", told.len());
    check(&server, &token, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orderly_end_under_load_is_quick_and_loses_nothing_acknowledged() {
    let mut server = Server::start();
    let (_, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let load = Load::begin(&server, &token, 0, 8).await;
    until("a load", || (load.acknowledged.load(Ordering::Relaxed) >= 300).then_some(()));
    let begun = std::time::Instant::now();
    let status = server.terminate();
    assert_eq!(status.code(), Some(0), "the log:\n{}", server.log());
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    let told = load.told().await;
    server.restart();
    check(&server, &token, &told).await;
}

#[tokio::test]
async fn a_second_server_on_the_same_data_names_the_first() {
    let server = Server::start();
    let output = std::process::Command::new(chat_tests::program::path("chat-server"))
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(server.data())
        .output()
        .expect("it runs");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(talk.contains(&format!("pid {}", server.pid())), "{talk}");
}
