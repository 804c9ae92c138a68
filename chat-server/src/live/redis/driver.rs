//! The task that owns the connection: sends what is queued, answers, and sees to it that Redis is come back to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connect::{ConnectError, Connected, ConnectionIdentity, Look, ask, connect, look, mark};
use super::counters::Counters;
use super::keys::Keys;
use super::operation::{Health, Operation, ThrottledWarning};
use super::options::RedisOptions;
use super::scripts::Scripts;
use crate::live::LiveError;

/// Operations of one pipeline.
const BATCH: usize = 256;
/// Redis is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One that takes longer to answer, and to be looked at then, is away: no post waits that long.
const SLOW: Duration = Duration::from_millis(40);
/// Looks in a row that must find memory before one that was full is not.
const ROOM_LOOKS: u8 = 2;
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
    /// How often Redis has lost what it held.
    pub losses: watch::Sender<u64>,
    pub counters: Arc<Counters>,
    /// The last connection's name in Redis.
    pub former: Option<ConnectionIdentity>,
    /// What is to be taken back once Redis is back.
    pub recovery: Vec<Cmd>,
    /// Looks to come that must find memory before posts are said to be taken again; 0 where it is not full.
    pub roomless_looks: u8,
    pub key_conflict_warning: ThrottledWarning,
}

impl Driver {
    /// Works until nobody can ask any more.
    pub(super) async fn run(mut self, mut connected: Option<Connected>) {
        loop {
            let next = match connected.take() {
                Some(connected) => Some(connected),
                None => self.come_back().await,
            };
            let Some(Connected { connection, identity, look }) = next else { return };
            self.former = identity;
            self.recovery.clear();
            let is_over = self.serve(connection, look).await;
            self.set_available(false);
            if is_over {
                return;
            }
        }
    }

    /// Serves while the connection holds; whether nobody can ask any more.
    async fn serve(&mut self, mut connection: MultiplexedConnection, look: Look) -> bool {
        if !self.take_in(look, &mut connection).await {
            return false;
        }
        let mut look_at = Instant::now() + LOOK_EVERY;
        loop {
            let mut shall_look = true;
            match timeout_at(look_at, self.queue.recv()).await {
                Ok(None) => return true,
                Ok(Some(first)) => {
                    let batch = self.batch(first);
                    let is_bulk = batch.last().is_some_and(|operation| operation.is_bulk);
                    let sent_at = Instant::now();
                    match self.carry_out(&mut connection, batch).await {
                        Health::Broken => return false,
                        Health::Full => self.fill_up(),
                        Health::Usable => {}
                    }
                    let is_slow = !is_bulk && sent_at.elapsed() > SLOW;
                    shall_look = is_slow || Instant::now() >= look_at;
                }
                Err(_) => {}
            }
            if shall_look {
                if !self.look(&mut connection).await {
                    return false;
                }
                look_at = Instant::now() + LOOK_EVERY;
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
    async fn look(&mut self, connection: &mut MultiplexedConnection) -> bool {
        let mut found = look(connection, &self.keys).await;
        if found.as_ref().is_ok_and(|look| look.took > SLOW) {
            found = look(connection, &self.keys).await;
        }
        let found = found.and_then(|look| if look.took > SLOW { Err(ConnectError::Slow(look.took)) } else { Ok(look) });
        match found {
            Ok(look) => self.take_in(look, connection).await,
            Err(error) => {
                tracing::warn!(%error, "Redis is away; messages that expire are refused until it is back");
                false
            }
        }
    }

    /// Acts on what was found; whether Redis can be used on.
    async fn take_in(&mut self, look: Look, connection: &mut MultiplexedConnection) -> bool {
        if look.is_lost {
            // Before anything else is carried out: rooms bring back what they hold.
            self.losses.send_modify(|losses| *losses += 1);
            if mark(connection, &self.keys).await.is_err() {
                return false;
            }
        }
        if look.is_full {
            self.fill_up();
        } else {
            let was_full = self.roomless_looks > 0;
            self.roomless_looks = self.roomless_looks.saturating_sub(1);
            if self.roomless_looks == 0 {
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
    fn fill_up(&mut self) {
        // At the edge it would be full and not full by turns.
        if std::mem::replace(&mut self.roomless_looks, ROOM_LOOKS) == 0 {
            tracing::warn!("Redis has no memory left (maxmemory); messages that expire are refused until it has");
        }
        self.set_available(false);
    }

    async fn carry_out(&mut self, connection: &mut MultiplexedConnection, mut batch: Vec<Operation>) -> Health {
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
                    let put_off = operation.put_off();
                    let of_one = operation.complete(&mut answers, &mut self.key_conflict_warning);
                    if of_one == Health::Broken {
                        self.recovery.extend(put_off);
                    }
                    health = health.max(of_one);
                }
                health
            }
            Err(error) => {
                tracing::warn!(%error, "Redis is away; messages that expire are refused until it is back");
                for operation in batch {
                    self.put_off(operation, LiveError::Unavailable);
                }
                Health::Broken
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
            let (former, tried) = (self.former.clone(), recovery.clone());
            let trying = async move { connect(&options, &keys, &scripts, former.as_ref(), &tried).await };
            let outcome = self.refuse_until(trying).await?;
            // What came to be taken back while it was tried was not among it.
            let came_meanwhile = std::mem::replace(&mut self.recovery, recovery);
            match outcome {
                Ok(connected) if came_meanwhile.is_empty() => {
                    self.counters.reconnects.fetch_add(1, Ordering::Relaxed);
                    return Some(connected);
                }
                // Once more, with those: few, and at once.
                Ok(connected) => self.former = connected.identity,
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
