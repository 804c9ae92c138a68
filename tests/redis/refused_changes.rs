//! An edit or a deletion of an ephemeral message that was refused never happens: not when Redis is back, not when the disk
//! has room again, not after one restart or two.

use std::io::Write as _;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::ids::Seq;
use chat_proto::request::{Call, Changes, Delete, Edit};
use chat_tests::detour::Detour;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::until;

use super::lives::{ephemeral, put, server_at, server_on, texts};

fn edit(seq: Seq, body: &str) -> Edit {
    Edit { room: GENERAL, seq, body: body.parse().expect("a body") }
}

async fn back(server: &Server, token: &str) -> Peer {
    Peer::with_token(server.address(), token, Subscription::None, None).await.0
}

/// Everything that Redis holds of the room's messages.
fn held(redis: &Redis) -> String {
    let entries = redis.keys().into_iter().find(|key| key.ends_with(":entries")).expect("entries");
    redis.ask(&["HVALS", &entries])
}

/// Makes a change that Redis carries out, but whose answer is held back; returns once it was refused.
async fn refused_but_held<C: Call<Answer: std::fmt::Debug>>(
    ana: &mut Peer,
    (detour, redis): (&Detour, &Redis),
    (change, sign): (&C, &str),
) {
    for number in 0..20 {
        detour.hold_answers();
        assert_eq!(ana.refused(change).await, ErrorCode::LiveUnavailable);
        if held(redis).contains(sign) {
            return;
        }
        // It was refused before it was sent.
        detour.release();
        let again = format!("again{number}");
        ana.until_taken("the return of the service", &ephemeral(&again, &again, 600_000)).await;
    }
    panic!("no change was in flight when it was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_redis_holds_does_not_happen_after_one_restart_or_two() {
    for is_away_at_first in [false, true] {
        let redis = Redis::start();
        let detour = Detour::to(redis.socket());
        let mut server = server_at(&detour.url());
        let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
        let token = welcome.token.expect("a token");
        let mut seqs = Vec::new();
        for body in ["to be edited", "to be deleted"] {
            seqs.push(put(&mut ana, &ephemeral(body.replace(' ', "-").as_str(), body, 600_000)).await.seq);
        }
        // One after the other: each is the only change in flight when it is refused.
        refused_but_held(&mut ana, (&detour, &redis), (&edit(seqs[0], "never-said"), "never-said")).await;
        server.kill();
        detour.release();
        server.restart();
        let mut ana = back(&server, &token).await;
        refused_but_held(&mut ana, (&detour, &redis), (&Delete { room: GENERAL, seq: seqs[1] }, "deleted_by")).await;
        server.kill();
        if is_away_at_first {
            redis.freeze();
            server.restart();
            let mut ana = back(&server, &token).await;
            for number in 0..100 {
                ana.start(&post(&format!("meanwhile{number}"), "persistent")).await;
            }
            ana.post("meanwhile", "persistent").await;
            server.kill();
            redis.thaw();
        }
        detour.release();
        for _ in 0..2 {
            server.restart();
            let mut ana = back(&server, &token).await;
            let there: Vec<_> = texts(&mut ana).await.into_iter().map(|(_, text)| text).collect();
            for body in ["to be edited", "to be deleted"] {
                assert!(there.iter().any(|text| text == body), "{body}: {there:?}");
            }
            assert!(!there.iter().any(|text| text == "never-said"), "{there:?}");
            until("its compensation", || (!held(&redis).contains("never-said")).then_some(()));
            server.kill();
        }
        // What stands can be changed again.
        server.restart();
        let mut ana = back(&server, &token).await;
        ana.until_taken("a deletion", &Delete { room: GENERAL, seq: seqs[1] }).await;
        ana.until_taken("an edit", &edit(seqs[0], "edited")).await;
        until("their confirmation", || (!held(&redis).contains("to be")).then_some(()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_a_full_disk_refuses_do_not_happen_after_a_restart() {
    let redis = Redis::start();
    let mut server = Server::start_on_small_disk_with(8, &["--redis", &redis.url()]);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let mut seqs = Vec::new();
    for number in 0..40 {
        let key = format!("k{number}");
        seqs.push(put(&mut ana, &ephemeral(&key, &format!("ephemeral {number}"), 600_000)).await.seq);
    }
    let rest = server.data_inside().join("rest");
    let mut file = std::fs::File::create(&rest).expect("a file");
    while file.write_all(&[7; 512]).is_ok() {}
    // The log reuses its space for a while.
    let mut number = 0;
    while ana.try_call(&post(&format!("p{number}"), "small")).await.expect("connected").is_ok() {
        number += 1;
    }
    // A reserved number needs no space. Every sixty-fourth does.
    let mut refused = 0;
    for number in 0..400 {
        let seq = seqs[number % seqs.len()];
        let change = edit(seq, &format!("edit {number} of {seq}"));
        refused += usize::from(ana.try_call(&change).await.expect("connected").is_err());
        if refused > 30 {
            break;
        }
    }
    assert!(refused > 30, "the disk is full");
    let mut kept = Vec::new();
    for seq in &seqs[..20] {
        match ana.try_call(&Delete { room: GENERAL, seq: *seq }).await.expect("connected") {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.code, ErrorCode::StorageFailed, "{error}");
                kept.push(*seq);
            }
        }
    }
    assert!(!kept.is_empty(), "no deletion was refused");
    let before = texts(&mut ana).await;
    assert!(kept.iter().all(|seq| before.iter().any(|(there, _)| there == seq)));
    drop(file);
    std::fs::remove_file(&rest).expect("it is there");
    ana.until_taken("room for it", &post("room", "room")).await;
    let before = texts(&mut ana).await;
    // The data would end with the file system of the process: another one takes it over.
    let data: std::collections::BTreeMap<String, Vec<u8>> = std::fs::read_dir(server.data_inside())
        .expect("a folder")
        .map(|file| file.expect("a file"))
        .map(|file| (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).expect("read")))
        .collect();
    server.kill();
    let server = Server::start_on_with(&data, &["--redis", &redis.url()]);
    let mut ana = back(&server, &welcome.token.expect("a token")).await;
    assert_eq!(texts(&mut ana).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_returned_after_an_outage_keeps_its_new_number_over_another_restart() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let lives = put(&mut ana, &ephemeral("lives", "lives", 600_000)).await.seq;
    redis.freeze();
    server.kill();
    server.restart();
    let mut ana = back(&server, &token).await;
    // A follower that has seen everything, and does not see the message.
    let cursor = ana.post("persistent", "persistent").await.seq;
    redis.thaw();
    ana.until_taken("the return of the service", &ephemeral("later", "later", 600_000)).await;
    let changed = async |ana: &mut Peer| {
        let page = ana.call(&Changes { room: GENERAL, after: ana.at(cursor), limit: 100 }).await;
        page.items.iter().find(|item| item.seq == lives).map(|item| item.changed)
    };
    let number = loop {
        if let Some(number) = changed(&mut ana).await {
            break number;
        }
    };
    until("its number in Redis", || held(&redis).contains(&format!("{lives} {number} m")).then_some(()));
    server.kill();
    server.restart();
    let mut ana = back(&server, &token).await;
    assert_eq!(changed(&mut ana).await, Some(number), "a follower that was away all the time learns it");
}
