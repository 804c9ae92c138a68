//! Unread counts of the server, the command line and the screen: the same after every step of generated histories, with
//! ephemeral messages that outlive the server in Redis; and what they say while Redis is away.

mod screen;

use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::codec;
use chat_proto::ids::{RoomId, Seq};
use chat_proto::request::{Account, Delete, Edit, Join, Leave, Life, Post, Posted, Read};
use chat_proto::room::{ReadMarker, RoomKind};
use chat_proto::server_frame::{ServerFrame, Welcome};
use chat_proto::time::UnixMillis;
use chat_tests::client::Home;
use chat_tests::peer::{Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use chat_tui::action::Action;
use chat_tui::app::Msg;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::screen::{Screen, now};
use super::lives::{ephemeral, put, server_on};

/// One step of a history. Numbers choose among the messages that are there.
#[derive(Clone, Debug)]
enum Step {
    /// Ana posts, and may mention Ben.
    Post {
        ttl_ms: Option<u64>,
        mentions: bool,
    },
    /// Ben posts from another device.
    PostOwn {
        ttl_ms: Option<u64>,
    },
    Edit {
        which: usize,
        mentions: bool,
    },
    Delete {
        which: usize,
    },
    /// Ben's other device reads up to a message, or marks it as unread.
    Read {
        which: usize,
        rewind: bool,
    },
    /// Ben looks at the room on his screen.
    Look,
    Leave,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let ttl_ms = || prop_oneof![3 => Just(None), 2 => Just(Some(600_000)), 1 => Just(Some(1_000))];
    prop_oneof![
        8 => (ttl_ms(), any::<bool>()).prop_map(|(ttl_ms, mentions)| Step::Post { ttl_ms, mentions }),
        3 => ttl_ms().prop_map(|ttl_ms| Step::PostOwn { ttl_ms }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, mentions)| Step::Edit { which, mentions }),
        3 => any::<usize>().prop_map(|which| Step::Delete { which }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, rewind)| Step::Read { which, rewind }),
        1 => Just(Step::Look),
        1 => Just(Step::Leave),
        1 => Just(Step::Restart),
    ]
}

/// A message as this test remembers it.
#[derive(Clone, Debug)]
struct Sent {
    seq: Seq,
    is_own: bool,
    mentions: bool,
    expires_at: Option<UnixMillis>,
}

/// A server with Ana, and Ben at his screen, another device and the command line; and what they have sent.
struct World {
    redis: Redis,
    server: Server,
    home: Home,
    tokens: [String; 2],
    ana: Peer,
    device: Peer,
    screen: Screen,
    room: RoomId,
    sent: Vec<Sent>,
    read_seq: Seq,
    keys: u32,
}

impl World {
    async fn new() -> Self {
        let redis = Redis::start();
        let server = server_on(&redis);
        let home = Home::signed_in(&server, "ben");
        let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
        let room = ana.create("den", RoomKind::Public).await;
        let (mut device, ben) = with_password(&server, "ben").await;
        let read_seq = device.call(&Join { room }).await.head.seq;
        let tokens = [welcome.token.expect("a token"), ben.token.expect("a token")];
        let screen = Screen::new(Peer::with_token(server.address(), &tokens[1], Subscription::All, None).await);
        Self { redis, server, home, tokens, ana, device, screen, room, sent: Vec::new(), read_seq, keys: 0 }
    }

    /// What is unread now, by the rule.
    fn expected(&self) -> (u32, u32) {
        let now = now();
        let is_unread =
            |sent: &&Sent| !sent.is_own && sent.seq > self.read_seq && sent.expires_at.is_none_or(|end| now < end);
        let unread: Vec<_> = self.sent.iter().filter(is_unread).collect();
        (unread.len() as u32, unread.iter().filter(|sent| sent.mentions).count() as u32)
    }

    async fn marker(&mut self) -> ReadMarker {
        let rooms = self.device.call(&Account {}).await.rooms;
        rooms.into_iter().find(|membership| membership.room.id == self.room).expect("a member").read_marker
    }

    fn command_line(&self) -> (u32, u32) {
        let lines = self.home.output(&["unread", "--json"]);
        let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        let number = |line: &serde_json::Value, name: &str| line[name].as_u64().expect("a number") as u32;
        let mut found = lines
            .filter(|line| line["room"]["name"] == "den")
            .map(|line| (number(&line, "unread"), number(&line, "mentions")));
        found.next_back().unwrap_or_default()
    }

    /// Waits until all sides count what the rule says.
    async fn agree(&mut self, step: &str, with_command_line: bool) {
        let limit = now().plus_ms(10_000);
        loop {
            self.screen.pump(Vec::new()).await;
            let marker = self.marker().await;
            let server = (marker.unread, marker.mentions);
            let command_line = if with_command_line { self.command_line() } else { server };
            let (screen, expected) = (self.screen.counts(self.room).expect("he is a member"), self.expected());
            if [server, command_line, screen] == [expected; 3] {
                return;
            }
            let sides = format!("server {server:?}, command line {command_line:?}, screen {screen:?}");
            assert!(now() < limit, "after {step}: {sides}, expected {expected:?}; {:?}", self.sent);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn post(&mut self, is_own: bool, ttl_ms: Option<u64>, mentions: bool) {
        self.keys += 1;
        let body = format!("{} {}", if mentions { "@ben" } else { "all" }, self.keys);
        let key = format!("k{}", self.keys);
        let persistent = Post { life: Some(Life::Persistent), ..post(&key, &body) };
        let post = ttl_ms.map_or(persistent, |ttl_ms| ephemeral(&key, &body, ttl_ms));
        let peer = if is_own { &mut self.device } else { &mut self.ana };
        let Posted { seq, expires_at, .. } = put(peer, &Post { room: self.room, ..post }).await;
        self.sent.push(Sent { seq, is_own, mentions: mentions && !is_own, expires_at });
    }

    /// One of Ana's, or of anyone's, messages that are still there.
    fn chosen(&self, which: usize, is_anyone: bool) -> Option<usize> {
        let soon = now().plus_ms(500);
        let is_there = |sent: &Sent| (is_anyone || !sent.is_own) && sent.expires_at.is_none_or(|end| soon < end);
        let there: Vec<_> = (0..self.sent.len()).filter(|at| is_there(&self.sent[*at])).collect();
        there.get(which.checked_rem(there.len())?).copied()
    }

    async fn take(&mut self, step: &Step) {
        let room = self.room;
        match *step {
            Step::Post { ttl_ms, mentions } => self.post(false, ttl_ms, mentions).await,
            Step::PostOwn { ttl_ms } => self.post(true, ttl_ms, true).await,
            Step::Edit { which, mentions } => {
                let Some(at) = self.chosen(which, false) else { return };
                self.keys += 1;
                let body = format!("{} edited {}", if mentions { "@ben" } else { "all" }, self.keys);
                let seq = self.sent[at].seq;
                self.ana.call(&Edit { room, seq, body: body.parse().expect("a body") }).await;
                self.sent[at].mentions = mentions;
            }
            Step::Delete { which } => {
                let Some(at) = self.chosen(which, true) else { return };
                let Sent { seq, is_own, .. } = self.sent.remove(at);
                let peer = if is_own { &mut self.device } else { &mut self.ana };
                peer.call(&Delete { room, seq }).await;
            }
            Step::Read { which, rewind } => {
                let Some(at) = which.checked_rem(self.sent.len()) else { return };
                let seq = Some(self.sent[at].seq);
                self.read_seq = self.device.call(&Read { room, seq, rewind }).await.read_seq;
            }
            Step::Look => self.look().await,
            Step::Leave => {
                self.device.call(&Leave { room }).await;
                self.post(false, None, true).await;
                self.sent.last_mut().expect("a message").mentions = false;
                self.read_seq = self.device.call(&Join { room }).await.read_marker.read_seq;
            }
            Step::Restart => self.restart().await,
        }
    }

    /// Waits until all messages that live for a second are over.
    async fn outlive_short(&self) {
        let is_short = |end: UnixMillis| end < now().plus_ms(60_000);
        let last = self.sent.iter().filter_map(|sent| sent.expires_at).filter(|end| is_short(*end)).max();
        eventually("the end of a message", async || last.is_none_or(|last| last <= now()).then_some(())).await;
    }

    async fn look(&mut self) {
        let effects = self.screen.take(Msg::Action(Action::NextRoom));
        self.screen.pump(effects).await;
        let last = self.sent.iter().map(|sent| sent.seq).max().unwrap_or_default();
        let limit = now().plus_ms(10_000);
        loop {
            self.screen.pump(Vec::new()).await;
            self.read_seq = self.marker().await.read_seq;
            if self.read_seq >= last {
                break;
            }
            assert!(now() < limit, "what is on the screen was not marked as read");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let effects = self.screen.take(Msg::Action(Action::NextRoom));
        self.screen.pump(effects).await;
    }

    async fn restart(&mut self) {
        self.server.kill();
        self.server.restart();
        let address = self.server.address();
        self.ana = Peer::with_token(address, &self.tokens[0], Subscription::None, None).await.0;
        self.device = Peer::with_token(address, &self.tokens[1], Subscription::None, None).await.0;
        self.screen.reconnect(Peer::with_token(address, &self.tokens[1], Subscription::All, None).await);
    }
}

async fn with_password(server: &Server, name: &str) -> (Peer, Box<Welcome>) {
    let password = "correct horse battery".into();
    let auth = Auth::Password { name: name.parse().expect("a name"), password };
    let mut peer = Peer::connect(server.address()).await;
    peer.send(codec::encode_hello(&Peer::hello(auth, Subscription::None, None))).await;
    loop {
        if let ServerFrame::Welcome(welcome) = peer.next().await.expect("connected") {
            return (peer, welcome);
        }
    }
}

#[test]
fn the_server_the_command_line_and_the_screen_count_the_same() {
    let config = Config { cases: 6, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let histories = proptest::collection::vec(step(), 10..25);
    let run = |steps: Vec<Step>| {
        runtime.block_on(async {
            let mut world = World::new().await;
            for (number, step) in steps.iter().enumerate() {
                world.take(step).await;
                let is_last = number + 1 == steps.len();
                let with_command_line = is_last || number % 4 == 0 || matches!(step, Step::Restart);
                world.agree(&format!("{:?}", &steps[..=number]), with_command_line).await;
            }
            world.post(false, Some(1_000), true).await;
            world.agree("a last message", false).await;
            world.outlive_short().await;
            world.agree("its end", true).await;
            drop(world.redis);
        });
        Ok(())
    };
    TestRunner::new(config).run(&histories, run).expect("they agree");
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_say_that_they_lack_ephemeral_messages_while_redis_is_away() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let home = Home::signed_in(&server, "ben");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("k1", "for ten minutes, @ben", 600_000)).await;
    ana.post("k2", "persistent").await;
    server.kill();
    redis.freeze();
    server.restart();
    let (mut ben, welcome) = with_password(&server, "ben").await;
    let marker = &welcome.account.rooms[0].read_marker;
    assert_eq!((marker.unread, marker.mentions, marker.lacks_ephemeral), (1, 0, true));
    let output = home.run(&["unread"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Ephemeral messages in 1 room are not counted"), "{said}");
    redis.thaw();
    let known = eventually("the ephemeral message", async || {
        let marker = ben.call(&Account {}).await.rooms.remove(0).read_marker;
        (!marker.lacks_ephemeral).then_some((marker.unread, marker.mentions))
    });
    assert_eq!(known.await, (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_after_a_restart_counts_in_rooms_that_nobody_has_opened() {
    let redis = Redis::start();
    let mut server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let (mut ben, welcome) = Peer::register(server.address(), "ben", Subscription::None).await;
    let token = welcome.token.expect("a token");
    for number in 0..3 {
        let room = ana.create(&format!("den{number}"), RoomKind::Public).await;
        ben.call(&Join { room }).await;
        for post in [ephemeral("short", "over soon", 1_000), ephemeral("long", "for @ben", 600_000)].iter().take(number)
        {
            let key = format!("{}-{number}", post.key).parse().expect("a key");
            put(&mut ana, &Post { room, key, ..post.clone() }).await;
        }
    }
    server.kill();
    server.restart();
    let (_, welcome) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    // By name; the short-lived messages may be over by now.
    let markers = welcome.account.rooms.iter().map(|membership| &membership.read_marker);
    let counts: Vec<_> = markers.map(|marker| (marker.mentions, marker.lacks_ephemeral)).collect();
    assert_eq!(counts, [(0, false), (0, false), (1, false), (0, false)], "in den0, den1, den2 and general");
}
