//! The threads that read, beside each other and beside the writer. Must not know what a read asks for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::open;
use super::queue::{Jobs, Queue, queue};
use crate::store::{StoreError, StoreReply};

/// Reads that may wait.
const QUEUE: usize = 8192;
const THREADS: usize = 2;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The reading threads.
#[derive(Debug)]
pub(super) struct Readers {
    queue: Queue<Job>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Starts the threads, each with a connection.
    pub(super) fn start(path: &Path) -> Result<Self, rusqlite::Error> {
        let (queue, jobs) = queue::<Job>(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let mut threads = Vec::with_capacity(THREADS);
        for _ in 0..THREADS {
            let connection = open::reader(path)?;
            let jobs = Arc::clone(&jobs);
            threads.push(std::thread::spawn(move || run(&connection, &jobs)));
        }
        Ok(Self { queue, threads: Mutex::new(threads) })
    }

    /// Queues a read.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreReply<T> {
        let (resolver, answer) = StoreReply::channel();
        let job: Job = Box::new(move |connection| resolver.resolve(read(connection)));
        match self.queue.submit(job) {
            Ok(()) => answer,
            Err(error) => StoreReply::ready(Err(error)),
        }
    }

    /// Finishes what is queued and stops.
    pub(super) fn close(&self) {
        self.queue.close();
        for thread in self.threads.lock().drain(..) {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, jobs: &Mutex<Jobs<Job>>) {
    loop {
        // The lock is held only while waiting for a job.
        let job = jobs.lock().next();
        match job {
            Some(job) => {
                // The caller learns that nobody answers; other reads go on.
                if catch_unwind(AssertUnwindSafe(|| job(connection))).is_err() {
                    tracing::error!("a read of the database has failed by a panic");
                }
            }
            None => return,
        }
    }
}
