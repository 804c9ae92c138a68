//! The one thread that writes. It takes what is queued, up to 64 writes, puts them into one transaction, each
//! behind a savepoint of its own, and answers them once the transaction is synced.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::checkpoint::Checkpoints;
use super::open;
use super::row::failed;
use crate::store::{Pending, StoreError, pending};

/// Writes that may wait.
const QUEUE: usize = 8192;
/// Writes in one transaction at the most.
const BATCH: usize = 64;

/// Tells a write's asker how the transaction ended.
type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Carries a write out, or, without a connection, refuses it; says whether it succeeded so far.
type Job = Box<dyn FnOnce(Option<&Connection>) -> (bool, Finish) + Send>;

/// What the writer has done, for the log.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) is_failing: AtomicBool,
}

/// The writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Job>>>,
    thread: Mutex<Option<JoinHandle<Connection>>>,
    pub(super) counters: Arc<Counters>,
}

impl Writer {
    /// Starts the thread with its connection.
    pub(super) fn start(connection: Connection, path: PathBuf, checkpoints: Arc<Checkpoints>) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let state = State { connection, path, checkpoints, counters: Arc::clone(&counters) };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || state.run(&jobs))?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), counters })
    }

    /// Queues a write.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (settle, answer) = pending();
        let job: Job = Box::new(move |connection| {
            let not_tried = || StoreError::Failed("a write before it ended the transaction".into());
            let result = connection.ok_or_else(not_tried).and_then(write);
            (result.is_ok(), Box::new(move |committed| settle.settle(committed.and(result))))
        });
        match self.queue.lock().as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => answer,
            Some(Err(TrySendError::Full(_))) => Pending::refused(StoreError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Pending::refused(StoreError::Closed),
        }
    }

    /// Finishes what is queued and gives the connection back; `None` where that was done before.
    pub(super) fn close(&self) -> Option<Connection> {
        drop(self.queue.lock().take());
        self.thread.lock().take()?.join().ok()
    }
}

struct State {
    connection: Connection,
    path: PathBuf,
    checkpoints: Arc<Checkpoints>,
    counters: Arc<Counters>,
}

impl State {
    fn run(mut self, jobs: &Receiver<Job>) -> Connection {
        while let Ok(first) = jobs.recv() {
            let mut batch = Vec::with_capacity(BATCH);
            batch.push(first);
            batch.extend(jobs.try_iter().take(BATCH - 1));
            self.commit(batch);
        }
        self.connection
    }

    /// One transaction. Nobody is answered before its end is known.
    fn commit(&mut self, batch: Vec<Job>) {
        let count = batch.len() as u64;
        let mut finishes = Vec::with_capacity(batch.len());
        let result = self.attempt(batch, &mut finishes);
        let is_failing = match &result {
            Ok(()) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.counters.writes.fetch_add(count, Ordering::Relaxed);
                self.checkpoints.after_commit();
                false
            }
            Err(error) => {
                tracing::error!(%error, writes = count, "a transaction failed; none of it is acknowledged");
                self.reopen();
                true
            }
        };
        self.counters.is_failing.store(is_failing, Ordering::Relaxed);
        for finish in finishes {
            finish(result.clone());
        }
    }

    fn attempt(&self, batch: Vec<Job>, finishes: &mut Vec<Finish>) -> Result<(), StoreError> {
        let connection = &self.connection;
        let execute = |sql: &str| connection.prepare_cached(sql)?.execute([]);
        let begun = execute("BEGIN IMMEDIATE").map_err(failed);
        let mut outcome = begun.map(drop);
        for job in batch {
            // Also a job that is not carried out any more must be answered.
            if outcome.is_err() {
                finishes.push(job(None).1);
                continue;
            }
            outcome = (|| {
                execute("SAVEPOINT write").map_err(failed)?;
                let (is_right, finish) = job(Some(connection));
                finishes.push(finish);
                // A full disk or a read fault may have ended the transaction, not only this write.
                if connection.is_autocommit() {
                    return Err(StoreError::Failed("the transaction was rolled back".into()));
                }
                if !is_right {
                    execute("ROLLBACK TO write").map_err(failed)?;
                }
                execute("RELEASE write").map_err(failed)?;
                Ok(())
            })();
        }
        outcome?;
        execute("COMMIT").map_err(failed)?;
        if connection.is_autocommit() { Ok(()) } else { Err(StoreError::Failed("the commit did not end".into())) }
    }

    /// After a failed commit nothing that this connection believes can be trusted.
    fn reopen(&mut self) {
        if !self.connection.is_autocommit() {
            // The new connection needs the lock this one holds.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        match open::writer(&self.path) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(%error, "the database cannot be opened again; trying with the next write"),
        }
    }
}
