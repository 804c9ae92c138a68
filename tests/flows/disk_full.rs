//! A full disk: acknowledged messages are kept, others are refused, and the server recovers once there is room.

use std::io::Write;

use chat_proto::client_frame::Subscription;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::Seq;
use chat_proto::request::{History, Life, Post};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// The file that fills the remaining space.
const REST: &str = "rest";

/// Posts one message after another until one is refused, at most `most`. Returns the sequence numbers of the accepted
/// posts, and the refused one.
async fn post_until_refused(ana: &mut Peer, most: u64, posts: impl Fn(u64) -> Post) -> (Vec<Seq>, Post, ErrorBody) {
    let mut taken = Vec::new();
    for number in 0..most {
        let post = posts(number);
        match ana.try_call(&post).await.expect("connected") {
            Ok(posted) => taken.push(posted.seq),
            Err(error) => return (taken, post, error),
        }
    }
    panic!("{most} posts were accepted, but the disk is full");
}

/// Leaves no space at all: a small write may still succeed after a large one failed, also in the log, whose space is
/// reused. Returns the sequence numbers of the posts accepted in the meantime.
async fn fill(server: &Server, ana: &mut Peer) -> Vec<Seq> {
    let mut file = std::fs::File::create(server.data_inside().join(REST)).expect("a file");
    while file.write_all(&[7; 512]).is_ok() {}
    post_until_refused(ana, 5_000, |number| post(&format!("small{number}"), "small")).await.0
}

/// Returns the sequence numbers of all messages in the room.
async fn held(ana: &mut Peer) -> Vec<Seq> {
    let mut held = Vec::new();
    let mut before = None;
    loop {
        let page = ana.call(&History { room: GENERAL, before, limit: 200 }).await;
        held.extend(page.items.iter().map(|item| item.seq));
        before = page.next_before;
        if before.is_none() {
            return held;
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_posts_reads_on_and_recovers() {
    let server = Server::start_on_small_disk(8);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let filler = server.data_inside().join("filler");
    std::fs::write(&filler, vec![7; 4 * 1024 * 1024]).expect("room for it");
    let body = "x".repeat(7_900);
    // Four mebibytes hold no more.
    let large = |number| post(&format!("k{number}"), &body);
    let (mut acknowledged, _, refused) = post_until_refused(&mut ana, 5_000, large).await;
    assert_eq!(refused.code, ErrorCode::StorageFailed);
    assert!(refused.retryable);
    let log = server.log();
    let fault = log.lines().find(|line| line.contains("the database failed")).expect("a line of the log");
    for named in ["connection{id=", "user=U1", "request{id=", "kind=\"post\""] {
        assert!(fault.contains(named), "{named} is missing in {fault}");
    }
    let availability = |frame: &ServerFrame| match frame {
        ServerFrame::Service(service) => Some(service.is_store_available),
        _ => None,
    };
    assert!(!ana.pushed(availability).await, "everyone is notified");
    // An ephemeral message needs a reserved sequence number, and is refused if none can be reserved.
    acknowledged.extend(fill(&server, &mut ana).await);
    // Every sixty-fourth sequence number needs a page.
    let ephemeral =
        |number| Post { life: Some(Life::TtlMs(600_000)), ..post(&format!("ephemeral{number}"), "ephemeral") };
    let (taken, ephemeral, refused) = post_until_refused(&mut ana, 20_000, ephemeral).await;
    acknowledged.extend(taken);
    assert_eq!(refused.code, ErrorCode::StorageFailed);
    // Reading and everything else that needs no disk space goes on.
    let page = ana.call(&History { room: GENERAL, before: None, limit: 20 }).await;
    assert_eq!(page.items.last().map(|item| item.seq), acknowledged.last().copied());
    assert!(ana.try_call(&post("again", &body)).await.expect("connected").is_err());

    std::fs::remove_file(filler).expect("it is there");
    std::fs::remove_file(server.data_inside().join(REST)).expect("it is there");
    // Even if nobody posts.
    assert!(ana.pushed(availability).await);
    let first = ana.until_taken("room for it", &post("again", &body)).await;
    assert!(first.seq > *acknowledged.last().expect("some were accepted"), "no sequence number is reused");
    acknowledged.push(first.seq);
    let posted = ana.call(&ephemeral).await;
    assert!(!posted.duplicate, "it was refused");
    acknowledged.push(posted.seq);
    let held = held(&mut ana).await;
    for seq in acknowledged {
        assert!(held.contains(&seq), "{seq} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_for_files_refuses_posts_and_ends_nothing() {
    let server = Server::start_with(&[], "[limits]\nenabled = false\n");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let pid = Pid::from_raw(i32::try_from(server.pid()).expect("a small number"));
    let limit = |bytes| {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(pid, Resource::Fsize, limit).expect("it runs");
    };
    limit(Some(256 * 1024));
    let body = "x".repeat(8_000);
    let (accepted, _, refused) = post_until_refused(&mut ana, 200, |number| post(&format!("k{number}"), &body)).await;
    assert_eq!((refused.code, refused.retryable), (ErrorCode::StorageFailed, true));
    limit(None);
    let again = ana.until_taken("files may grow", &post("again", "more")).await;
    assert!(accepted.last().is_none_or(|last| *last < again.seq));
    assert!(server.log().contains("a transaction failed"), "{}", server.log());
}
