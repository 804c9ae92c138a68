//! A copy of the data folder is put back: a client that has seen more than the copy holds learns so, however the copy was
//! made, and whether or not anything was posted since.

use std::collections::BTreeMap;

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::RoomId;
use chat_proto::message::Item;
use chat_proto::request::{Changes, ChangesPage, Delete, History, Life, Post, Posted};
use chat_proto::room::RoomKind;
use chat_proto::server_frame::{Resumed, Welcome};
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;

/// How a copy of the folder was made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Copied {
    Running,
    Stopped,
}

/// A server, a client of it, and what the client needs to come back.
struct Place {
    server: Server,
    peer: Peer,
    welcome: Box<Welcome>,
    token: String,
}

impl Place {
    async fn new(redis: Option<&Redis>) -> Self {
        let settings = "[limits]\nenabled = false\n";
        let server = match redis {
            Some(redis) => Server::start_with(&["--redis", &redis.url()], settings),
            None => Server::start_with(&[], settings),
        };
        let (peer, mut welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
        let token = welcome.token.take().expect("a token");
        Self { server, peer, welcome, token }
    }

    async fn copy(&mut self, how: Copied) -> BTreeMap<String, Vec<u8>> {
        if how == Copied::Running {
            return self.server.copy();
        }
        self.server.terminate();
        let copy = self.server.copy();
        self.server.restart();
        self.come_back(None).await;
        copy
    }

    async fn put_back(&mut self, copy: &BTreeMap<String, Vec<u8>>) {
        self.server.put_back(copy);
        self.come_back(None).await;
    }

    async fn kill(&mut self) {
        self.server.kill();
        self.server.restart();
        self.come_back(None).await;
    }

    async fn come_back(&mut self, resume: Option<Resume>) {
        let signed_in = Peer::with_token(self.server.address(), &self.token, Subscription::None, resume).await;
        (self.peer, self.welcome) = signed_in;
    }

    async fn ephemeral(&mut self, key: &str) -> Posted {
        let message = Post { life: Some(Life::TtlMs(600_000)), ..post(key, "ephemeral") };
        self.peer.until_taken("a post that the live store accepts", &message).await
    }

    /// The cursor of a client that has seen everything.
    async fn cursor(&mut self, room: RoomId) -> Cursor {
        self.peer.call(&History { room, before: None, limit: 1 }).await.head
    }

    /// Asks in both ways for what has changed after a cursor.
    async fn ask(&mut self, room: RoomId, after: Cursor) -> (Resumed, ChangesPage) {
        let rooms = vec![RoomCursor { room, after }];
        let resume = Resume { epoch: self.welcome.epoch.clone(), account: self.welcome.account.head, rooms };
        self.come_back(Some(resume)).await;
        let page = self.peer.call(&Changes { room, after, limit: 200 }).await;
        (self.welcome.resumed[0].clone(), page)
    }
}

fn bodies(items: &[Item]) -> Vec<String> {
    items.iter().filter_map(|item| item.content.message()).map(|message| message.body.to_string()).collect()
}

/// A follower has seen what the copy lacks. It comes back after `new` posts.
async fn put_back(how: Copied, new: usize, redis: Option<&Redis>) {
    let what = format!("copied {how:?}, {new} new posts, Redis: {}", redis.is_some());
    let mut place = Place::new(redis).await;
    let shared = place.peer.post("k1", "shared").await;
    place.ephemeral("k2").await;
    let copy = place.copy(how).await;
    for number in 0..3 {
        place.peer.post(&format!("lost-{number}"), "lost").await;
    }
    let gone = place.peer.post("lost-4", "lost").await;
    place.peer.call(&Delete { room: GENERAL, seq: gone.seq }).await;
    place.ephemeral("lost-5").await;
    let seen = place.cursor(GENERAL).await;
    place.put_back(&copy).await;
    let mut last = None;
    for number in 0..new {
        last = Some(place.peer.post(&format!("new-{number}"), "new").await.seq);
    }
    assert!(last.is_none_or(|last| last > seen.seq), "{what}: the numbers have passed the cursor");
    // A run that began after the copy is unknown to it.
    let at = (how == Copied::Running).then_some(shared.seq);
    let parted = Some(Parted { at });
    let (resumed, page) = place.ask(GENERAL, seen).await;
    assert_eq!((resumed.parted, resumed.is_complete, resumed.items), (parted, false, Vec::new()), "{what}");
    assert_eq!((page.parted, page.items), (parted, Vec::new()), "{what}");
    assert_eq!(page.next.seq, at.unwrap_or_default(), "{what}");
    // From there it goes on without another word, and misses nothing.
    let (resumed, rest) = place.ask(GENERAL, page.next).await;
    assert_eq!((resumed.parted, rest.parted), (None, None), "{what}");
    assert_eq!(bodies(&rest.items).iter().filter(|body| *body == "new").count(), new, "{what}");
    assert!(!bodies(&rest.items).contains(&"lost".to_owned()), "{what}");
    assert_eq!(rest.next, rest.head, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_put_back_is_noticed_before_and_after_new_posts() {
    for how in [Copied::Running, Copied::Stopped] {
        for new in [0, 10] {
            put_back(how, new, None).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_put_back_is_noticed_with_redis_too() {
    for how in [Copied::Running, Copied::Stopped] {
        for new in [0, 10] {
            put_back(how, new, Some(&Redis::start())).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_in_which_nothing_was_lost_goes_on_after_a_copy_was_put_back() {
    for how in [Copied::Running, Copied::Stopped] {
        let mut place = Place::new(None).await;
        let ops = place.peer.create("ops", RoomKind::Public).await;
        let seen = place.cursor(ops).await;
        let copy = place.copy(how).await;
        place.peer.post("k1", "lost").await;
        place.put_back(&copy).await;
        place.peer.call(&Post { room: ops, ..post("k2", "new") }).await;
        let (resumed, page) = place.ask(ops, seen).await;
        assert_eq!((resumed.parted, page.parted, resumed.is_complete), (None, None, true), "{how:?}");
        assert_eq!(bodies(&resumed.items), ["new"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_room_with_ephemeral_messages_only_is_noticed() {
    for new in [0, 10] {
        let mut place = Place::new(None).await;
        let copy = place.copy(Copied::Stopped).await;
        for number in 0..5 {
            place.ephemeral(&format!("k{number}")).await;
        }
        let seen = place.cursor(GENERAL).await;
        place.put_back(&copy).await;
        for number in 0..new {
            place.ephemeral(&format!("new-{number}")).await;
        }
        let (resumed, page) = place.ask(GENERAL, seen).await;
        assert_eq!((resumed.parted, page.parted), (Some(Parted { at: None }), Some(Parted { at: None })));
    }
}

/// Kills a server whose newest numbers are those of ephemeral messages.
async fn killed(redis: Option<&Redis>) {
    let mut place = Place::new(redis).await;
    place.peer.post("k1", "persistent").await;
    for number in 0..3 {
        place.ephemeral(&format!("e{number}")).await;
    }
    let seen = place.cursor(GENERAL).await;
    assert!(seen.persistent < seen.seq);
    for round in 0..3 {
        place.kill().await;
        let (resumed, page) = place.ask(GENERAL, seen).await;
        assert_eq!((resumed.parted, page.parted, &page.items), (None, None, &Vec::new()), "round {round}");
        assert!(page.next.seq >= page.head.seq && page.next.seq >= seen.seq, "round {round}: {page:?}");
        assert!(resumed.is_complete && resumed.items.is_empty(), "round {round}: {resumed:?}");
    }
    // Its numbers are passed by another run, which a kill ends in the same way.
    place.peer.post("k2", "new").await;
    place.ephemeral("e4").await;
    let later = place.cursor(GENERAL).await;
    place.kill().await;
    let (resumed, page) = place.ask(GENERAL, seen).await;
    assert_eq!((resumed.parted, page.parted), (None, None));
    assert_eq!(bodies(&page.items)[0], "new");
    let (resumed, page) = place.ask(GENERAL, later).await;
    assert_eq!((resumed.parted, page.parted, page.items), (None, None, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_with_ephemeral_numbers_on_top_is_no_other_life() {
    killed(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_with_ephemeral_numbers_on_top_is_no_other_life_with_redis() {
    killed(Some(&Redis::start())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_ten_thousand_rooms_writes_nothing_into_them() {
    let mut place = Place::new(None).await;
    place.server.edit_database(|database| {
        let rooms = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             INSERT INTO room (kind, name, skeleton, created_at, created_by, head, run)
             SELECT 0, 'r' || i, 'r' || i, 0, 0, 9, 77 FROM n";
        database.execute_batch(rooms).expect("rooms");
        database.execute_batch("INSERT INTO run SELECT id, 0, 77, 0 FROM room WHERE run = 77").expect("their runs");
    });
    let count = |place: &mut Place, expected: i64| {
        place.server.edit_database(|database| {
            let rows: i64 = database.query_row("SELECT count(*) FROM run", [], |row| row.get(0)).expect("counted");
            assert_eq!(rows, expected);
        });
    };
    // Of the first run in `#general`, and of those 10,000.
    count(&mut place, 10_001);
    place.come_back(None).await;
    place.peer.post("k1", "the first write of this run").await;
    place.peer.post("k2", "the second one").await;
    count(&mut place, 10_002);
}
