//! The plain HTTP surface.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::request::{Life, Post};
use chat_tests::peer::{Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str, headers: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

/// Asks for a page under this name.
async fn get_as(address: SocketAddr, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

async fn get_at(address: SocketAddr, path: &str, headers: &str) -> String {
    ask(TcpStream::connect(address).await.expect("it listens"), path, headers).await
}

pub async fn get(server: &Server, path: &str, headers: &str) -> String {
    get_at(server.address(), path, headers).await
}

/// Returns the samples of a page by name and labels. Every line must be valid for Prometheus, and each metric's type
/// must come before its samples.
pub fn samples(answer: &str) -> BTreeMap<String, f64> {
    let (head, page) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(page.ends_with('\n'), "the last line ends with a newline");
    let mut kinds = BTreeMap::new();
    let mut found = BTreeMap::new();
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a kind");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(kinds.insert(name, kind).is_none(), "{name} twice");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            let name = sample.split('{').next().expect("a name");
            let family =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| kinds.get_key_value(name.strip_suffix(end)?));
            assert!(family.is_some_and(|(_, kind)| *kind == "histogram") || kinds.contains_key(name), "{line}");
            assert!(found.insert(sample.to_owned(), value.parse().expect("a number")).is_none(), "{sample} twice");
        }
    }
    found
}

#[tokio::test]
async fn health_and_readiness_are_reported_and_other_paths_describe_the_server() {
    let server = Server::start();
    assert!(get(&server, "/healthz", "").await.starts_with("HTTP/1.1 200"));
    assert!(get(&server, "/readyz", "").await.starts_with("HTTP/1.1 200"));
    let other = get(&server, "/", "").await;
    assert!(other.starts_with("HTTP/1.1 404") && other.contains("chat server"), "{other}");
    let page = "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n";
    assert!(get(&server, "/", page).await.starts_with("HTTP/1.1 403"), "no web page may act for a user");
}

#[tokio::test]
async fn metrics_count_events() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::All).await;
    let (_ben, _) = Peer::register(server.address(), "ben", Subscription::All).await;
    let before = samples(&get(&server, "/metrics", "").await);
    for number in 0..5 {
        ana.post(&format!("k{number}"), "counted").await;
    }
    ana.call(&Post { life: Some(Life::TtlMs(3_600_000)), ..post("e1", "ephemeral") }).await;
    ana.changes(Seq::ZERO).await;
    let page = get(&server, "/metrics", "").await;
    assert!(!page.contains("ana") && !page.contains("general"), "the page contains no name: {page}");
    let after = samples(&page);
    let more = |name: &str| after[name] - before[name];
    for (name, count) in [
        ("chat_connections", 2.0),
        ("chat_accounts_connected", 2.0),
        ("chat_rooms_running", 1.0),
        ("chat_send_queue_dropped_frames_total", 0.0),
        ("chat_ephemeral_alive", 1.0),
        ("chat_live_available", 1.0),
        ("chat_database_available", 1.0),
        ("chat_build_info{version=\"0.1.0\"}", 1.0),
    ] {
        assert!((after[name] - count).abs() < 0.1, "{name} is {}", after[name]);
    }
    for (name, count) in [
        ("chat_posts_total", 6.0),
        ("chat_deliveries_total", 12.0),
        ("chat_ring_hits_total", 1.0),
        ("chat_ring_misses_total", 0.0),
        ("chat_acknowledgement_seconds_count", 6.0),
        ("chat_acknowledgement_seconds_bucket{le=\"+Inf\"}", 6.0),
    ] {
        assert!((more(name) - count).abs() < 0.1, "{name} rose by {}", more(name));
    }
    // The ephemeral message reserves sequence numbers, which is a write.
    assert!(more("chat_writes_total") >= 5.0 && more("chat_commits_total") >= 5.0, "{after:?}");
    assert!((after["chat_commit_batch_writes_sum"] - after["chat_writes_total"]).abs() < 0.1);
    assert!((after["chat_commit_seconds_count"] - after["chat_commits_total"]).abs() < 0.1);
    assert!(after["chat_acknowledgement_seconds_sum"] > 0.0 && after["chat_ephemeral_bytes"] > 0.0);
    assert!(after["process_resident_memory_bytes"] > 1e6 && after["process_open_fds"] > 5.0);
    let age = now_seconds() - after["process_start_time_seconds"];
    assert!((0.0..60.0).contains(&age), "{age}");
    assert!(after["chat_database_bytes"] >= 4_096.0);
    // The log's size is measured shortly after a commit.
    until(&server, "chat_database_log_bytes", |bytes| bytes >= 4_096.0).await;
}

/// Waits until a metric has the wanted value.
async fn until(server: &Server, name: &str, wanted: impl Fn(f64) -> bool) {
    let figure = async || samples(&get(server, "/metrics", "").await)[name];
    eventually(name, async || wanted(figure().await).then_some(())).await;
}

fn now_seconds() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("later").as_secs_f64()
}

#[tokio::test]
async fn frames_dropped_for_a_slow_reader_stay_counted_after_it_disconnects() {
    let server = Server::start();
    let (slow, _) = Peer::register(server.address(), "slow", Subscription::All).await;
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let body = "x".repeat(7_000);
    let dropped = async || samples(&get(&server, "/metrics", "").await)["chat_send_queue_dropped_frames_total"];
    let mut number = 0;
    // The system's buffers hold some megabytes before anything queues.
    while dropped().await < 1.0 {
        assert!(number < 5_000, "no frame is dropped");
        for _ in 0..50 {
            number += 1;
            ana.post(&format!("k{number}"), &body).await;
        }
    }
    let so_far = dropped().await;
    drop(slow);
    until(&server, "chat_connections", |count| count < 1.5).await;
    assert!(dropped().await >= so_far, "{so_far}");
}

#[tokio::test]
async fn metrics_are_served_to_this_machine_only() {
    let server = Server::start();
    let socket = UnixStream::connect(server.socket()).await.expect("it listens");
    assert!(samples(&ask(socket, "/metrics", "").await).contains_key("chat_posts_total"));
    for proxy in ["X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "Via: 1.1 front"] {
        let answer = get(&server, "/metrics", &format!("{proxy}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 404") && !answer.contains("chat_posts_total"), "{proxy}: {answer}");
    }
    assert!(!server.ready_line().contains("metrics"), "{}", server.ready_line());
}

#[tokio::test]
async fn a_metrics_address_serves_nothing_else() {
    let server = Server::start_with(&["--metrics-listen", "127.0.0.1:0"], "[limits]\nenabled = false\n");
    let line = server.ready_line();
    let (_, named) = line.split_once(" metrics http://").expect(line);
    let address: SocketAddr = named.split_once("/metrics ").expect(line).0.parse().expect(line);
    assert_ne!(address, server.address());
    assert!(samples(&get_at(address, "/metrics", "Via: 1.1 front\r\n").await).contains_key("chat_posts_total"));
    assert!(get_at(address, "/healthz", "").await.starts_with("HTTP/1.1 200"));
    assert!(get_at(address, "/readyz", "").await.starts_with("HTTP/1.1 200"));
    let opening = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert!(get_at(address, "/", opening).await.starts_with("HTTP/1.1 404"), "no chat here");
}

#[tokio::test]
async fn the_pages_for_operators_answer_under_the_servers_own_names_only() {
    let flags = ["--metrics-listen", "127.0.0.1:0", "--host-names", "chat.example.org"];
    let server = Server::start_with(&flags, "[limits]\nenabled = false\n");
    let line = server.ready_line();
    let (_, named) = line.split_once(" metrics http://").expect(line);
    let metrics: SocketAddr = named.split_once("/metrics ").expect(line).0.parse().expect(line);
    for address in [server.address(), metrics] {
        for path in ["/metrics", "/healthz", "/readyz"] {
            for host in ["localhost", "127.0.0.1:4000", "chat.example.org"] {
                let answer = get_as(address, path, host).await;
                assert!(answer.starts_with("HTTP/1.1 200"), "{path} at {host}: {answer}");
            }
            let answer = get_as(address, path, &format!("evil.example:{}", address.port())).await;
            assert!(answer.starts_with("HTTP/1.1 421") && !answer.contains("chat_posts"), "{path}: {answer}");
        }
    }
    // No browser gets there.
    let socket = UnixStream::connect(server.socket()).await.expect("it listens");
    assert!(samples(&ask(socket, "/metrics", "").await).contains_key("chat_posts_total"));
}
