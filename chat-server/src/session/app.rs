//! What all sessions share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chat_proto::ids::ConnectionId;
use chat_proto::time::UnixMillis;

use super::audience::RoomAudience;
use super::failed_sign_ins::FailedSignIns;
use super::limiter::Limiter;
use super::room_observers::{RoomObservers, TrendingRooms};
use super::setup_code::SetupCode;
use super::sign_in_limiter::SignInLimiter;
use crate::account::Connections;
use crate::auth::Passwords;
use crate::live::{Live, NodeId};
use crate::presence::{PresenceDriver, PresenceService};
use crate::room::{Counters, REFILLS, Registry, Rooms, Services};
use crate::store::Store;
use crate::trending::{TrendingDriver, TrendingService};
use crate::typing::{TypingDriver, TypingService};

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Everyone who reaches the server.
    Open,
    /// Whoever reaches it from this machine, and others with the code.
    Loopback,
    /// Only who has the code.
    Code,
}

/// The settings sessions obey.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// Whether rates and repeats are limited.
    pub limits_enabled: bool,
    /// Posts a second of a remote account, and at once.
    pub remote_posts: (u32, u32),
    /// Posts a second of a user of this machine, and at once.
    pub local_posts: (u32, u32),
    /// Connections of one account.
    pub connections_per_account: usize,
    /// Who may make an account.
    pub registration: Registration,
    /// Makes one account.
    pub setup_code: Option<String>,
}

/// Where things are kept, and the clock.
#[derive(Clone)]
pub struct Stores {
    /// The database.
    pub store: Arc<dyn Store>,
    /// What expires.
    pub live: Arc<dyn Live>,
    /// This run of the server.
    pub node: NodeId,
    /// The clock.
    pub clock: fn() -> UnixMillis,
}

/// What runs beside the sessions.
pub struct Drivers {
    /// Tells presences.
    pub presence: PresenceDriver,
    /// Pushes trending words.
    pub trending: TrendingDriver,
    /// Mirrors typing.
    pub typing: TypingDriver,
}

/// What all sessions share.
pub struct App {
    /// The settings.
    pub config: AppConfig,
    /// The database.
    pub store: Arc<dyn Store>,
    /// What expires.
    pub live: Arc<dyn Live>,
    /// The rooms.
    pub rooms: Rooms,
    /// Who is connected.
    pub connections: Arc<Connections>,
    /// Who is there.
    pub presence: PresenceService,
    /// What rooms speak of.
    pub trending: TrendingService,
    /// Who types.
    pub typing: TypingService,
    /// Passwords.
    pub passwords: Passwords,
    pub(super) limiter: Limiter,
    pub(super) failed_sign_ins: FailedSignIns,
    pub(super) sign_in_limiter: SignInLimiter,
    pub(super) audience: Arc<RoomAudience>,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// When it began.
    pub started_at: UnixMillis,
    /// What rooms count.
    pub counters: Arc<Counters>,
    next_connection: AtomicU64,
    /// Used once: the code of a server that nobody owns yet.
    pub(super) setup_code: SetupCode,
}

impl App {
    /// An app over its stores, and what must be run beside it.
    pub fn new(config: AppConfig, stores: Stores) -> (Arc<Self>, Drivers) {
        let Stores { store, live, node, clock } = stores;
        let trending_rooms = Arc::new(TrendingRooms::default());
        let (trending, trending_driver) = TrendingService::new(Arc::new(clock), trending_rooms.clone(), live.clone());
        let counters = Arc::<Counters>::default();
        let connections = Arc::new(Connections::new(clock));
        let audience = Arc::new(RoomAudience::new(store.clone(), clock));
        let (typing, typing_driver) = TypingService::new(node, Arc::new(clock), live.clone());
        let observer = Arc::new(RoomObservers {
            trending: trending.clone(),
            audience: audience.clone(),
            connections: connections.clone(),
            typing: typing.clone(),
            clock,
        });
        let refills = Arc::new(tokio::sync::Semaphore::new(REFILLS));
        let services =
            Services { store: store.clone(), live: live.clone(), clock, counters: counters.clone(), observer, refills };
        let rooms = Rooms::new(Registry::new(services));
        // Just made: nobody has set it before.
        let _ = trending_rooms.0.set(rooms.clone());
        audience.set_rooms(rooms.clone());
        let (presence, presence_driver) = PresenceService::new(node, Arc::new(clock), audience.clone(), live.clone());
        let drivers = Drivers { presence: presence_driver, trending: trending_driver, typing: typing_driver };
        let app = Self {
            setup_code: SetupCode::new(config.setup_code.clone()),
            limiter: Limiter::new(&config),
            failed_sign_ins: FailedSignIns::new(config.limits_enabled),
            sign_in_limiter: SignInLimiter::new(config.limits_enabled),
            audience,
            config,
            store,
            live,
            rooms,
            connections,
            presence,
            typing,
            passwords: Passwords::default(),
            trending,
            clock,
            started_at: clock(),
            counters,
            next_connection: AtomicU64::new(1),
        };
        (Arc::new(app), drivers)
    }

    /// Tells the counts of large rooms until `shutdown`.
    pub async fn push_counts(&self, shutdown: impl Future<Output = ()>) {
        self.audience.run(shutdown).await;
    }

    /// The server's clock.
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// An id no other connection of this process has.
    pub fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }
}
