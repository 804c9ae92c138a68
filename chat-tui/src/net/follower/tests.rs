//! A follower and a scripted server, over a real socket.

use std::sync::Arc;
use std::time::Duration;

use chat_proto::client_frame::{Auth, ClientFrame};
use chat_proto::codec;
use chat_proto::ids::{AccountSeq, RequestId, Run, UserId};
use chat_proto::request::{ChangesPage, HistoryPage, Request, RoomHead, Subscribed};
use chat_proto::room::{ReadMarker, Role, Room, RoomKind};
use chat_proto::server_frame::{ErrorFrame, Goodbye, GoodbyeReason};
use chat_proto::time::UnixMillis;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::*;
use crate::net::scripted_server::{Peer, ScriptedServer};

const ROOM: RoomId = RoomId(1);
const LEFT: RoomId = RoomId(2);
const HIDDEN: RoomId = RoomId(3);

fn item(seq: u64) -> Item {
    Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(0), by: UserId(1), content: Content::Join }
}

/// The cursor on a persistent number.
fn at(seq: u64) -> Cursor {
    Cursor { run: Some(Run(1)), seq: Seq(seq), persistent: Seq(seq) }
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
        assert_eq!(changes.after.seq, Seq(after));
        let items = (after + 1..=head).map(item).collect();
        let page = ChangesPage { items, users: Vec::new(), next: at(head), head: at(head), parted: None };
        self.send_bytes(codec::encode_ok::<Changes>(id, &page)).await;
    }

    /// Answers that the cursor is of another life.
    async fn part(&mut self, after: u64, at: Option<u64>, head: u64) {
        let (id, Request::Changes(changes)) = self.request().await else { panic!("asks for changes") };
        assert_eq!(changes.after.seq, Seq(after));
        let (next, parted) = (at.map_or(Cursor::START, self::at), Some(Parted { at: at.map(Seq) }));
        let page = ChangesPage { items: Vec::new(), users: Vec::new(), next, head: self::at(head), parted };
        self.send_bytes(codec::encode_ok::<Changes>(id, &page)).await;
    }

    async fn take_history(&mut self, from: u64, head: u64) {
        let (id, Request::History(_)) = self.request().await else { panic!("asks for the end") };
        let items = (from..=head).map(item).collect();
        let page = HistoryPage { items, joins: Vec::new(), users: Vec::new(), next_before: None, head: at(head) };
        self.send_bytes(codec::encode_ok::<History>(id, &page)).await;
    }

    async fn send_event(&mut self, seq: u64, prev: u64) {
        let update = Update::Item(item(seq));
        self.send(&Event { room: ROOM, seq: Seq(seq), prev: Seq(prev), is_ephemeral: false, update }).await;
    }
}

/// A server with a gap, a restart that asks for a pause, a backup that is put back, and other data in the end.
async fn serve(server: ScriptedServer) {
    let mut peer = server.welcome().await;
    peer.take_subscribe(1).await;
    peer.take_changes(1, 1).await;
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
    let mut peer = server.welcome_in(Run(2)).await;
    // Numbers have passed the cursor: only the answer to it shows that they are others.
    peer.take_subscribe(6).await;
    peer.part(5, Some(3), 6).await;
    peer.take_changes(3, 6).await;
    drop(peer);
    let mut peer = server.welcome_in(Run(3)).await;
    peer.take_subscribe(2).await;
    peer.part(6, None, 2).await;
    peer.take_history(1, 2).await;
    peer.take_changes(2, 2).await;
    while peer.receive().await.is_some() {}
}

#[tokio::test]
async fn every_change_comes_once_over_a_gap_a_restart_and_other_lives_which_are_told() {
    let server = ScriptedServer::new().await;
    let options = LinkOptions::follow(server.address(), Auth::Token { token: "t".into() });
    tokio::spawn(serve(server));
    let follow = async {
        let mut follower = Follower::start(options, vec![RoomStart { room: ROOM, after: at(1) }]).await.expect("in");
        let mut seen = Vec::new();
        while seen.len() < 17 {
            seen.push(match follower.next().await.expect("goes on") {
                Followed::Item(followed) => {
                    assert_eq!(followed.cursor.seq, followed.item.changed);
                    followed.item.changed.to_string()
                }
                Followed::Parted { at, .. } => at.map_or("unknown".to_owned(), |at| format!("parted at {at}")),
                Followed::Disconnected { .. } => "down".to_owned(),
                Followed::Reconnected => "up".to_owned(),
                Followed::Joined(room) => panic!("only named rooms, not {room:?}"),
            });
        }
        (seen, follower.cursors().map(|room| room.after).collect::<Vec<_>>())
    };
    let (seen, cursors) = timeout(Duration::from_secs(20), follow).await.expect("in time");
    assert_eq!(
        seen,
        [
            "2",
            "3",
            "4",
            "down",
            "up",
            "5",
            "down",
            "up",
            "parted at 3",
            "4",
            "5",
            "6",
            "down",
            "up",
            "unknown",
            "1",
            "2"
        ]
    );
    assert_eq!(cursors, [at(2)]);
}

fn membership(id: RoomId) -> Membership {
    let room = Room {
        id,
        kind: RoomKind::Public,
        name: None,
        people: Vec::new(),
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: false,
        members: 1,
        created_at: UnixMillis(0),
        created_by: UserId(1),
        pruned_to: Seq::ZERO,
    };
    Membership { room, head: at(1), read_marker: ReadMarker::default(), role: Role::Member }
}

/// A server whose account leaves one room, may not see another any more, and in the end is in none.
async fn serve_leaving(server: ScriptedServer, is_seen: Arc<Notify>) {
    let mut welcome = super::super::scripted_server::welcome();
    welcome.account.rooms = [ROOM, LEFT, HIDDEN].map(membership).to_vec();
    let mut peer = server.accept().await;
    assert!(matches!(peer.receive().await, Some(ClientFrame::Hello(_))));
    peer.let_in(&welcome).await;
    let (id, Request::Subscribe(_)) = peer.request().await else { panic!("subscribes") };
    let heads = [ROOM, LEFT, HIDDEN].map(|room| RoomHead { room, head: Seq(2) }).to_vec();
    peer.send_bytes(codec::encode_ok::<Subscribe>(id, &Subscribed { heads })).await;
    for _ in 0..3 {
        let (id, Request::Changes(changes)) = peer.request().await else { panic!("asks for changes") };
        if changes.room == HIDDEN {
            peer.send(&ErrorFrame { id: Some(id), error: ErrorBody::new(ErrorCode::NotFound, "No such room.") }).await;
        } else {
            let page = ChangesPage { items: Vec::new(), users: Vec::new(), next: at(2), head: at(2), parted: None };
            peer.send_bytes(codec::encode_ok::<Changes>(id, &page)).await;
        }
    }
    let change = AccountChange::Left { room: LEFT };
    peer.send(&AccountEvent { seq: AccountSeq(1), prev: AccountSeq(0), change }).await;
    peer.send_event(3, 2).await;
    is_seen.notified().await;
    drop(peer);
    let mut peer = server.welcome().await;
    while peer.receive().await.is_some() {}
}

#[tokio::test]
async fn of_all_rooms_those_that_were_left_or_hidden_are_followed_no_longer() {
    let server = ScriptedServer::new().await;
    let options = LinkOptions::follow(server.address(), Auth::Token { token: "t".into() });
    let is_seen = Arc::new(Notify::new());
    tokio::spawn(serve_leaving(server, Arc::clone(&is_seen)));
    let starts = [ROOM, LEFT, HIDDEN].map(|room| RoomStart { room, after: at(1) }).to_vec();
    let follow = async {
        let mut follower = Follower::start_all(options, starts).await.expect("in");
        let rooms = |follower: &Follower| follower.cursors().map(|start| start.room).collect::<Vec<_>>();
        let next = follower.next().await.expect("goes on");
        assert!(matches!(&next, Followed::Item(followed) if followed.item.seq == Seq(3)), "{next:?}");
        assert_eq!(rooms(&follower), [ROOM]);
        is_seen.notify_one();
        while !matches!(follower.next().await.expect("goes on"), Followed::Reconnected) {}
        assert_eq!(rooms(&follower), []);
    };
    timeout(Duration::from_secs(20), follow).await.expect("in time");
}
