//! Puts the parts together, runs them, and stops them in order. Must not know what the parts do.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::ids::Run;

use crate::clock::{self, ClockReport, StepWatch, now};
use crate::config::Config;
use crate::live::{Live, MemoryLive, NodeId, RedisLive, RedisStartError};
use crate::reload::{self, ReadSettings};
use crate::server::{Server, ServerConfig, Stores, notify_service, remove_old_messages, share_limits};
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::store::{Accounts, Lifecycle, StoreError};
use crate::tasks::Tasks;
use crate::transport::{self, BindError, Listeners};
use crate::{shutdown, telemetry};

/// How long connections, rooms and tasks each have to end.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Time between two sweeps of the live store.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// Time between two looks at the system's clock.
const CLOCK_EVERY: Duration = Duration::from_secs(5);

/// Why a server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An address cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Redis cannot be used.
    #[error(transparent)]
    Redis(#[from] RedisStartError),
    /// Signals cannot be listened for.
    #[error("signals cannot be listened for")]
    Signals(#[source] std::io::Error),
    /// The system has no random numbers.
    #[error("the system provides no random numbers")]
    NoRandomNumbers,
    /// The database cannot be read.
    #[error("the accounts cannot be read")]
    Accounts(#[source] StoreError),
    /// The database could not be closed cleanly.
    #[error("the database could not be closed cleanly")]
    Close(#[source] StoreError),
}

impl ServeError {
    /// The next step of an operator, if one usually helps.
    pub fn advice(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Open(error) => error.advice().map(Cow::from),
            Self::Bind(error) => error.advice().map(Cow::from),
            Self::Redis(error) => error.advice(),
            Self::Accounts(_) | Self::NoRandomNumbers | Self::Signals(_) | Self::Close(_) => None,
        }
    }
}

/// A server that takes connections.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The addresses clients connect to.
    pub addresses: Vec<String>,
    /// The line it prints.
    pub line: String,
}

/// Runs a server with these settings, which it reads again at each SIGHUP, until `stop` completes, or until it has been idle
/// for as long as the settings allow. Calls `ready` once it takes connections.
///
/// # Errors
/// If the server cannot start, or the database cannot be closed; see [`ServeError`]. Nothing runs then.
pub async fn serve(
    (config, read_settings): (Config, ReadSettings),
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(Ready),
) -> Result<(), ServeError> {
    let hangups = reload::hangups().map_err(ServeError::Signals)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    raise_file_limit();
    let mut listeners = Listeners::bind(&config.listen).await?;
    let store = Arc::new(SqliteStore::open(&config.data, &new_epoch()?, new_run()?, now())?);
    let tasks = Tasks::default();
    let live: Arc<dyn Live> = match config.redis.clone() {
        Some(redis) => Arc::new(RedisLive::start(redis, &store.epoch(), &tasks).await?),
        None => Arc::new(MemoryLive::new(config.memory)),
    };
    let (node, clock_ahead_ms) = (new_node()?, clock::ahead_ms);
    let stores =
        Stores { store: store.clone(), live: live.clone(), node, clock: now, clock_ahead_ms, tasks: tasks.clone() };
    let setup_code = setup_code(&config, &store).await?;
    let settings = ServerConfig { setup_code: setup_code.clone(), ..config.server.clone() };
    let (server, drivers) = Server::new(settings, stores);
    tasks.spawn(drivers.presence.run(tasks.stopping()));
    tasks.spawn(drivers.trending.run(tasks.stopping()));
    tasks.spawn(drivers.typing.run(tasks.stopping()));
    tasks.spawn({
        let (server, stopping) = (server.clone(), tasks.stopping());
        async move { server.push_counts(stopping).await }
    });
    tasks.spawn(notify_service(server.clone(), tasks.stopping()));
    tasks.spawn(share_limits(server.clone(), tasks.stopping()));
    tasks.spawn_service(telemetry::totals(server.clone()));
    tasks.spawn_service(sweep(live));
    tasks.spawn_service(watch_clock());
    tasks.spawn_service(reload::follow(hangups, read_settings, config.clone(), server.clone()));
    tasks.spawn_service(remove_old_messages(server.clone()));
    tasks.spawn_service(store.watch());
    store.name_addresses(&listeners.addresses());
    ready(ready_line(&config, &listeners, setup_code.as_deref()));
    {
        let name_addresses = |addresses: &[String]| store.name_addresses(addresses);
        let serving = transport::serve(&mut listeners, &server, &tasks, name_addresses);
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => {}
            () = stop => {}
            () = idle(server.clone(), config.idle_exit) => {}
        }
        // From here on nothing is accepted, and every client gets its goodbye.
        tasks.stop();
        if tokio::time::timeout(STOP_LIMIT, serving).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
    drop(listeners);
    if tokio::time::timeout(STOP_LIMIT, server.rooms.drain()).await.is_err() {
        tracing::warn!("some rooms did not finish their writes in time");
    }
    // The presence task records when everyone was last seen; the rooms and Redis serve until it has.
    if !tasks.finish(STOP_LIMIT).await {
        tracing::warn!("some tasks did not end in time");
    }
    store.close().await.map_err(ServeError::Close)
}

async fn idle(server: Arc<Server>, limit: Option<Duration>) {
    match limit {
        Some(limit) => shutdown::idle(server, limit).await,
        None => std::future::pending().await,
    }
}

async fn sweep(live: Arc<dyn Live>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        drop(live.sweep(now()).await);
    }
}

/// Logs when the system's clock is set, and when both show the same time again.
async fn watch_clock() {
    let mut watch = StepWatch::default();
    loop {
        tokio::time::sleep(CLOCK_EVERY).await;
        match watch.check(clock::ahead_ms()) {
            Some(ClockReport::Stepped { ahead_ms }) => tracing::warn!(
                ahead_s = ahead_ms / 1_000,
                "the system clock was set; the server goes on by its own time, which follows by 1 ms per second. Restart \
                 it to use the new time at once"
            ),
            Some(ClockReport::Together) => tracing::info!("the system clock and the server's show the same time again"),
            None => {}
        }
    }
}

/// `ready unix:/run/chat.sock ws://127.0.0.1:4000 pid 12 data /srv/chat`
fn ready_line(config: &Config, listeners: &Listeners, setup_code: Option<&str>) -> Ready {
    let addresses = listeners.addresses();
    let metrics = listeners.metrics_address().map_or_else(String::new, |address| format!(" metrics {address}"));
    let (all, pid) = (addresses.join(" "), std::process::id());
    let mut line = format!("ready {all}{metrics} pid {pid} data {}", config.data.display());
    if let Some(code) = setup_code {
        line.push_str("\nsetup code for the first account: ");
        line.push_str(code);
    }
    Ready { addresses, line }
}

/// Names this run on the data.
fn new_run() -> Result<Run, ServeError> {
    Ok(Run(random()? >> 1))
}

/// Makes the code for the first account, if it may be made with one and there is none yet.
async fn setup_code(config: &Config, store: &SqliteStore) -> Result<Option<String>, ServeError> {
    if !config.takes_setup_code || store.has_accounts().await.map_err(ServeError::Accounts)? {
        return Ok(None);
    }
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|_| ServeError::NoRandomNumbers)?;
    Ok(Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Names this server among those that share Redis. It is below 2^53, since scripts in Redis count in doubles.
fn new_node() -> Result<NodeId, ServeError> {
    Ok(NodeId(random()? >> 11))
}

fn new_epoch() -> Result<String, ServeError> {
    Ok(format!("{:016x}", random()?))
}

fn random() -> Result<u64, ServeError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| ServeError::NoRandomNumbers)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Raises the limit on open files as far as the system allows: every connection is one.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).is_err() {
        tracing::warn!(current = ?limit.current, "the limit on open files could not be raised");
    }
}
