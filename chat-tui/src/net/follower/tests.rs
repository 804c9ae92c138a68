//! A follower and a scripted server, over a real socket.

use std::time::Duration;

use chat_proto::client_frame::{Auth, ClientFrame};
use chat_proto::codec;
use chat_proto::ids::{Epoch, RequestId, UserId};
use chat_proto::request::{ChangesPage, Request, RoomHead, Subscribed};
use chat_proto::server_frame::{Goodbye, GoodbyeReason};
use chat_proto::time::UnixMillis;
use tokio::time::{Instant, timeout};

use super::*;
use crate::net::scripted_server::{Peer, ScriptedServer, welcome};

const ROOM: RoomId = RoomId(1);

fn item(seq: u64) -> Item {
    Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(0), by: UserId(1), content: Content::Join }
}

impl Peer {
    async fn request(&mut self) -> (RequestId, Request) {
        match self.receive().await {
            Some(ClientFrame::Request { id, request }) => (id, request),
            other => panic!("asks, not {other:?}"),
        }
    }

    async fn take_subscribe(&mut self, head: u64) {
        let (id, Request::Subscribe(_)) = self.request().await else { panic!("subscribes") };
        let heads = vec![RoomHead { room: ROOM, head: Seq(head) }];
        self.send_bytes(codec::encode_ok::<Subscribe>(id, &Subscribed { heads })).await;
    }

    async fn take_changes(&mut self, after: u64, head: u64) {
        let (id, Request::Changes(changes)) = self.request().await else { panic!("asks for changes") };
        assert_eq!(changes.after, Seq(after));
        let items = (after + 1..=head).map(item).collect();
        let page = ChangesPage { items, users: Vec::new(), next: Seq(head), head: Seq(head) };
        self.send_bytes(codec::encode_ok::<Changes>(id, &page)).await;
    }

    async fn send_event(&mut self, seq: u64, prev: u64) {
        self.send(&Event { room: ROOM, seq: Seq(seq), prev: Seq(prev), update: Update::Item(item(seq)) }).await;
    }
}

/// A server with a gap, a restart that asks for a pause, and a restored backup.
async fn serve(server: ScriptedServer) {
    let mut peer = server.welcome().await;
    peer.take_subscribe(1).await;
    peer.send_event(2, 1).await;
    peer.send_event(4, 3).await;
    peer.take_changes(2, 4).await;
    peer.send(&Goodbye { reason: GoodbyeReason::Shutdown, reconnect_after_ms: Some(700) }).await;
    drop(peer);
    let ended = Instant::now();
    let mut peer = server.welcome().await;
    assert!(ended.elapsed() >= Duration::from_millis(650), "as long as the server asked");
    peer.take_subscribe(5).await;
    peer.take_changes(4, 5).await;
    drop(peer);
    let mut peer = server.accept().await;
    peer.receive().await.expect("a hello");
    let mut restored = welcome();
    restored.epoch = Epoch("two".into());
    peer.send(&restored).await;
    peer.take_subscribe(1).await;
    peer.take_changes(0, 1).await;
    while peer.receive().await.is_some() {}
}

#[tokio::test]
async fn every_change_comes_once_over_a_gap_a_restart_and_another_life() {
    let server = ScriptedServer::new().await;
    let options = LinkOptions::follow(server.address(), Auth::Token { token: "t".into() });
    tokio::spawn(serve(server));
    let follow = async {
        let mut follower = Follower::start(options, vec![RoomStart { room: ROOM, after: Seq(1) }]).await.expect("in");
        let mut changed = Vec::new();
        while changed.len() < 5 {
            changed.push(follower.next().await.expect("goes on").item.changed.0);
        }
        (changed, follower.cursor(ROOM))
    };
    let (changed, cursor) = timeout(Duration::from_secs(20), follow).await.expect("in time");
    assert_eq!(changed, [2, 3, 4, 5, 1]);
    assert_eq!(cursor, Seq(1));
}
