//! Data that lose their place under a running server: nothing is acknowledged that would be lost, everyone is notified, and no
//! second server begins beside the first.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::History;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::program;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Waits until `/readyz` answers with this status. Returns the answer.
pub(super) async fn readiness(server: &Server, status: &str) -> String {
    eventually("readiness", async || {
        let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
        let request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        answer.starts_with(&format!("HTTP/1.1 {status}")).then_some(answer)
    })
    .await
}

/// The lines of the log that say that the data are not in place.
fn told(server: &Server) -> usize {
    server.log().lines().filter(|line| line.contains("the data are not where they were opened")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_moved_away_refuses_posts_until_it_is_back() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.post("k1", "kept").await;
    let (data, away) = (server.data(), server.data().with_extension("away"));
    std::fs::rename(&data, &away).expect("moved");
    for number in 0..3 {
        let refused = ana.try_call(&post(&format!("lost{number}"), "lost")).await.expect("connected");
        let refused = refused.expect_err("it would be lost");
        assert_eq!((refused.code, refused.retryable), (ErrorCode::StorageFailed, true));
        assert!(refused.message.contains("data folder was moved or replaced"), "{}", refused.message);
    }
    let is_store_available = |frame: &ServerFrame| match frame {
        ServerFrame::Service(service) => Some(service.is_store_available),
        _ => None,
    };
    assert!(!ana.pushed(is_store_available).await, "everyone is notified");
    let answer = readiness(&server, "503").await;
    assert!(answer.contains("removed, moved or replaced"), "{answer}");
    let page = ana.call(&History { room: GENERAL, before: None, limit: 20 }).await;
    assert!(!page.items.is_empty(), "reading goes on");
    assert_eq!(told(&server), 1, "{}", server.log());
    std::fs::rename(&away, &data).expect("moved back");
    readiness(&server, "200").await;
    assert!(ana.pushed(is_store_available).await);
    let again = ana.until_taken("the folder is back", &post("lost0", "lost")).await;
    assert!(!again.duplicate, "it was refused");
    assert!(server.log().contains("the data are back in place"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_replaced_by_its_copy_takes_no_posts() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (database, copy) = (server.data().join("chat.db"), server.data().join("copy"));
    std::fs::copy(&database, &copy).expect("copied");
    let inode = || std::fs::metadata(&database).expect("there").ino();
    let before = inode();
    std::fs::rename(&copy, &database).expect("replaced");
    assert_ne!(inode(), before);
    let refused = ana.try_call(&post("k1", "lost")).await.expect("connected").expect_err("it would be lost");
    assert_eq!(refused.code, ErrorCode::StorageFailed);
    readiness(&server, "503").await;
    assert!(!server.terminate().success(), "it could not close the database that it opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_lock_file_the_folder_is_still_one_servers_own() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    std::fs::remove_file(server.data().join("lock")).expect("removed");
    // Ended if it should start.
    let mut second = Command::new("timeout");
    second.args(["-k", "1", "20"]).arg(program::path("chat-server")).args(["--listen", "127.0.0.1:0", "--data"]);
    let output = second.arg(server.data()).output().expect("it runs");
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.contains("in use by another server"), "{talk}");
    readiness(&server, "503").await;
    assert!(ana.try_call(&post("k1", "x")).await.expect("connected").is_err());
    assert_eq!(told(&server), 1, "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_log_takes_no_posts_and_a_clean_end_loses_none() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    ana.post("k1", "kept").await;
    std::fs::remove_file(server.data().join("chat.db-wal")).expect("removed");
    let refused = ana.try_call(&post("k2", "lost")).await.expect("connected").expect_err("it would be lost");
    assert_eq!((refused.code, refused.retryable), (ErrorCode::StorageFailed, true));
    readiness(&server, "503").await;
    assert_eq!(told(&server), 1, "{}", server.log());
    assert!(server.log().contains("chat.db-wal"), "{}", server.log());
    assert!(!server.terminate().success(), "it could not write into the log that it opened");
    server.restart();
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert!(ana.call(&post("k1", "kept")).await.duplicate, "it was acknowledged");
    assert!(!ana.call(&post("k2", "lost")).await.duplicate, "it was refused");
}
