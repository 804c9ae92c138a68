//! Runs the roster on the clock: notifies the audience, renews this process's leases and reads those of others. Must
//! not know rooms or sockets.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::ids::{ConnectionId, UserId};
use chat_proto::presence::{Presence, UserPresence};
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::{Due, PresenceEvent, Profile, Roster};
use crate::live::{Lease, LeaseId, Live, NodeId};

/// Lifetime of a lease that is not renewed, in milliseconds.
const LEASE_MS: u64 = 30_000;
/// Pause between two renewals.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Leases that begin or end within this time are written together.
const GATHER: Duration = Duration::from_millis(200);
/// Leases per write, so that other writes to Redis do not wait behind all of them.
const LEASES_AT_ONCE: usize = 500;
/// Longest sleep of the driver, in milliseconds.
const LOOK_AGAIN_MS: u64 = 60_000;
/// A live store that takes longer than this to answer counts as unreachable.
const LIVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the current time; passed in, so that tests can stop it.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Receives presence changes and passes them to the people who share a room, as counts in large rooms.
///
/// The driver calls it, one call at a time; it must not block.
pub trait Audience: Send + Sync {
    /// These presences changed for others; each person once.
    fn presences_changed(&self, changed: &[UserPresence]);

    /// The last connection of `user` ended at `last_seen`; to be stored with the account.
    fn went_offline(&self, user: UserId, last_seen: UnixMillis);
}

/// Everyone's presence; cheap to clone. Changes take effect at once, and the driver notifies others.
#[derive(Clone)]
pub struct PresenceService(Arc<Shared>);

struct Shared {
    node: NodeId,
    clock: Clock,
    roster: Mutex<Roster>,
    /// Signals that the roster may have something due earlier than the driver expects.
    wakeup: Notify,
    /// Connections here that opened, closed or changed since their leases were written.
    moved: Mutex<HashSet<LeaseId>>,
    /// Signals that some did.
    moves: Notify,
}

/// The other half of the service, to be run as one task.
pub struct PresenceDriver {
    shared: Arc<Shared>,
    audience: Arc<dyn Audience>,
    live: Arc<dyn Live>,
}

impl PresenceService {
    /// Returns an empty service, and the driver that must run for anybody to be notified.
    pub fn new(node: NodeId, clock: Clock, audience: Arc<dyn Audience>, live: Arc<dyn Live>) -> (Self, PresenceDriver) {
        let (roster, wakeup, moved, moves) = (Mutex::default(), Notify::new(), Mutex::default(), Notify::new());
        let shared = Arc::new(Shared { node, clock, roster, wakeup, moved, moves });
        (Self(Arc::clone(&shared)), PresenceDriver { shared, audience, live })
    }

    /// A connection with `presence: true` signed in. `profile` holds the account's own settings.
    pub fn connected(&self, user: UserId, connection: ConnectionId, profile: Profile) {
        self.apply(user, PresenceEvent::Opened { connection: self.id(connection), profile });
        self.moved(connection);
    }

    /// A connection ended. Harmless for one that never connected here.
    pub fn disconnected(&self, user: UserId, connection: ConnectionId) {
        self.apply(user, PresenceEvent::Closed { connection: self.id(connection) });
        self.moved(connection);
    }

    /// A connection sent `set_activity`.
    pub fn activity(&self, user: UserId, connection: ConnectionId, is_active: bool) {
        self.apply(user, PresenceEvent::Reported { connection: self.id(connection), is_active });
        self.moved(connection);
    }

    /// A request showed an active person: a post, typing, a read marker; not a ping.
    pub fn used(&self, user: UserId, connection: ConnectionId) {
        self.apply(user, PresenceEvent::Used { connection: self.id(connection) });
    }

    /// The account chose its availability; sent to others even while it is offline.
    pub fn status_changed(&self, user: UserId, profile: Profile) {
        self.apply(user, PresenceEvent::Chosen(profile));
    }

    /// Returns the presences of those of `users` who are online. The others are offline: their accounts have status and
    /// last seen.
    pub fn presence_of(&self, users: &[UserId]) -> Vec<UserPresence> {
        let now = (self.0.clock)();
        let roster = self.0.roster.lock();
        let seen = |user: &UserId| roster.seen(*user, now).map(|presence| UserPresence { user: *user, presence });
        users.iter().filter_map(seen).collect()
    }

    /// Returns what others see of a person with this profile.
    pub fn presence_with(&self, user: UserId, profile: &Profile) -> Presence {
        let seen = self.0.roster.lock().seen(user, (self.0.clock)());
        seen.unwrap_or_else(|| Presence {
            status: profile.status.clone(),
            last_seen: profile.last_seen,
            ..Presence::default()
        })
    }

    fn id(&self, connection: ConnectionId) -> LeaseId {
        LeaseId { node: self.0.node, connection }
    }

    fn moved(&self, connection: ConnectionId) {
        if self.0.moved.lock().insert(self.id(connection)) {
            self.0.moves.notify_one();
        }
    }

    fn apply(&self, user: UserId, event: PresenceEvent) {
        let now = (self.0.clock)();
        let mut roster = self.0.roster.lock();
        let before = roster.next_due();
        roster.apply(user, event, now);
        let after = roster.next_due();
        drop(roster);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.0.wakeup.notify_one();
        }
    }
}

impl PresenceDriver {
    /// Notifies and renews until `shutdown`; then stores everyone's last seen time and ends this process's leases.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            // Two loops, so that a live store that does not answer delays no notification.
            () = self.notify_until_stopped() => {}
            () = self.renew_until_stopped() => {}
        }
        let now = self.now();
        let (held, here) = {
            let roster = self.shared.roster.lock();
            (roster.leases(now, now), roster.last_seen(now))
        };
        for (user, last_seen) in here {
            self.audience.went_offline(user, last_seen);
        }
        self.ask(self.live.end_leases(held.iter().map(|lease| lease.id).collect())).await;
    }

    async fn notify_until_stopped(&self) {
        loop {
            self.notify();
            let wake_at = self.wake_at();
            tokio::select! {
                () = self.shared.wakeup.notified() => {}
                () = sleep_until(wake_at) => {}
            }
        }
    }

    async fn renew_until_stopped(&self) {
        let mut renewal = interval(RENEW_EVERY);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut availability = self.live.availability();
        loop {
            tokio::select! {
                _ = renewal.tick() => self.renew().await,
                () = self.shared.moves.notified() => {
                    tokio::time::sleep(GATHER).await;
                    self.write_moved().await;
                }
                // Re-announce after recovery, since the data may be gone. During an outage, only re-read the others.
                Ok(()) = availability.changed() => {
                    let is_there = *availability.borrow_and_update();
                    if is_there { self.renew().await } else { self.read_leases().await }
                }
            }
        }
    }

    fn now(&self) -> UnixMillis {
        (self.shared.clock)()
    }

    /// Returns when something is due, at most a minute from now, since the wall clock may be set.
    fn wake_at(&self) -> Instant {
        let next = self.shared.roster.lock().next_due();
        let next_ms = next.map_or(LOOK_AGAIN_MS, |at| at.since_ms(self.now()));
        Instant::now() + Duration::from_millis(next_ms.clamp(1, LOOK_AGAIN_MS))
    }

    fn notify(&self) {
        let Due { changed, gone } = self.shared.roster.lock().due(self.now());
        if !changed.is_empty() {
            self.audience.presences_changed(&changed);
        }
        for (user, last_seen) in gone {
            self.audience.went_offline(user, last_seen);
        }
    }

    /// Renews the leases of all connections here, and reads those of others.
    async fn renew(&self) {
        self.write_moved().await;
        let now = self.now();
        let leases = self.shared.roster.lock().leases(now, now.plus_ms(LEASE_MS));
        self.write(leases).await;
        self.read_leases().await;
    }

    /// Reads the leases of other processes.
    async fn read_leases(&self) {
        let others = self.ask(self.live.leases(self.now())).await;
        self.apply_leases(others);
    }

    /// Writes the leases of connections that opened or changed, and ends those of connections that closed.
    async fn write_moved(&self) {
        let moved = std::mem::take(&mut *self.shared.moved.lock());
        if moved.is_empty() {
            return;
        }
        let now = self.now();
        let (held, gone) = self.shared.roster.lock().leases_of(moved, now, now.plus_ms(LEASE_MS));
        let ending = self.live.end_leases(gone);
        self.write(held).await;
        self.ask(ending).await;
    }

    async fn write(&self, leases: Vec<Lease>) {
        for some in leases.chunks(LEASES_AT_ONCE) {
            self.ask(self.live.renew_leases(some.to_vec())).await;
        }
    }

    /// Applies the leases of all processes; `None` means that the store, and so the others, are unreachable.
    fn apply_leases(&self, leases: Option<Vec<Lease>>) {
        let now = self.now();
        let mut roster = self.shared.roster.lock();
        let before = roster.next_due();
        roster.set_others_known(leases.is_some(), now);
        for lease in leases.into_iter().flatten().filter(|lease| lease.id.node != self.shared.node) {
            roster.apply(lease.user, PresenceEvent::LeaseSeen(lease), now);
        }
        if roster.next_due() != before {
            self.shared.wakeup.notify_one();
        }
    }

    /// Returns the answer if it arrives in time; otherwise the others count as unreachable.
    async fn ask<T: Unpin>(&self, pending: crate::live::LiveReply<T>) -> Option<T> {
        timeout(LIVE_TIMEOUT, pending).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::presence::Availability;

    use super::*;
    use crate::live::{MemoryCaps, MemoryLive};

    #[derive(Default)]
    struct Received(Mutex<Vec<(UserId, Availability)>>);

    impl Audience for Received {
        fn presences_changed(&self, changed: &[UserPresence]) {
            self.0.lock().extend(changed.iter().map(|c| (c.user, c.presence.availability)));
        }

        fn went_offline(&self, _user: UserId, _last_seen: UnixMillis) {}
    }

    /// A clock that follows tokio's, which the tests pause.
    fn paused_clock() -> Clock {
        let start = Instant::now();
        Arc::new(move || UnixMillis(0).plus_ms(start.elapsed().as_millis() as u64))
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_comes_and_goes_and_others_receive_each_once() {
        let received = Arc::new(Received::default());
        let live: Arc<dyn Live> = Arc::new(MemoryLive::new(MemoryCaps::default()));
        let clock = paused_clock();
        let audience = Arc::clone(&received) as Arc<dyn Audience>;
        let (service, driver) = PresenceService::new(NodeId(1), Arc::clone(&clock), audience, Arc::clone(&live));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(driver.run(async { drop(stopped.await) }));
        let (ana, first) = (UserId(1), ConnectionId(1));
        service.connected(ana, first, Profile::default());
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(*received.0.lock(), [(ana, Availability::Online)]);
        assert_eq!(live.leases(clock()).await.map(|leases| leases.len()), Ok(1), "leased for other processes");
        service.disconnected(ana, first);
        tokio::time::sleep(Duration::from_secs(19)).await;
        assert_eq!(service.presence_of(&[ana, UserId(2)]).len(), 1, "within the grace");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(*received.0.lock(), [(ana, Availability::Online), (ana, Availability::Offline)]);
        assert_eq!(service.presence_of(&[ana]), []);
        assert_eq!(live.leases(clock()).await, Ok(Vec::new()));
        service.connected(ana, ConnectionId(2), Profile::default());
        tokio::time::sleep(Duration::from_secs(11)).await;
        stop.send(()).expect("the driver runs");
        running.await.expect("the driver ends");
        assert_eq!(live.leases(clock()).await, Ok(Vec::new()), "a server that goes takes its leases with it");
    }
}
