//! Acknowledged messages survive kill -9 and a clean shutdown under load.

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

/// The acknowledgements of each sender: key → sequence number.
type Acks = BTreeMap<String, Seq>;

/// Peers of one account that post as fast as they are answered, until the server exits.
struct Load {
    senders: Vec<JoinHandle<Acks>>,
    acknowledged: Arc<AtomicUsize>,
}

impl Load {
    /// Starts `senders` senders; `round` makes their keys differ from those of other loads.
    async fn begin(server: &Server, token: &str, round: usize, senders: usize) -> Self {
        let mut load = Self { senders: Vec::new(), acknowledged: Arc::default() };
        for sender in 0..senders {
            let (peer, _) = Peer::with_token(server.address(), token, Subscription::None, None).await;
            let prefix = format!("r{round:02}s{sender}");
            load.senders.push(tokio::spawn(post_until_the_end(peer, prefix, Arc::clone(&load.acknowledged))));
        }
        load
    }

    /// Returns the acknowledged posts once the server has exited.
    async fn acks(self) -> Acks {
        let mut acks = Acks::new();
        for sender in self.senders {
            acks.extend(sender.await.expect("it ends"));
        }
        acks
    }
}

/// Posts until the connection ends and returns the acknowledged posts; `acknowledged` counts them as they come.
async fn post_until_the_end(mut peer: Peer, prefix: String, acknowledged: Arc<AtomicUsize>) -> Acks {
    let mut acks = Acks::new();
    for number in 0.. {
        let key = format!("{prefix}-{number:05}");
        let answer: Option<Result<Posted, _>> = peer.try_call(&post(&key, &format!("text of {key}"))).await;
        match answer {
            Some(Ok(posted)) => {
                acks.insert(key, posted.seq);
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            // Refused, or the server is gone: not acknowledged.
            Some(Err(_)) | None => break,
        }
    }
    acks
}

/// Checks that every acknowledged post is there once, with its sequence number and text, in each sender's order.
async fn check(server: &Server, token: &str, acks: &Acks) {
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
    for (key, seq) in acks {
        assert_eq!(found.get(key), Some(&vec![(*seq, format!("text of {key}"))]), "{key} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_twenty_kills_under_load() {
    let mut server = Server::start();
    let (_, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let mut acks = Acks::new();
    for round in 0..20 {
        let load = Load::begin(&server, &token, round, 4).await;
        // The kill comes at an arbitrary moment under load: waiting for a state would make it always the same.
        tokio::time::sleep(Duration::from_millis(60 + 13 * (round as u64 % 5))).await;
        server.kill();
        acks.extend(load.acks().await);
        server.restart();
    }
    assert!(acks.len() > 200, "the load was real: {} posts", acks.len());
    check(&server, &token, &acks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_shutdown_under_load_is_quick_and_loses_nothing_acknowledged() {
    let mut server = Server::start();
    let (_, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let load = Load::begin(&server, &token, 0, 8).await;
    until("a load", || (load.acknowledged.load(Ordering::Relaxed) >= 300).then_some(()));
    let begun = std::time::Instant::now();
    let status = server.terminate();
    assert_eq!(status.code(), Some(0), "the log:\n{}", server.log());
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    let acks = load.acks().await;
    server.restart();
    check(&server, &token, &acks).await;
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
