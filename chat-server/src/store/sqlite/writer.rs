//! The one thread that writes. It takes up to 64 queued writes into one transaction and answers them once that is on disk.
//! Must not know what a write does.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chat_proto::ids::Run;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::batch::Batch;
use super::checkpoint::Checkpoints;
use super::health::Switch;
use super::job::{Job, Write};
use super::open;
use super::queue::{Jobs, Queue, queue};
use super::runs::RunRecorder;
use super::transaction;
use super::upkeep::Upkeep;
use super::whereabouts::Whereabouts;
use crate::histogram::Histogram;
use crate::store::{BrokenChains, ChainPlace, StoreError, StoreReply};

/// Writes that may wait.
const QUEUE: usize = 8192;
/// The most writes of one transaction.
const BATCH: usize = 64;
/// Histogram bounds for the writes of a transaction.
const BATCHES: &[u64] = &[1, 2, 4, 8, 16, 32, BATCH as u64];

/// How often a failing file is tried again, so that the server recovers even if nobody writes.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The writer's counters, for the log and for `/metrics`.
#[derive(Debug)]
pub(super) struct Counters {
    /// The writes of each commit that was kept.
    pub(super) batch_writes: Histogram,
    /// How long each commit took, in microseconds.
    pub(super) commit_us: Histogram,
}

impl Default for Counters {
    fn default() -> Self {
        Self { batch_writes: Histogram::new(BATCHES), commit_us: Histogram::of_times() }
    }
}

/// The writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Queue<Box<dyn Job>>,
    thread: Mutex<Option<JoinHandle<Connection>>>,
    /// The chains of which a write was refused, by the queue or in a transaction.
    broken: Arc<Mutex<BrokenChains>>,
    health: Arc<Switch>,
    pub(super) counters: Arc<Counters>,
}

impl Writer {
    /// Starts the thread with its connection, for one run of the server.
    pub(super) fn start(
        connection: Connection,
        path: PathBuf,
        watched: Watched,
        (run, upkeep): (Run, Upkeep),
    ) -> std::io::Result<Self> {
        let (queue, jobs) = queue(QUEUE);
        let counters = Arc::new(Counters::default());
        let health = Arc::clone(&watched.health);
        let runs = RunRecorder::new(run);
        let state = State { connection, path, watched, counters: Arc::clone(&counters), runs, upkeep };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || state.run(&jobs))?;
        let broken = Arc::new(Mutex::new(BrokenChains::new(QUEUE)));
        Ok(Self { queue, thread: Mutex::new(Some(thread)), broken, health, counters })
    }

    /// Queues a write.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        write: impl Fn(&Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreReply<T> {
        self.queue(write, |_| {})
    }

    /// Queues a write of a chain. It is not tried if the chain is broken, and the chain breaks if it is refused.
    pub(super) fn submit_chained<T: Send + 'static>(
        &self,
        place: ChainPlace,
        write: impl Fn(&Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreReply<T> {
        let (before, after) = (Arc::clone(&self.broken), Arc::clone(&self.broken));
        let write = move |c: &Batch<'_>| {
            if before.lock().is_broken(place) {
                return Err(StoreError::ChainBroken);
            }
            // At once: the next write of the chain may be in the same transaction.
            write(c).inspect_err(|_| before.lock().refuse(place))
        };
        let answer = self.queue(write, move |is_kept| {
            if !is_kept {
                after.lock().refuse(place);
            }
        });
        if answer.is_refused() {
            self.broken.lock().refuse(place);
        }
        answer
    }

    fn queue<T: Send + 'static>(
        &self,
        write: impl Fn(&Batch<'_>) -> Result<T, StoreError> + Send + 'static,
        ended: impl FnOnce(bool) + Send + 'static,
    ) -> StoreReply<T> {
        if let Some(error) = self.health.refusal() {
            return StoreReply::ready(Err(error));
        }
        let (resolver, answer) = StoreReply::channel();
        let health = Arc::clone(&self.health);
        // One write's own: the transaction may be kept without it.
        let noted = move |c: &Batch<'_>| write(c).inspect_err(|error| health.note(error));
        let job = Box::new(Write::new(noted, ended, resolver));
        match self.queue.submit(job) {
            Ok(()) => answer,
            Err(error) => StoreReply::ready(Err(error)),
        }
    }

    /// Finishes what is queued and returns the connection; `None` if that was done before.
    pub(super) fn close(&self) -> Option<Connection> {
        self.queue.close();
        self.thread.lock().take()?.join().ok()
    }
}

/// The parts of an open database that follow its commits, or stop them.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) checkpoints: Arc<Checkpoints>,
    pub(super) health: Arc<Switch>,
    pub(super) whereabouts: Arc<Whereabouts>,
}

struct State {
    connection: Connection,
    path: PathBuf,
    watched: Watched,
    counters: Arc<Counters>,
    runs: RunRecorder,
    upkeep: Upkeep,
}

/// Says so if the thread ends by a panic: nobody would write any more, and nobody would know.
struct EndNotice(Arc<Switch>);

impl Drop for EndNotice {
    fn drop(&mut self) {
        if std::thread::panicking() && self.0.set_ended() {
            tracing::error!("the database's writer has failed: every write is refused until the server is restarted");
        }
    }
}

impl State {
    fn run(mut self, jobs: &Jobs<Box<dyn Job>>) -> Connection {
        let _notice = EndNotice(Arc::clone(&self.watched.health));
        while let Some(first) = self.next(jobs) {
            let mut batch = Vec::with_capacity(BATCH);
            batch.push(first);
            batch.extend(jobs.waiting().take(BATCH - 1));
            self.commit(batch);
            self.keep_up();
        }
        self.connection
    }

    /// The next write; `None` once the queue is closed.
    fn next(&mut self, jobs: &Jobs<Box<dyn Job>>) -> Option<Box<dyn Job>> {
        loop {
            let is_failing = self.watched.health.is_failing();
            let Some(wait) = (if is_failing { Some(TRY_AGAIN) } else { self.upkeep.due_in() }) else {
                return jobs.next();
            };
            match jobs.next_within(wait) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if is_failing => self.try_again(),
                Err(RecvTimeoutError::Timeout) => self.keep_up(),
            }
        }
    }

    /// Does the step of the upkeep that is due.
    fn keep_up(&mut self) {
        if self.upkeep.due_in() != Some(Duration::ZERO) || self.watched.health.is_failing() {
            return;
        }
        if !self.watched.whereabouts.has_database() {
            return self.upkeep.put_off();
        }
        if self.upkeep.follow(&self.connection) {
            self.watched.checkpoints.after_commit();
        }
    }

    /// Tests whether the file can be written again, by writing a page with its present content.
    fn try_again(&mut self) {
        if !self.watched.whereabouts.has_database() {
            return;
        }
        let write = || {
            let version: i64 = self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            self.connection.execute_batch(&format!("BEGIN IMMEDIATE; PRAGMA user_version = {version}; COMMIT"))
        };
        match write() {
            Ok(()) => {
                tracing::info!("the database can be written again");
                self.watched.health.set_failing(false);
            }
            Err(_) => self.reopen(),
        }
    }

    /// Carries out one transaction. Nobody is answered before its end is known.
    fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) {
        // Dropped before the batch: those whose writes end with the thread are answered by that, and may look at the health.
        let _notice = EndNotice(Arc::clone(&self.watched.health));
        let count = batch.len() as u64;
        let begun = Instant::now();
        let result = self.transact(&mut batch);
        let is_keeping = match &result {
            Ok(()) => {
                self.counters.batch_writes.add(count);
                self.counters.commit_us.add_time(begun.elapsed());
                self.watched.checkpoints.after_commit();
                self.upkeep.after_commit();
                true
            }
            // Nothing was tried, and the log has it.
            Err(StoreError::Displaced) => !self.watched.health.is_failing(),
            Err(error) => {
                self.watched.health.note(error);
                tracing::error!(
                    error = error.with_causes(),
                    writes = count,
                    "a transaction failed; none of it is acknowledged"
                );
                self.runs.forget();
                self.reopen();
                false
            }
        };
        self.watched.health.set_failing(!is_keeping);
        for job in batch {
            job.finish(result.clone());
        }
    }

    fn transact(&self, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        // A commit into files that have lost their names would be acknowledged and lost.
        self.watched.whereabouts.has_database();
        self.watched.health.refusal().map_or(Ok(()), Err)?;
        transaction::carry_out(&self.connection, &self.runs, jobs)
    }

    /// Opens a new connection: after a failed commit nothing that this one remembers can be trusted.
    fn reopen(&mut self) {
        if !self.watched.whereabouts.has_database() {
            return;
        }
        if !self.connection.is_autocommit() {
            // The new connection needs the lock that this one holds.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        match open::writer(&self.path) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(%error, "the database cannot be opened again; trying with the next write"),
        }
    }
}
