//! Typing of the whole process behind one short lock: returns the frames that callers publish in their rooms, and
//! mirrors them to the live store for other processes. Must not know rooms or sockets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::ids::{ConnectionId, RoomId, UserId};
use chat_proto::server_frame::Typing;
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::TypingRules;
use crate::live::{LeaseId, Live, NodeId, Typist};

/// Reports within this time are mirrored together.
const GATHER: Duration = Duration::from_millis(200);
/// A live store that takes longer than this is not waited for.
const LIVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the current time; passed in, so that tests can stop it.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Who is typing where; cheap to clone.
#[derive(Clone)]
pub struct TypingService(Arc<Shared>);

struct Shared {
    node: NodeId,
    state: Mutex<State>,
    wakeup: Notify,
    /// Wakes the driver when someone is due earlier than it knows.
    due: Notify,
}

struct State {
    rules: TypingRules,
    /// Reports since the last mirroring, at most one per connection and room.
    unmirrored: HashMap<(RoomId, ConnectionId), Typist>,
}

/// Passes on to rooms who types in them.
pub trait TypingAudience: Send + Sync {
    /// Someone types again over a connection, and the room may be notified now. It asks [`TypingService::resumed`].
    fn typing_due(&self, room: RoomId, connection: ConnectionId);
}

/// The other half of the service, to be run as one task.
pub struct TypingDriver {
    shared: Arc<Shared>,
    clock: Clock,
    audience: Arc<dyn TypingAudience>,
    live: Arc<dyn Live>,
}

impl TypingService {
    /// Returns an empty service whose reports hold for `ttl_ms`, and the driver that must run for rooms to be notified of those
    /// who type again, and for other processes to see who types here.
    pub fn new(
        (node, ttl_ms): (NodeId, u64),
        clock: Clock,
        audience: Arc<dyn TypingAudience>,
        live: Arc<dyn Live>,
    ) -> (Self, TypingDriver) {
        let state = State { rules: TypingRules::new(ttl_ms), unmirrored: HashMap::new() };
        let shared = Arc::new(Shared { node, state: Mutex::new(state), wakeup: Notify::new(), due: Notify::new() });
        (Self(Arc::clone(&shared)), TypingDriver { shared, clock, audience, live })
    }

    /// A member sent `set_typing`. Returns the frame to publish in the room, if anything changed.
    pub fn set_typing(
        &self,
        room: RoomId,
        (user, connection): (UserId, ConnectionId),
        is_typing: bool,
        now: UnixMillis,
    ) -> Option<Typing> {
        self.change(now, |rules| {
            if is_typing { rules.typing(room, user, connection, now) } else { rules.stopped(room, connection, now) }
        })
    }

    /// Someone who stopped types again, and the pace allows to say so. Returns the frame to publish in the room, unless
    /// they have stopped or posted since.
    pub fn resumed(&self, room: RoomId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        self.change(now, |rules| rules.resumed(room, connection, now))
    }

    /// A message was accepted. Nothing to publish: receivers drop the indicator with the message.
    pub fn posted(&self, room: RoomId, connection: ConnectionId, now: UnixMillis) {
        self.change(now, |rules| rules.posted(room, connection, now));
    }

    /// The connection's user left the room. Returns the frame to publish there, if anything changed.
    pub fn left(&self, room: RoomId, connection: ConnectionId, now: UnixMillis) -> Option<Typing> {
        self.change(now, |rules| rules.stopped(room, connection, now))
    }

    /// The connection ended. Returns the frames to publish, each in its room.
    pub fn disconnected(&self, connection: ConnectionId, now: UnixMillis) -> Vec<Typing> {
        self.change(now, |rules| rules.disconnected(connection, now))
    }

    /// Applies the rules, and remembers their result for the mirror.
    fn change<T>(&self, now: UnixMillis, decide: impl FnOnce(&mut TypingRules) -> T) -> T
    where
        for<'a> &'a T: IntoIterator<Item = &'a Typing>,
    {
        let mut state = self.0.state.lock();
        let due_before = state.rules.next_due();
        let sent = decide(&mut state.rules);
        if state.rules.next_due() != due_before {
            self.0.due.notify_one();
        }
        for typing in &sent {
            let Typing { room, user, connection, ttl_ms } = *typing;
            let id = LeaseId { node: self.0.node, connection };
            let typist = Typist { room, id, user, until: now.plus_ms(ttl_ms) };
            if state.unmirrored.insert((room, connection), typist).is_none() {
                self.0.wakeup.notify_one();
            }
        }
        sent
    }
}

impl TypingDriver {
    /// Reports and mirrors until `shutdown`.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.mirror_until_stopped() => {}
            () = self.report_until_stopped() => {}
        }
    }

    async fn report_until_stopped(&self) {
        loop {
            let now = (self.clock)();
            let (due, next) = {
                let rules = &mut self.shared.state.lock().rules;
                (rules.take_due(now), rules.next_due())
            };
            for (room, connection) in due {
                self.audience.typing_due(room, connection);
            }
            // Woken too early by an entry that is out of date, it looks again.
            let next = next.map_or(Duration::MAX, |next| Duration::from_millis(next.since_ms(now)));
            drop(timeout(next, self.shared.due.notified()).await);
        }
    }

    async fn mirror_until_stopped(&self) {
        loop {
            self.shared.wakeup.notified().await;
            sleep(GATHER).await;
            let unmirrored = std::mem::take(&mut self.shared.state.lock().unmirrored);
            let mirrored = self.live.mirror_typing(unmirrored.into_values().collect(), (self.clock)());
            // A report that an unreachable store misses expires by itself.
            drop(timeout(LIVE_TIMEOUT, mirrored).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::limits::TYPING_TTL_MS;
    use tokio::time::Instant;

    use super::*;
    use crate::live::{MemoryCaps, MemoryLive};

    /// Notes who is due.
    #[derive(Default)]
    struct Rooms(Mutex<Vec<(RoomId, ConnectionId)>>);

    impl TypingAudience for Rooms {
        fn typing_due(&self, room: RoomId, connection: ConnectionId) {
            self.0.lock().push((room, connection));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_is_told_that_someone_types_again_once_it_may_be() {
        let start = Instant::now();
        let clock: Clock = Arc::new(move || UnixMillis(0).plus_ms(start.elapsed().as_millis() as u64));
        let live: Arc<dyn Live> = Arc::new(MemoryLive::new(MemoryCaps::default()));
        let rooms = Arc::<Rooms>::default();
        let (service, driver) = TypingService::new((NodeId(3), TYPING_TTL_MS), Arc::clone(&clock), rooms.clone(), live);
        drop(tokio::spawn(driver.run(std::future::pending())));
        let (room, connection) = (RoomId(1), ConnectionId(1));
        let set = |is_typing| service.set_typing(room, (UserId(5), connection), is_typing, clock());
        assert!(set(true).is_some() && set(false).is_some() && set(true).is_none());
        sleep(Duration::from_millis(2_900)).await;
        assert!(rooms.0.lock().is_empty());
        sleep(Duration::from_millis(200)).await;
        assert_eq!(*rooms.0.lock(), [(room, connection)]);
        assert_eq!(service.resumed(room, connection, clock()).map(|typing| typing.ttl_ms), Some(TYPING_TTL_MS));
    }

    #[tokio::test(start_paused = true)]
    async fn who_types_here_is_seen_by_others_until_they_stop_post_or_go() {
        let start = Instant::now();
        let clock: Clock = Arc::new(move || UnixMillis(0).plus_ms(start.elapsed().as_millis() as u64));
        let live: Arc<dyn Live> = Arc::new(MemoryLive::new(MemoryCaps::default()));
        let (service, driver) = TypingService::new(
            (NodeId(3), TYPING_TTL_MS),
            Arc::clone(&clock),
            Arc::<Rooms>::default(),
            Arc::clone(&live),
        );
        drop(tokio::spawn(driver.run(std::future::pending())));
        let (room, ana) = (RoomId(1), UserId(5));
        let seen = async || {
            sleep(Duration::from_millis(500)).await;
            let typists = live.typists(room, clock()).await.expect("memory");
            typists.iter().map(|typist| typist.id.connection.0).collect::<Vec<_>>()
        };
        for connection in 1..=3 {
            service.set_typing(room, (ana, ConnectionId(connection)), true, clock());
        }
        assert_eq!(seen().await, [1, 2, 3]);
        service.set_typing(room, (ana, ConnectionId(1)), false, clock());
        assert_eq!(seen().await, [2, 3]);
        service.posted(room, ConnectionId(2), clock());
        assert_eq!(seen().await, [3]);
        service.disconnected(ConnectionId(3), clock());
        assert_eq!(seen().await, [0; 0]);
        service.set_typing(room, (ana, ConnectionId(4)), true, clock());
        assert_eq!(seen().await, [4]);
        sleep(Duration::from_secs(6)).await;
        assert_eq!(seen().await, [0; 0], "it ends by itself");
    }
}
