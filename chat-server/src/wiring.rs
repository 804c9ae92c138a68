//! Puts the parts together, runs them, and takes them down in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{self, now};
use crate::config::Config;
use crate::live::{Live, MemoryCaps, MemoryLive, NodeId, RedisLive, RedisStartError};
use crate::server::{Server, Stores, notify_service, share_limits};
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::store::{Lifecycle, StoreError};
use crate::transport::{self, BindError, Listeners};
use crate::{shutdown, telemetry};

/// Everyone has said goodbye within this time.
const GOODBYE_LIMIT: Duration = Duration::from_secs(5);
/// What expired is let go of this often.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// A system's time this far off is worth a line in the log, in milliseconds.
const CLOCK_APART_MS: i64 = 5_000;

/// Why a server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A place to listen at.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// What expires.
    #[error(transparent)]
    Redis(#[from] RedisStartError),
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
    /// The database could not be closed in order.
    #[error("the database could not be closed cleanly")]
    Close(#[source] StoreError),
}

/// What is known once the server is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The addresses clients connect to.
    pub addresses: Vec<String>,
    /// The line that says so.
    pub line: String,
}

/// Runs a server until `stop` is done, or it has been idle where the settings say so. `ready` is called once it takes
/// connections.
///
/// # Errors
/// As [`ServeError`] says; nothing runs then.
pub async fn serve(
    config: Config,
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(Ready),
) -> Result<(), ServeError> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    raise_file_limit();
    let listeners = Listeners::bind(&config.listen).await?;
    let store = Arc::new(SqliteStore::open(&config.data, &new_epoch()?, now())?);
    let live: Arc<dyn Live> = match config.redis.clone() {
        Some(redis) => Arc::new(RedisLive::start(redis, &store.epoch()).await?),
        None => Arc::new(MemoryLive::new(MemoryCaps::default())),
    };
    let stores = Stores { store: store.clone(), live: live.clone(), node: new_node()?, clock: now };
    let (server, drivers) = Server::new(config.server.clone(), stores);
    let (down, is_down) = watch::channel(false);
    let until_down = |mut is_down: watch::Receiver<bool>| async move { drop(is_down.wait_for(|down| *down).await) };
    let presence = tokio::spawn(drivers.presence.run(until_down(is_down.clone())));
    let background = [
        tokio::spawn(drivers.trending.run(until_down(is_down.clone()))),
        tokio::spawn(drivers.typing.run(until_down(is_down.clone()))),
        tokio::spawn({
            let (server, until_down) = (server.clone(), until_down(is_down.clone()));
            async move { server.push_counts(until_down).await }
        }),
        tokio::spawn(notify_service(server.clone(), until_down(is_down.clone()))),
        tokio::spawn(share_limits(server.clone(), until_down(is_down.clone()))),
        tokio::spawn(telemetry::totals(server.clone())),
        tokio::spawn(sweep(live)),
        tokio::spawn(watch_clock()),
    ];
    ready(ready_line(&config, &listeners));
    {
        let serving = transport::serve(&listeners, &server, &is_down);
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => {}
            () = stop => {}
            () = idle(server.clone(), config.idle_exit) => {}
        }
        // No more is accepted; everyone is told, and what was accepted is settled.
        let _ = down.send(true);
        if tokio::time::timeout(GOODBYE_LIMIT, serving).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
    drop(listeners);
    if tokio::time::timeout(GOODBYE_LIMIT, server.rooms.drain()).await.is_err() {
        tracing::warn!("some rooms did not drain in time");
    }
    // It keeps when everyone was seen last.
    if tokio::time::timeout(GOODBYE_LIMIT, presence).await.is_err() {
        tracing::warn!("the presences did not end in time");
    }
    for task in background {
        task.abort();
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

/// Says once when the system's time was set far from what the server goes by.
async fn watch_clock() {
    while clock::offset_ms().abs() < CLOCK_APART_MS {
        tokio::time::sleep(SWEEP_EVERY).await;
    }
    tracing::warn!(
        ahead_ms = clock::offset_ms(),
        "the system's time was set; the server follows by 1 ms a second. Restart it to take the new time at once"
    );
}

/// `ready unix:/run/chat.sock ws://127.0.0.1:4000 pid 12 data /srv/chat`
fn ready_line(config: &Config, listeners: &Listeners) -> Ready {
    let addresses = listeners.addresses();
    let metrics = listeners.metrics_address().map_or_else(String::new, |address| format!(" metrics {address}"));
    let (all, pid) = (addresses.join(" "), std::process::id());
    let mut line = format!("ready {all}{metrics} pid {pid} data {}", config.data.display());
    if let Some(code) = &config.setup_code {
        line.push_str("\nsetup code for the first account: ");
        line.push_str(code);
    }
    Ready { addresses, line }
}

/// A name for this run of the server. Below 2^53: scripts in Redis count in doubles.
fn new_node() -> Result<NodeId, ServeError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| ServeError::NoRandomNumbers)?;
    Ok(NodeId(u64::from_le_bytes(bytes) >> 11))
}

fn new_epoch() -> Result<String, ServeError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| ServeError::NoRandomNumbers)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Every connection is a file: as many as the system allows.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).is_err() {
        tracing::warn!(current = ?limit.current, "the limit of open files could not be raised");
    }
}
