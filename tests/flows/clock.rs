//! The system time jumps an hour forward and back: sequence numbers and order stay, and messages expire on time.

use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::message::Content;
use chat_proto::request::{History, Life, Ping, Post};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::server::Server;
use chat_tests::wait::eventually;

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
        let ephemeral = Post { life: Some(Life::TtlMs(4_000)), ..post("k2", "ephemeral") };
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
        assert!(before.elapsed() >= Duration::from_millis(3_950), "{jump}: not before");
        assert_eq!(texts(&mut ana).await, ["before", "after"]);
        assert!(ana.call(&post("k1", "before")).await.duplicate);
    }
}
