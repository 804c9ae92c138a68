//! A disk that is full: what is acknowledged is there, what is not is refused, and all goes on once there is room.

use std::io::Write;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::ids::Seq;
use chat_proto::request::{History, Life, Post};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::LIMIT;

/// The file that takes what room is left.
const REST: &str = "rest";

/// Leaves no room at all: a small write may still find some where a large one did not, also in the log, whose space is
/// used again. The numbers of what was taken meanwhile.
async fn fill(server: &Server, ana: &mut Peer) -> Vec<Seq> {
    let mut file = std::fs::File::create(server.data_inside().join(REST)).expect("a file");
    while file.write_all(&[7; 512]).is_ok() {}
    let mut taken = Vec::new();
    while let Ok(posted) = ana.try_call(&post(&format!("small{}", taken.len()), "small")).await.expect("connected") {
        taken.push(posted.seq);
        assert!(taken.len() < 5_000, "the disk is full");
    }
    taken
}

/// The numbers of all that stands in the room.
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
    let mut acknowledged = Vec::new();
    let refused = loop {
        let key = format!("k{}", acknowledged.len());
        match ana.try_call(&post(&key, &body)).await.expect("connected") {
            Ok(posted) => acknowledged.push(posted.seq),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 5_000, "four mebibytes hold no more");
    };
    assert_eq!(refused.code, ErrorCode::StorageFailed);
    assert!(refused.retryable);
    let told = |frame: &ServerFrame| match frame {
        ServerFrame::Service(service) => Some(service.is_store_available),
        _ => None,
    };
    assert!(!ana.pushed(told).await, "everyone is told");
    // An ephemeral message needs a number kept free, and is not kept in secret where none can be.
    acknowledged.extend(fill(&server, &mut ana).await);
    let mut number = 0;
    let (brief, refused) = loop {
        let brief = Post { life: Some(Life::TtlMs(600_000)), ..post(&format!("brief{number}"), "brief") };
        match ana.try_call(&brief).await.expect("connected") {
            Ok(posted) => acknowledged.push(posted.seq),
            Err(error) => break (brief, error),
        }
        number += 1;
        assert!(number < 20_000, "each sixty-fourth needs a page");
    };
    assert_eq!(refused.code, ErrorCode::StorageFailed);
    // Reading and everything that needs no disk goes on.
    let page = ana.call(&History { room: GENERAL, before: None, limit: 20 }).await;
    assert_eq!(page.items.last().map(|item| item.seq), acknowledged.last().copied());
    assert!(ana.try_call(&post("again", &body)).await.expect("connected").is_err());

    std::fs::remove_file(filler).expect("it is there");
    std::fs::remove_file(server.data_inside().join(REST)).expect("it is there");
    // Without anybody writing.
    assert!(ana.pushed(told).await);
    let give_up = tokio::time::Instant::now() + LIMIT;
    let first = loop {
        match ana.try_call(&post("again", &body)).await.expect("connected") {
            Ok(posted) => break posted,
            Err(error) => assert!(tokio::time::Instant::now() < give_up, "{error}"),
        }
    };
    assert!(first.seq > *acknowledged.last().expect("some were taken"), "no number twice");
    acknowledged.push(first.seq);
    let posted = ana.call(&brief).await;
    assert!(!posted.duplicate, "it was refused");
    acknowledged.push(posted.seq);
    let held = held(&mut ana).await;
    for seq in acknowledged {
        assert!(held.contains(&seq), "{seq} was acknowledged");
    }
}
