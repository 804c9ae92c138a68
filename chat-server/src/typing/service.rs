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
}

struct State {
    rules: TypingRules,
    /// Reports since the last mirroring, at most one per connection and room.
    unmirrored: HashMap<(RoomId, ConnectionId), Typist>,
}

/// The other half of the service, to be run as one task.
pub struct TypingDriver {
    shared: Arc<Shared>,
    clock: Clock,
    live: Arc<dyn Live>,
}

impl TypingService {
    /// Returns an empty service whose reports hold for `ttl_ms`, and the driver that must run for other processes to see
    /// who types here.
    pub fn new(node: NodeId, ttl_ms: u64, clock: Clock, live: Arc<dyn Live>) -> (Self, TypingDriver) {
        let state = State { rules: TypingRules::new(ttl_ms), unmirrored: HashMap::new() };
        let shared = Arc::new(Shared { node, state: Mutex::new(state), wakeup: Notify::new() });
        (Self(Arc::clone(&shared)), TypingDriver { shared, clock, live })
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
        let sent = decide(&mut state.rules);
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
    /// Mirrors until `shutdown`.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.mirror_until_stopped() => {}
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

    #[tokio::test(start_paused = true)]
    async fn who_types_here_is_seen_by_others_until_they_stop_post_or_go() {
        let start = Instant::now();
        let clock: Clock = Arc::new(move || UnixMillis(0).plus_ms(start.elapsed().as_millis() as u64));
        let live: Arc<dyn Live> = Arc::new(MemoryLive::new(MemoryCaps::default()));
        let (service, driver) = TypingService::new(NodeId(3), TYPING_TTL_MS, Arc::clone(&clock), Arc::clone(&live));
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
