//! The system time jumps an hour forward and back: sequence numbers and order stay, messages expire on time, and the operator
//! learns of it.

use std::process::Command;
use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::message::Content;
use chat_proto::request::{History, Life, Ping, Post};
use chat_tests::client::Home;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::program;
use chat_tests::server::Server;
use chat_tests::wait::{eventually, until};

async fn texts(peer: &mut Peer) -> Vec<String> {
    let page = peer.call(&History { room: GENERAL, before: None, limit: 100 }).await;
    let text = |item: &chat_proto::message::Item| match &item.content {
        Content::Message(message) => Some(message.body.to_string()),
        _ => None,
    };
    page.items.iter().filter_map(text).collect()
}

#[tokio::test]
async fn an_hour_forward_or_back_changes_neither_order_nor_expiry() {
    for jump in ["+1h", "-1h"] {
        let server = Server::start_with_a_clock_of_its_own();
        let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
        let first = ana.post("k1", "before").await;
        let ephemeral = Post { life: Some(Life::TtlMs(8_000)), ..post("k2", "ephemeral") };
        let before = Instant::now();
        ana.call(&ephemeral).await;
        server.set_clock(jump);
        let second = ana.post("k3", "after").await;
        assert!(second.seq > first.seq);
        let minute = 60_000;
        assert!(second.at >= first.at && second.at.since_ms(first.at) < minute, "{jump}: {first:?}, {second:?}");
        let now = ana.call(&Ping {}).await.now;
        assert!(now >= welcome.now && now.since_ms(welcome.now) < minute);
        assert_eq!(texts(&mut ana).await, ["before", "ephemeral", "after"], "{jump}: it has not expired");
        // Far less than the hour by which the clock jumped.
        eventually("its end", async || (texts(&mut ana).await.len() == 2).then_some(())).await;
        assert!(before.elapsed() >= Duration::from_millis(7_950), "{jump}: not before");
        assert_eq!(texts(&mut ana).await, ["before", "after"]);
        assert!(ana.call(&post("k1", "before")).await.duplicate);
    }
}

/// The line of `chat-server doctor` about the clock.
fn doctor(server: &Server) -> String {
    let mut command = Command::new(program::path("chat-server"));
    command.args(["doctor", "--listen", "127.0.0.1:0", "--unix"]).arg(server.socket()).arg("--data").arg(server.data());
    clock_line(&command.output().expect("it runs").stdout)
}

fn clock_line(output: &[u8]) -> String {
    let text = String::from_utf8(output.to_vec()).expect("UTF-8");
    text.lines().find(|line| line.contains("clock")).unwrap_or_else(|| panic!("no clock in {text}")).to_owned()
}

fn ahead_s(server: &Server) -> f64 {
    let page = server.metrics();
    let value = page.lines().find_map(|line| line.strip_prefix("chat_clock_ahead_seconds "));
    value.unwrap_or_else(|| panic!("no clock in {page}")).parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_logged_and_shown_and_a_restart_takes_the_new_time() {
    let mut server = Server::start_with_a_clock_of_its_own();
    let (_, before) = Peer::register(server.address(), "ana", Subscription::None).await;
    let ben = Home::signed_in(&server, "ben");
    assert!(doctor(&server).starts_with("ok "), "{}", doctor(&server));
    assert!(ahead_s(&server).abs() < 1.0);
    server.set_clock("+1h");
    let logged = || server.log().lines().find(|line| line.contains("the system clock was set")).map(str::to_owned);
    let line = until("a line in the log", logged);
    assert!(line.contains("WARN") && line.contains("ahead_s=3") && line.contains("Restart"), "{line}");
    assert!((ahead_s(&server) - 3_600.0).abs() < 60.0, "{}", ahead_s(&server));
    let found = doctor(&server);
    assert!(found.starts_with("warn") && found.contains("ahead of the server's"), "{found}");
    let of_ben = clock_line(&ben.run(&["doctor"]).stdout);
    assert!(of_ben.starts_with("warn") && of_ben.contains("behind the system clock"), "{of_ben}");
    server.terminate();
    server.restart();
    let token = before.token.expect("a token");
    let (_, after) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let passed_ms = after.now.since_ms(before.now);
    assert!((3_600_000..3_660_000 + 60_000).contains(&passed_ms), "{passed_ms} ms");
    assert!(ahead_s(&server).abs() < 1.0);
    assert!(doctor(&server).starts_with("ok "), "{}", doctor(&server));
}
