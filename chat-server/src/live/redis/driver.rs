//! The task that owns the connection: sends what is queued, answers, and sees to it that Redis is come back to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::{Cmd, Pipeline};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::connect::{ConnectError, Connected, ask, connect, ping};
use super::counters::Counters;
use super::keys::Keys;
use super::operation::{Fit, Operation};
use super::options::RedisOptions;
use super::scripts::Scripts;
use crate::live::LiveError;

/// Operations of one pipeline.
const BATCH: usize = 256;
/// Redis is looked at where nothing was asked for so long.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pause between two tries to come back.
const TRY_AGAIN: Duration = Duration::from_millis(300);
/// That Redis is away is said again this often, with what is tried.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// What the driver works with.
pub(super) struct Driver {
    pub options: RedisOptions,
    pub keys: Keys,
    pub scripts: Arc<Scripts>,
    pub queue: mpsc::Receiver<Operation>,
    pub is_available: watch::Sender<bool>,
    pub counters: Arc<Counters>,
    /// The last connection's name in Redis.
    pub former: Option<i64>,
    /// What is to be taken back once Redis is back.
    pub recovery: Vec<Cmd>,
}

impl Driver {
    /// Works until nobody can ask any more.
    pub(super) async fn run(mut self, mut connected: Option<Connected>) {
        loop {
            let next = match connected.take() {
                Some(connected) => Some(connected),
                None => self.come_back().await,
            };
            let Some(Connected { connection, client_id }) = next else { return };
            self.former = client_id;
            self.recovery.clear();
            self.is_available.send_replace(true);
            let is_over = self.serve(connection).await;
            self.is_available.send_replace(false);
            if is_over {
                return;
            }
        }
    }

    /// Serves while the connection holds; whether nobody can ask any more.
    async fn serve(&mut self, mut connection: redis::aio::MultiplexedConnection) -> bool {
        loop {
            let first = match timeout(LOOK_EVERY, self.queue.recv()).await {
                Ok(Some(first)) => first,
                Ok(None) => return true,
                Err(_) => {
                    if let Err(error) = ping(&mut connection).await {
                        tracing::warn!(%error, "Redis is away; messages that expire are refused until it is back");
                        return false;
                    }
                    continue;
                }
            };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = self.queue.try_recv()
            {
                batch.push(next);
            }
            if self.carry_out(&mut connection, batch).await == Fit::Broken {
                return false;
            }
        }
    }

    async fn carry_out(
        &mut self,
        connection: &mut redis::aio::MultiplexedConnection,
        mut batch: Vec<Operation>,
    ) -> Fit {
        let mut pipeline = Pipeline::with_capacity(batch.len());
        for command in batch.iter_mut().flat_map(Operation::sending) {
            pipeline.add_command(command);
        }
        let sent_at = Instant::now();
        let answered = ask(connection, &mut pipeline).await;
        self.counters.pipeline_us.add_time(sent_at.elapsed());
        match answered {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                let mut fit = Fit::Usable;
                for mut operation in batch {
                    let put_off = operation.put_off();
                    if operation.settle(&mut answers) == Fit::Broken {
                        fit = Fit::Broken;
                        self.recovery.extend(put_off);
                    }
                }
                fit
            }
            Err(error) => {
                tracing::warn!(%error, "Redis is away; messages that expire are refused until it is back");
                for operation in batch {
                    self.put_off(operation, LiveError::Unavailable);
                }
                Fit::Broken
            }
        }
    }

    /// What takes something back is remembered; all else is refused.
    fn put_off(&mut self, mut operation: Operation, error: LiveError) {
        self.recovery.extend(operation.put_off());
        operation.fail(error);
    }

    /// Tries until Redis is back, refusing at once whatever is asked meanwhile. `None`: nobody can ask any more.
    async fn come_back(&mut self) -> Option<Connected> {
        let mut said_at = Instant::now();
        loop {
            let recovery = std::mem::take(&mut self.recovery);
            let (options, keys, scripts) = (self.options.clone(), self.keys.clone(), Arc::clone(&self.scripts));
            let (former, tried) = (self.former, recovery.clone());
            let trying = async move { connect(&options, &keys, &scripts, former, &tried).await };
            let outcome = self.refuse_until(trying).await?;
            // What came to be taken back while it was tried was not among it.
            let came_meanwhile = std::mem::replace(&mut self.recovery, recovery);
            match outcome {
                Ok(connected) if came_meanwhile.is_empty() => {
                    self.counters.reconnects.fetch_add(1, Ordering::Relaxed);
                    return Some(connected);
                }
                // Once more, with those: few, and at once.
                Ok(connected) => self.former = connected.client_id.or(self.former),
                Err(error) => {
                    if said_at.elapsed() > SAY_AGAIN {
                        tracing::warn!(%error, redis = self.options.address, "Redis is still away; trying on");
                        said_at = Instant::now();
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
                operation = self.queue.recv() => self.put_off(operation?, LiveError::Down),
            }
        }
    }
}

/// Comes to Redis for the first time.
pub(super) async fn first(options: &RedisOptions, keys: &Keys, scripts: &Scripts) -> Result<Connected, ConnectError> {
    connect(options, keys, scripts, None, &[]).await
}
