//! The task that owns the connection: sends queued operations, passes answers on, and reconnects. Must not know what an
//! operation does.

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
/// How often Redis is probed.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Slower than this, the probe included, counts as unavailable: no post waits that long.
const SLOW: Duration = Duration::from_millis(40);
/// Consecutive probes that must find free memory before posts are accepted again.
const MEMORY_PROBES: u8 = 2;
/// Pause between two attempts to reconnect.
const TRY_AGAIN: Duration = Duration::from_millis(300);
/// How often the log repeats that Redis is unavailable, with the reason.
const LOG_AGAIN: Duration = Duration::from_mins(1);

/// The driver's state.
pub(super) struct Driver {
    pub options: RedisOptions,
    pub keys: Keys,
    pub scripts: Arc<Scripts>,
    pub queue: mpsc::Receiver<Operation>,
    pub is_available: watch::Sender<bool>,
    /// How often Redis has lost its data.
    pub losses: watch::Sender<u64>,
    pub counters: Arc<Counters>,
    /// The former connection as Redis knows it.
    pub previous: Option<ConnectionIdentity>,
    /// Commands that undo something, to be sent once Redis is back.
    pub recovery: Vec<Cmd>,
    /// Consecutive probes with free memory that are still required before posts are accepted again; 0 if Redis is not full.
    pub memory_probes_left: u8,
    pub key_conflict_warning: ThrottledWarning,
}

impl Driver {
    /// Works until all senders of operations are gone.
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

    /// Serves while the connection holds. Returns whether all senders are gone.
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

    /// The operations of one pipeline: all that wait, up to a bulky one or the limit.
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

    /// Probes Redis; twice if it was slow, since the delay may have been on this side. Returns whether it can be used.
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
                tracing::warn!(%error, "Redis is unavailable; ephemeral messages are refused until it is back");
                false
            }
        }
    }

    /// Acts on a probe. Returns whether Redis can be used.
    async fn apply_probe(&mut self, probe: Probe, connection: &mut MultiplexedConnection) -> bool {
        if probe.is_lost {
            // Before any other operation: rooms refill what they hold.
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

    /// Publishes a change of availability.
    fn set_available(&self, is_available: bool) {
        self.is_available.send_if_modified(|was| std::mem::replace(was, is_available) != is_available);
    }

    /// Redis refuses whatever needs memory: posts are refused, commands that free memory go on.
    fn mark_full(&mut self) {
        // At the edge it would alternate between full and not full.
        if std::mem::replace(&mut self.memory_probes_left, MEMORY_PROBES) == 0 {
            tracing::warn!("Redis has no memory left (maxmemory); ephemeral messages are refused until it has");
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
                tracing::warn!(%error, "Redis is unavailable; ephemeral messages are refused until it is back");
                for operation in batch {
                    self.defer(operation, LiveError::Unavailable);
                }
                Health::Broken
            }
        }
    }

    /// Keeps commands that undo something for later, and refuses the operation.
    fn defer(&mut self, mut operation: Operation, error: LiveError) {
        self.recovery.extend(operation.defer());
        operation.fail(error);
    }

    /// Reconnects, and refuses all operations meanwhile. `None` once all senders are gone.
    async fn reconnect(&mut self) -> Option<Connected> {
        let mut logged_at = Instant::now();
        loop {
            let recovery = std::mem::take(&mut self.recovery);
            let (options, keys, scripts) = (self.options.clone(), self.keys.clone(), Arc::clone(&self.scripts));
            let (previous, tried) = (self.previous.clone(), recovery.clone());
            let trying = async move { connect(&options, &keys, &scripts, previous.as_ref(), &tried).await };
            let outcome = self.refuse_until(trying).await?;
            // Commands to undo that arrived during the attempt were not part of it.
            let came_meanwhile = std::mem::replace(&mut self.recovery, recovery);
            match outcome {
                Ok(connected) if came_meanwhile.is_empty() => {
                    self.counters.reconnects.fetch_add(1, Ordering::Relaxed);
                    return Some(connected);
                }
                // Again, with those: few, and at once.
                Ok(connected) => self.previous = connected.identity,
                Err(error) => {
                    if logged_at.elapsed() > LOG_AGAIN {
                        tracing::warn!(%error, "Redis is still unavailable; retrying");
                        logged_at = Instant::now();
                    }
                    let until = Instant::now() + TRY_AGAIN;
                    self.refuse_until(sleep_until(until)).await?;
                }
            }
            self.recovery.extend(came_meanwhile);
        }
    }

    /// Refuses all operations until `work` is done. `None` once all senders are gone.
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

/// Connects for the first time.
pub(super) async fn first(options: &RedisOptions, keys: &Keys, scripts: &Scripts) -> Result<Connected, ConnectError> {
    connect(options, keys, scripts, None, &[]).await
}
