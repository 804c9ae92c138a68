//! Deleted and expired messages are gone, also from the disk.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::request::{Delete, Edit, Life, Ping, Post};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::{eventually, until};

#[tokio::test(flavor = "multi_thread")]
async fn deleted_text_leaves_the_disk_at_once_and_stays_away_after_a_kill() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret one").await;
    assert!(server.holds("zanzibarsecret"), "the test looks in the right place");
    let body = "zanzibarsecret two".parse().expect("a body");
    ana.call(&Edit { room: GENERAL, seq: posted.seq, body }).await;
    ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
    until("the text to leave the disk", || (!server.holds("zanzibarsecret")).then_some(()));
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_deleted_just_before_a_kill_leaves_the_disk_after_the_restart() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret").await;
    ana.call(&Delete { room: GENERAL, seq: posted.seq }).await;
    server.kill();
    assert!(server.holds("zanzibarsecret"), "it is still in the log");
    server.restart();
    until("the text to leave the disk", || (!server.holds("zanzibarsecret")).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_message_never_touches_the_disk_and_expires_on_time() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let ephemeral = Post { life: Some(Life::TtlMs(4_000)), ..post("k", "zanzibarsecret") };
    let posted = ana.call(&ephemeral).await;
    let end = posted.expires_at.expect("an end");
    let again = ana.call(&ephemeral).await;
    assert_eq!((again.seq, again.duplicate), (posted.seq, true));
    let is_there = |items: &[chat_proto::message::Item]| {
        items.iter().any(|item| item.seq == posted.seq && matches!(item.content, Content::Message(_)))
    };
    assert!(is_there(&ana.changes(Seq::ZERO).await), "it is there before it expires");
    assert!(!server.holds("zanzibarsecret"));
    // By the server's own clock, so that no machine is too slow: it disappears when it expires, and no earlier. A read
    // at the moment of expiry may be answered first.
    let mut late = 0;
    eventually("its end", async || {
        let before = ana.call(&Ping {}).await.now;
        let is_there = is_there(&ana.changes(Seq::ZERO).await);
        let after = ana.call(&Ping {}).await.now;
        late += u32::from(is_there && before >= end);
        assert!(late < 3, "it is still there at {before:?}, but expires at {end:?}");
        assert!(is_there || after >= end, "it is gone at {after:?}, but expires at {end:?}");
        (!is_there).then_some(())
    })
    .await;
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
    // Its sequence number is never reused, although the database does not hold the message.
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert!(ana.post("k2", "later").await.seq > posted.seq);
}

/// The bytes of a word that are looked for: its end, since an index may share beginnings.
const TAIL: usize = 10;
/// Messages that each author deletes between two kills.
const DELETED: usize = 100;

/// The ends of the words of texts.
type Ends = HashSet<Vec<u8>>;

/// The ends of these words.
fn ends(words: &[String]) -> impl Iterator<Item = Vec<u8>> {
    words.iter().map(|word| word.as_bytes()[word.len() - TAIL..].to_vec())
}

/// One author's turn: posts, edits that lengthen, and deletions, as they come. Returns what must be gone, and
/// what still stands.
async fn turn(address: SocketAddr, token: String, turn: usize) -> (Ends, Ends) {
    let (mut peer, _) = Peer::with_token(address, &token, Subscription::None, None).await;
    let (mut standing, mut gone) = (VecDeque::new(), Ends::new());
    for number in 0..DELETED + 10 {
        // Fibonacci hashing: words without a common beginning.
        let word = |part: usize| {
            let number = (turn * 1_000 + number * 2 + part + 1) as u64;
            format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        };
        let filler = |most: usize| "filler ".repeat(1 + number * 37 % most);
        let (first, second) = (word(0), word(1));
        let seq = peer.post(&format!("{turn}-{number}"), &format!("{first} {}end", filler(220))).await.seq;
        if number % 2 == 0 {
            let body = format!("{second} {}end", filler(400)).parse().expect("a body");
            peer.call(&Edit { room: GENERAL, seq, body }).await;
        }
        // An edit replaces the first word.
        let last = if number % 2 == 0 { second.clone() } else { first.clone() };
        standing.push_back((seq, [first, second], last));
        let place = number * 7 % 10;
        if number >= 10
            && let Some((seq, words, _)) = standing.remove(place)
        {
            peer.call(&Delete { room: GENERAL, seq }).await;
            gone.extend(ends(&words));
        }
    }
    (gone, standing.into_iter().flat_map(|(_, _, last)| ends(&[last]).collect::<Vec<_>>()).collect())
}

/// How many of the words are in the files of the data folder.
fn found(server: &Server, sought: &Ends) -> usize {
    let files = server.copy();
    let is_word =
        |bytes: &&[u8]| bytes[0].is_ascii_hexdigit() && bytes[1].is_ascii_hexdigit() && sought.contains(*bytes);
    files.values().flat_map(|bytes| bytes.windows(TAIL)).filter(is_word).collect::<HashSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_six_hundred_deleted_texts_is_in_a_file_after_kills_under_load() {
    let mut server = Server::start();
    let mut tokens = Vec::new();
    for name in ["ana", "ben"] {
        let (_, welcome) = Peer::register(server.address(), name, Subscription::None).await;
        tokens.push(welcome.token.expect("a token"));
    }
    let (mut gone, mut standing) = (Ends::new(), Ends::new());
    for round in 0..3 {
        let turns = tokens
            .iter()
            .enumerate()
            .map(|(author, token)| tokio::spawn(turn(server.address(), token.clone(), 1 + 2 * round + author)));
        for turn in turns.collect::<Vec<_>>() {
            let (deleted, kept) = turn.await.expect("a turn");
            gone.extend(deleted);
            standing.extend(kept);
        }
        server.kill();
        server.restart();
    }
    assert_eq!(gone.len(), 2 * 6 * DELETED, "each has two words");
    until("the texts to leave the disk", || (found(&server, &gone) == 0).then_some(()));
    server.terminate();
    assert_eq!(found(&server, &gone), 0, "a stop brings nothing back");
    assert_eq!((standing.len(), found(&server, &standing)), (2 * 3 * 10, 2 * 3 * 10), "the search finds what stands");
}
