//! The server's shared state: every store and service, built once and used by all connections. Must not know how a
//! connection works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chat_proto::ids::ConnectionId;
use chat_proto::limits::Limits;
use chat_proto::text::Username;
use chat_proto::time::UnixMillis;
use parking_lot::RwLock;

use super::account_limiter::AccountLimiter;
use super::audience::RoomAudience;
use super::config::{Adjustable, ServerConfig};
use super::failed_sign_ins::FailedSignIns;
use super::room_observers::{LateRooms, RoomObservers};
use super::setup_code::SetupCode;
use super::sign_in_limiter::SignInLimiter;
use crate::access::Source;
use crate::account::Connections;
use crate::auth::Passwords;
use crate::live::{Live, NodeId};
use crate::presence::{PresenceDriver, PresenceService};
use crate::room::{Counters, REFILLS, Registry, RingBounds, Rooms, Services};
use crate::store::Store;
use crate::tasks::Tasks;
use crate::trending::{TrendingDriver, TrendingService};
use crate::typing::{TypingDriver, TypingService};

/// The stores a server is built on, its clock and its tasks.
#[derive(Clone)]
pub struct Stores {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The live store.
    pub live: Arc<dyn Live>,
    /// This run of the server.
    pub node: NodeId,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// How far the system's time is ahead of the clock, in milliseconds.
    pub clock_ahead_ms: fn() -> i64,
    /// Runs the background tasks.
    pub tasks: Tasks,
}

/// The tasks that must run beside a server.
pub struct Drivers {
    /// Sends changed presences and renews leases.
    pub presence: PresenceDriver,
    /// Pushes trending words.
    pub trending: TrendingDriver,
    /// Reports who types again, and mirrors typing to the live store.
    pub typing: TypingDriver,
}

/// The state that all connections share.
pub struct Server {
    /// The settings of the start; [`Self::adjustable`] has the present values of those that change.
    pub config: ServerConfig,
    adjustable: RwLock<Adjustable>,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The live store.
    pub live: Arc<dyn Live>,
    /// The rooms.
    pub rooms: Rooms,
    /// The connections of every account.
    pub connections: Arc<Connections>,
    /// Who is online.
    pub presence: PresenceService,
    /// The trending words of every room.
    pub trending: TrendingService,
    /// Who is typing.
    pub typing: TypingService,
    /// Hashes and checks passwords.
    pub passwords: Passwords<Source, Username>,
    /// How often an account may post and change things.
    pub limiter: AccountLimiter,
    /// Sign-ins that failed lately.
    pub failed_sign_ins: FailedSignIns,
    /// How often an address may sign in.
    pub sign_in_limiter: SignInLimiter,
    /// Who is online in which room.
    pub audience: Arc<RoomAudience>,
    /// The setup code, until an account has been made with it.
    pub setup_code: SetupCode,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// How far the system's time is ahead of the clock, in milliseconds.
    pub clock_ahead_ms: fn() -> i64,
    /// When this server started.
    pub started_at: UnixMillis,
    /// The counters of rooms, for metrics and the log.
    pub counters: Arc<Counters>,
    next_connection: AtomicU64,
}

impl Server {
    /// A server on its stores, and the tasks that must run beside it.
    pub fn new(config: ServerConfig, stores: Stores) -> (Arc<Self>, Drivers) {
        let Stores { store, live, node, clock, clock_ahead_ms, tasks } = stores;
        let late_rooms = Arc::new(LateRooms::default());
        let (trending, trending_driver) =
            TrendingService::new(config.trending, Arc::new(clock), late_rooms.clone(), live.clone());
        let counters = Arc::<Counters>::default();
        let connections = Arc::new(Connections::new(clock));
        let audience = Arc::new(RoomAudience::new(store.clone(), store.clone(), (clock, tasks.clone())));
        let typing_rules = (node, config.limits.typing_ttl_ms);
        let (typing, typing_driver) =
            TypingService::new(typing_rules, Arc::new(clock), late_rooms.clone(), live.clone());
        let observer = Arc::new(RoomObservers {
            trending: trending.clone(),
            audience: audience.clone(),
            connections: connections.clone(),
            typing: typing.clone(),
            clock,
        });
        let refills = Arc::new(tokio::sync::Semaphore::new(REFILLS));
        let services = Services {
            store: store.clone(),
            live: live.clone(),
            clock,
            counters: counters.clone(),
            observer,
            refills,
            ring_bounds: Arc::new(RingBounds::new(config.ring_events)),
            tasks,
        };
        let rooms = Rooms::new(Registry::new(services));
        late_rooms.set_rooms(rooms.clone());
        audience.set_rooms(rooms.clone());
        let (presence, presence_driver) = PresenceService::new(node, Arc::new(clock), audience.clone(), live.clone());
        let drivers = Drivers { presence: presence_driver, trending: trending_driver, typing: typing_driver };
        let is_limited = config.rates.is_some();
        let server = Self {
            setup_code: SetupCode::new(config.setup_code.clone()),
            limiter: AccountLimiter::new(config.rates),
            failed_sign_ins: FailedSignIns::new(is_limited),
            sign_in_limiter: SignInLimiter::new(is_limited),
            audience,
            adjustable: RwLock::new((&config).into()),
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
            clock_ahead_ms,
            started_at: clock(),
            counters,
            next_connection: AtomicU64::new(1),
        };
        (Arc::new(server), drivers)
    }

    /// Pushes the counts of large rooms until `shutdown`.
    pub async fn push_counts(&self, shutdown: impl Future<Output = ()>) {
        self.audience.run(shutdown).await;
    }

    /// The settings that change while the server runs, as they are now.
    pub fn adjustable(&self) -> Adjustable {
        *self.adjustable.read()
    }

    /// The limits as they are published now, but for the rates.
    pub fn limits(&self) -> Limits {
        let Adjustable { connections_max, default_ttl_ms, registration: _, logs_peers: _, keep_days: _ } =
            self.adjustable();
        Limits { connections_max, default_ttl_ms, ..self.config.limits.clone() }
    }

    /// Takes over what it can of new settings. Whether anything is limited at all stays as it was.
    pub fn adjust(&self, new: &ServerConfig) {
        let mut adjusted = Adjustable::from(new);
        if let (Some(rates), Some(_)) = (new.rates, self.config.rates) {
            self.limiter.set_rates(rates);
        } else {
            adjusted.connections_max = self.config.limits.connections_max;
        }
        *self.adjustable.write() = adjusted;
    }

    /// The server's clock.
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// An id that no other connection of this process has.
    pub fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }
}
