//! A real room over real stores, asked as callers ask it: what is decided, and what a leaver still receives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use chat_proto::cursor::Cursor;
use chat_proto::ids::{ConnectionId, RoomId, Run, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{Life, Post};
use chat_proto::room::{Role, RoomKind};
use chat_proto::server_frame::{Gap, Typing};
use chat_proto::time::UnixMillis;
use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::*;
use crate::access::{Caller, Credential, Origin, RoomAction, RoomRefusal, Scopes, ServerRole, Standing};
use crate::live::{MemoryCaps, MemoryLive};
use crate::push::{Push, PushEvent};
use crate::send_queue::{Frame, SendQueue};
use crate::store::sqlite::SqliteStore;
use crate::store::{Accounts as _, NewRoom, Rooms as _};

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);

fn clock() -> UnixMillis {
    NOW
}

/// Notes who lost access, and has a frame for the others.
#[derive(Default)]
struct Noted(Mutex<Vec<(RoomId, UserId)>>);

impl RoomObserver for Noted {
    fn room_started(&self, _: RoomId, _: &[Item]) {}

    fn item_shown(&self, _: RoomId, _: &Item) {}

    fn typing_changed(&self, room: RoomId, (user, connection): (UserId, ConnectionId), _: bool) -> Option<Typing> {
        Some(Typing { room, user, connection, ttl_ms: 5_000 })
    }

    fn typing_due(&self, _: RoomId, _: ConnectionId) -> Option<Typing> {
        None
    }

    fn access_lost(&self, room: RoomId, user: UserId) -> Vec<Typing> {
        self.0.lock().push((room, user));
        vec![stopped(room, user)]
    }

    fn room_stopped(&self, _: RoomId) {}
}

fn stopped(room: RoomId, user: UserId) -> Typing {
    Typing { room, user, connection: ConnectionId(9), ttl_ms: 0 }
}

/// An account that is signed in over a Unix socket.
pub(super) fn caller(user: u64) -> Caller {
    let origin = Origin { uid: Some(7), is_loopback: true, address: None };
    let standing = Arc::new(Standing::new(ServerRole::Account));
    Caller::new(UserId(user), origin, Credential::Peer { uid: 7 }, Scopes::ALL, standing)
}

struct World {
    rooms: Rooms,
    room: RoomId,
    noted: Arc<Noted>,
    ana: Caller,
    ben: Caller,
    _folder: tempfile::TempDir,
}

/// A connection's id and its queue.
struct Device(ConnectionId, SendQueue);

impl Device {
    fn new(id: u64) -> Self {
        Self(ConnectionId(id), SendQueue::default())
    }

    fn received(&self) -> Vec<PushEvent> {
        let mut frames = Vec::new();
        self.1.take(&mut frames, usize::MAX);
        let event = |frame| match frame {
            Frame::Push(push) => Push::event(&push).clone(),
            Frame::Answer(bytes) => panic!("a room answers nobody: {bytes:?}"),
        };
        frames.into_iter().map(event).collect()
    }
}

/// Services over real stores, in a folder that must outlive them.
pub(super) fn services(clock: fn() -> UnixMillis) -> (Services, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(SqliteStore::open(folder.path(), "e1", Run(1), NOW).expect("it opens"));
    (services_over(store, Arc::default(), clock), folder)
}

fn services_over(store: Arc<SqliteStore>, observer: Arc<Noted>, clock: fn() -> UnixMillis) -> Services {
    Services {
        tasks: crate::tasks::Tasks::default(),
        store,
        live: Arc::new(MemoryLive::new(MemoryCaps::default())),
        clock,
        counters: Arc::default(),
        ring_bounds: Arc::new(RingBounds::new(RING_EVENTS)),
        observer,
        refills: Arc::new(Semaphore::new(REFILLS)),
    }
}

impl World {
    /// A room of this kind with two members.
    async fn new(kind: RoomKind) -> Self {
        Self::at(kind, clock).await
    }

    async fn at(kind: RoomKind, clock: fn() -> UnixMillis) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(SqliteStore::open(folder.path(), "e1", Run(1), NOW).expect("it opens"));
        let noted = Arc::new(Noted::default());
        let services = services_over(store.clone(), noted.clone(), clock);
        let mut callers = Vec::new();
        for (uid, name) in [(1000, "ana"), (1001, "ben")] {
            let account = store.account_for_uid(uid, name.parse().expect("a name"), NOW).await.expect("made");
            callers.push(caller(account.id.0));
        }
        let (ben, ana) = (callers.remove(1), callers.remove(0));
        let new = NewRoom {
            kind,
            name: "builds".parse().expect("a name"),
            topic: None,
            description: None,
            default_ttl_ms: None,
            closes_when_empty: false,
            by: ana.user(),
            at: NOW,
        };
        let room = store.create_room(new).await.expect("made").room.id;
        let rooms = Rooms::new(Registry::new(services));
        assert!(rooms.admit(ben.user(), room, Role::Member).await.expect("admitted").is_new);
        Self { rooms, room, noted, ana, ben, _folder: folder }
    }

    async fn listen(&self, caller: &Caller, device: &Device) -> Result<Seq, RoomError> {
        self.rooms.subscribe(caller, self.room, device.0, &device.1).await
    }

    async fn post(&self, caller: &Caller, key: &str) -> Result<Seq, RoomError> {
        self.post_for(caller, key, None).await
    }

    async fn post_for(&self, caller: &Caller, key: &str, life: Option<Life>) -> Result<Seq, RoomError> {
        let post = Post {
            room: self.room,
            key: key.parse().expect("a key"),
            body: "hello".parse().expect("a body"),
            life,
            code: None,
            reply_to: None,
            chain: None,
        };
        let posting = self.rooms.begin_post(caller, post, Vec::new(), None).await;
        posting.await.map(|posted| posted.seq)
    }
}

#[tokio::test]
async fn once_a_leave_is_answered_no_device_receives_anything_of_the_room() {
    for kind in [RoomKind::Public, RoomKind::Private] {
        let world = World::new(kind).await;
        let [queued, asked_before, asked_after, others] = [1, 2, 3, 4].map(Device::new);
        world.listen(&world.ana, &queued).await.expect("a member");
        world.listen(&world.ben, &others).await.expect("a member");
        world.post(&world.ben, "k1").await.expect("taken");
        // All of these stand in the mailbox when the room takes the leave.
        let leave = world.rooms.leave(&world.ana, world.room);
        let typing = world.rooms.set_typing(&world.ben, world.room, others.0, true);
        let (before, posted, left, after, typed) = tokio::join!(
            world.listen(&world.ana, &asked_before),
            world.post(&world.ben, "k2"),
            leave,
            world.listen(&world.ana, &asked_after),
            typing,
        );
        assert_eq!((left, typed, posted.is_ok(), before.is_ok()), (Ok(Some(1)), Ok(()), true, true));
        match kind {
            RoomKind::Public => assert!(after.is_ok(), "outsiders may listen, but the leave was not answered yet"),
            RoomKind::Private | RoomKind::Direct => assert_eq!(after, Err(RoomError::NotFound)),
        }
        assert_eq!(*world.noted.0.lock(), [(world.room, world.ana.user())]);
        world.post(&world.ben, "k3").await.expect("taken");
        world.rooms.transient(world.room, RoomAction::SeeOnline, Push::new(Gap { room: world.room }), None);
        world.rooms.drain().await;
        for device in [&queued, &asked_before, &asked_after] {
            assert_eq!(device.received(), [], "{kind:?}, {:?}", device.0);
            assert_eq!(device.1.subscriptions(), [], "{kind:?}, {:?}", device.0);
        }
        let heard = others.received();
        assert!(
            heard.contains(&stopped(world.room, world.ana.user()).into()),
            "the others learn that she stopped typing"
        );
        assert_eq!(others.1.subscriptions(), [world.room]);
        assert_eq!(
            heard.len(),
            6,
            "three messages, the leave, typing that stopped, a push without a number: {heard:?}"
        );
    }
}

#[tokio::test]
async fn a_leave_that_changes_nothing_drops_no_listener() {
    let world = World::new(RoomKind::Public).await;
    world.rooms.leave(&world.ana, world.room).await.expect("left");
    let device = Device::new(1);
    world.listen(&world.ana, &device).await.expect("outsiders may listen");
    assert_eq!(world.rooms.leave(&world.ana, world.room).await, Ok(None));
    world.post(&world.ben, "k1").await.expect("taken");
    assert_eq!(device.received().len(), 1);
}

#[tokio::test]
async fn who_leaves_and_joins_at_once_goes_on_listening() {
    let world = World::new(RoomKind::Public).await;
    let device = Device::new(1);
    world.listen(&world.ana, &device).await.expect("a member");
    let leave = world.rooms.leave(&world.ana, world.room);
    let join = world.rooms.join(&world.ana, world.room);
    let (left, joined) = tokio::join!(leave, join);
    assert_eq!((left, joined.map(|joined| joined.is_new)), (Ok(Some(2)), Ok(true)));
    world.post(&world.ben, "k1").await.expect("taken");
    assert_eq!(device.received().len(), 3, "the leave, the join, the message");
}

#[tokio::test]
async fn a_push_reaches_the_listeners_that_the_table_lets_see_it() {
    let world = World::new(RoomKind::Public).await;
    let [member, outsider, ended] = [1, 2, 3].map(Device::new);
    world.rooms.leave(&world.ana, world.room).await.expect("left");
    world.listen(&world.ben, &member).await.expect("a member");
    world.listen(&world.ana, &outsider).await.expect("outsiders may listen");
    let push = |action| world.rooms.transient(world.room, action, Push::new(Gap { room: world.room }), None);
    push(RoomAction::ReadTrending);
    push(RoomAction::SeeOnline);
    world.rooms.drain().await;
    assert_eq!((member.received().len(), outsider.received().len()), (2, 1), "trending words are for members");
    world.listen(&world.ana, &ended).await.expect("outsiders may listen");
    world.ana.revoke();
    push(RoomAction::SeeOnline);
    world.rooms.drain().await;
    assert_eq!((member.received().len(), ended.received().len()), (1, 0), "her sign-in has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_history_is_never_empty_while_others_write() {
    let world = World::new(RoomKind::Public).await;
    let is_over = AtomicBool::new(false);
    let writing = async {
        for round in 0..150 {
            let posts = (0..8).map(async |number| world.post(&world.ben, &format!("k{round}-{number}")).await);
            for posted in join_all(posts).await {
                posted.expect("taken");
            }
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let reading = async {
        while !is_over.load(Ordering::Relaxed) {
            for limit in [1, 2, 5] {
                let page = world.rooms.history(&world.ana, world.room, None, limit).await.expect("read");
                assert!(!page.items.is_empty() || !page.joins.is_empty(), "head {}, {limit} wanted", page.head.seq);
                let newest = page.items.last().map(|item| item.seq);
                let newest = newest.max(page.joins.last().map(|run| run.to_seq));
                assert_eq!(newest, Some(page.head.seq), "the newest page ends at the head");
            }
        }
    };
    tokio::join!(writing, reading);
}

static LATER_MS: AtomicI64 = AtomicI64::new(0);

fn moving_clock() -> UnixMillis {
    UnixMillis(NOW.0 + LATER_MS.load(Ordering::Relaxed))
}

#[tokio::test]
async fn nothing_shows_a_message_after_its_end_however_late_the_room_wakes() {
    let world = World::at(RoomKind::Public, moving_clock).await;
    let before = world.post(&world.ben, "before").await.expect("taken");
    let cursor = Cursor::START.after(Some(Run(1)), before, false);
    let seq = world.post_for(&world.ben, "k", Some(Life::TtlMs(60_000))).await.expect("taken");
    let says_hello = |items: &[Item]| items.iter().any(|item| item.seq == seq && item.content.message().is_some());
    let resume = async || {
        let resumed = world.rooms.resume(&world.ana, world.room, cursor, &mut usize::MAX.clone()).await.expect("there");
        assert!(resumed.is_complete);
        resumed.items
    };
    assert!(says_hello(&resume().await));
    // The room's own timer ends a minute later.
    LATER_MS.store(60_000, Ordering::Relaxed);
    assert!(!says_hello(&resume().await), "expired, or not at all");
    let changes = world.rooms.changes(&world.ana, world.room, cursor, 10).await.expect("read");
    assert!(!says_hello(&changes.items));
    let found = world.rooms.find(&world.ana, world.room, RoomAction::ReadVersions, seq).await.expect("asked");
    assert!(!says_hello(found.as_slice()), "{found:?}");
}

#[tokio::test]
async fn two_deletions_under_way_are_both_done_by_the_first() {
    for life in [None, Some(Life::TtlMs(60_000))] {
        let world = World::new(RoomKind::Public).await;
        let seq = world.post_for(&world.ana, "k", life).await.expect("taken");
        let delete = async || world.rooms.delete(&world.ana, world.room, seq).await.map(|deleted| deleted.changed);
        let (first, second) = tokio::join!(delete(), delete());
        assert_eq!((first.is_ok(), &first), (true, &second), "{life:?}");
        assert_eq!(delete().await, first, "and later, too");
        let other = world.rooms.delete(&world.ben, world.room, seq).await.map(|deleted| deleted.changed);
        assert_eq!(other, Err(RoomRefusal::NotAuthor.into()), "only for those who may");
    }
}

#[tokio::test]
async fn a_caller_is_judged_when_the_room_takes_the_command() {
    let world = World::new(RoomKind::Private).await;
    world.post(&world.ana, "k1").await.expect("hers");
    let (leave, post) = tokio::join!(world.rooms.leave(&world.ben, world.room), world.post(&world.ben, "k2"));
    assert_eq!((leave, post), (Ok(Some(1)), Err(RoomError::NotFound)));
    let find = world.rooms.find(&world.ben, world.room, RoomAction::ReadVersions, Seq(1)).await;
    assert_eq!(find, Err(RoomError::NotFound));
    for seq in [Seq(3), Seq(99)] {
        let deleted = world.rooms.delete(&world.ben, world.room, seq).await.map(|deleted| deleted.changed);
        assert_eq!(deleted, Err(RoomError::NotFound), "whether there is a message or not");
    }
    let find = world.rooms.find(&world.ana, world.room, RoomAction::ReadVersions, Seq(3)).await;
    assert!(find.is_ok_and(|item| item.is_some()), "a member may");
    world.ana.revoke();
    assert_eq!(world.post(&world.ana, "k3").await, Err(RoomRefusal::SignedOut.into()));
}
