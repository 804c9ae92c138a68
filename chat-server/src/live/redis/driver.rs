//! The task that owns the connection: sends what is queued, answers, and sees to it that Redis is come back to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connect::{Connected, ConnectionIdentity, Probe, QUICK, connect, mark, probe};
use super::counters::Counters;
use super::error::{ConnectError, Health};
use super::keys::Keys;
use super::operation::{Operation, ThrottledWarning};
use super::options::RedisOptions;
use super::pipeline::ask;
use super::scripts::Scripts;
use crate::live::LiveError;

/// Operations of one pipeline.
const BATCH: usize = 256;
/// Redis is looked at this often.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// One that takes longer to answer, and to be looked at then, is away: no post waits that long.
const SLOW: Duration = Duration::from_millis(40);
/// Looks in a row that must find memory before one that was full is not.
const MEMORY_PROBES: u8 = 2;
/// Pause between two tries to come back.
const TRY_AGAIN: Duration = Duration::from_millis(300);
/// That Redis is away is said again this often, with what is tried.
const LOG_AGAIN: Duration = Duration::from_mins(1);

/// What the driver works with.
pub(super) struct Driver {
    pub options: RedisOptions,
    pub keys: Keys,
    pub scripts: Arc<Scripts>,
    pub queue: mpsc::Receiver<Operation>,
    pub is_available: watch::Sender<bool>,
    /// How often Redis has lost what it held.
    pub losses: watch::Sender<u64>,
    pub counters: Arc<Counters>,
    /// The previous connection's name in Redis.
    pub previous: Option<ConnectionIdentity>,
    /// What is to be taken back once Redis is back.
    pub recovery: Vec<Cmd>,
    /// Looks to come that must find memory before posts are said to be taken again; 0 where it is not full.
    pub memory_probes_left: u8,
    pub key_conflict_warning: ThrottledWarning,
}

impl Driver {
    /// Works until nobody can ask any more.
    pub(super) async fn run(mut self, mut connected: Option<Connected>) {
        loop {
            let next = match connected.take() {
                Some(connected) => Some(connected),
                None => self.reconnect().await,
            };
            let Some(Connected { connection, identity, probe }) = next else { return };
            self.previous = identity;
            self.recovery.clear();
            let is_over = self.serve(connection, probe).await;
            self.set_available(false);
            if is_over {
                return;
            }
        }
    }

    /// Serves while the connection holds; whether nobody can ask any more.
    async fn serve(&mut self, mut connection: MultiplexedConnection, probe: Probe) -> bool {
        if !self.apply_probe(probe, &mut connection).await {
            return false;
        }
        let mut probe_at = Instant::now() + PROBE_EVERY;
        loop {
            let mut should_probe = true;
            match timeout_at(probe_at, self.queue.recv()).await {
                Ok(None) => return true,
                Ok(Some(first)) => {
                    let batch = self.batch(first);
                    let is_bulk = batch.last().is_some_and(|operation| operation.is_bulk);
                    let sent_at = Instant::now();
                    match self.execute(&mut connection, batch).await {
                        Health::Broken => return false,
                        Health::Full => self.mark_full(),
                        Health::Usable => {}
                    }
                    let is_slow = !is_bulk && sent_at.elapsed() > SLOW;
                    should_probe = is_slow || Instant::now() >= probe_at;
                }
                Err(_) => {}
            }
            if should_probe {
                if !self.probe(&mut connection).await {
                    return false;
                }
                probe_at = Instant::now() + PROBE_EVERY;
            }
        }
    }

    /// What is sent together: all that waits, up to something that takes long, or too much.
    fn batch(&mut self, first: Operation) -> Vec<Operation> {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && !batch.last().is_some_and(|operation| operation.is_bulk)
            && let Ok(next) = self.queue.try_recv()
        {
            batch.push(next);
        }
        batch
    }

    /// Looks whether Redis can be used on; twice where it was slow, since the delay may have been this side's.
    async fn probe(&mut self, connection: &mut MultiplexedConnection) -> bool {
        let mut found = probe(connection, &self.keys).await;
        if found.as_ref().is_ok_and(|probe| probe.took > SLOW) {
            found = probe(connection, &self.keys).await;
        }
        let found = found.and_then(|probe| match probe.took {
            took if took > SLOW => Err(ConnectError::Slow { took, limit: QUICK }),
            _ => Ok(probe),
        });
        match found {
            Ok(probe) => self.apply_probe(probe, connection).await,
            Err(error) => {
                tracing::warn!(%error, "Redis is away; messages that expire are refused until it is back");
                false
            }
        }
    }

    /// Acts on what was found; whether Redis can be used on.
    async fn apply_probe(&mut self, probe: Probe, connection: &mut MultiplexedConnection) -> bool {
        if probe.is_lost {
            // Before anything else is carried out: rooms bring back what they hold.
            self.losses.send_modify(|losses| *losses += 1);
            if mark(connection, &self.keys).await.is_err() {
                return false;
            }
        }
        if probe.is_full {
            self.mark_full();
        } else {
            let was_full = self.memory_probes_left > 0;
            self.memory_probes_left = self.memory_probes_left.saturating_sub(1);
            if self.memory_probes_left == 0 {
                if was_full {
                    tracing::info!("Redis has memory again");
                }
                self.set_available(true);
            }
        }
        true
    }

    /// Tells where it is news.
    fn set_available(&self, is_available: bool) {
        self.is_available.send_if_modified(|was| std::mem::replace(was, is_available) != is_available);
    }

    /// Redis takes nothing that needs memory: who would post is told, what frees memory goes on.
    fn mark_full(&mut self) {
        // At the edge it would be full and not full by turns.
        if std::mem::replace(&mut self.memory_probes_left, MEMORY_PROBES) == 0 {
            tracing::warn!("Redis has no memory left (maxmemory); messages that expire are refused until it has");
        }
        self.set_available(false);
    }

    async fn execute(&mut self, connection: &mut MultiplexedConnection, mut batch: Vec<Operation>) -> Health {
        let mut pipeline = Pipeline::with_capacity(batch.len());
        for command in batch.iter_mut().flat_map(Operation::sending) {
            pipeline.add_command(command);
        }
        let sent_at = Instant::now();
        let answered = ask(connection, &mut pipeline).await;
        self.counters.pipeline_us.add_time(sent_at.elapsed());
        match answered {
            Ok(answers) => {
                let mut answers = answers.into_iter().zip(pipeline.cmd_iter());
                let mut health = Health::Usable;
                for mut operation in batch {
                    let defer = operation.defer();
                    let of_one = operation.complete(&mut answers, &mut self.key_conflict_warning);
                    if of_one == Health::Broken {
                        self.recovery.extend(defer);
                    }
                    health = health.max(of_one);
                }
                health
            }
            Err(error) => {
                tracing::warn!(%error, "Redis is away; messages that expire are refused until it is back");
                for operation in batch {
                    self.defer(operation, LiveError::Unavailable);
                }
                Health::Broken
            }
        }
    }

    /// What takes something back is remembered; all else is refused.
    fn defer(&mut self, mut operation: Operation, error: LiveError) {
        self.recovery.extend(operation.defer());
        operation.fail(error);
    }

    /// Tries until Redis is back, refusing at once whatever is asked meanwhile. `None`: nobody can ask any more.
    async fn reconnect(&mut self) -> Option<Connected> {
        let mut logged_at = Instant::now();
        loop {
            let recovery = std::mem::take(&mut self.recovery);
            let (options, keys, scripts) = (self.options.clone(), self.keys.clone(), Arc::clone(&self.scripts));
            let (previous, tried) = (self.previous.clone(), recovery.clone());
            let trying = async move { connect(&options, &keys, &scripts, previous.as_ref(), &tried).await };
            let outcome = self.refuse_until(trying).await?;
            // What came to be taken back while it was tried was not among it.
            let came_meanwhile = std::mem::replace(&mut self.recovery, recovery);
            match outcome {
                Ok(connected) if came_meanwhile.is_empty() => {
                    self.counters.reconnects.fetch_add(1, Ordering::Relaxed);
                    return Some(connected);
                }
                // Once more, with those: few, and at once.
                Ok(connected) => self.previous = connected.identity,
                Err(error) => {
                    if logged_at.elapsed() > LOG_AGAIN {
                        tracing::warn!(%error, redis = self.options.address, "Redis is still away; trying on");
                        logged_at = Instant::now();
                    }
                    let until = Instant::now() + TRY_AGAIN;
                    self.refuse_until(sleep_until(until)).await?;
                }
            }
            self.recovery.extend(came_meanwhile);
        }
    }

    /// Refuses all that is asked until something is done. `None`: nobody can ask any more.
    async fn refuse_until<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                operation = self.queue.recv() => self.defer(operation?, LiveError::Down),
            }
        }
    }
}

/// Comes to Redis for the first time.
pub(super) async fn first(options: &RedisOptions, keys: &Keys, scripts: &Scripts) -> Result<Connected, ConnectError> {
    connect(options, keys, scripts, None, &[]).await
}
