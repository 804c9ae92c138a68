//! The queue before the store's threads: bounded, and no larger than its jobs. Must not know what a job does.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use parking_lot::Mutex;

use crate::store::StoreError;

/// The callers' end.
pub(super) struct Queue<T> {
    /// `None` once it is closed. Its memory grows with its jobs: a bounded channel would allocate all of its places at the
    /// start.
    jobs: Mutex<Option<Sender<T>>>,
    /// How many jobs wait; never more than `limit`.
    count: Arc<AtomicUsize>,
    limit: usize,
}

/// The threads' end. Once it is dropped, jobs are refused.
pub(super) struct Jobs<T> {
    jobs: Receiver<T>,
    count: Arc<AtomicUsize>,
}

/// A queue in which at most `limit` jobs wait.
pub(super) fn queue<T>(limit: usize) -> (Queue<T>, Jobs<T>) {
    let (sender, receiver) = channel();
    let count = Arc::<AtomicUsize>::default();
    let queue = Queue { jobs: Mutex::new(Some(sender)), count: Arc::clone(&count), limit };
    (queue, Jobs { jobs: receiver, count })
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("count", &self.count).field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl<T> Queue<T> {
    /// Adds a job at the end.
    ///
    /// # Errors
    /// `Busy` if too many jobs wait; `Closed` after [`Queue::close`]; `Ended` once the threads have failed.
    pub(super) fn submit(&self, job: T) -> Result<(), StoreError> {
        let jobs = self.jobs.lock();
        let Some(sender) = jobs.as_ref() else { return Err(StoreError::Closed) };
        // The count grows only here, under the lock.
        if self.count.load(Ordering::Relaxed) >= self.limit {
            return Err(StoreError::Busy);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        sender.send(job).map_err(|_| StoreError::Ended)
    }

    /// Takes no more jobs; those that wait are still carried out.
    pub(super) fn close(&self) {
        drop(self.jobs.lock().take());
    }
}

impl<T> Jobs<T> {
    /// Waits for the next job; `None` once the queue is closed and empty.
    pub(super) fn next(&self) -> Option<T> {
        self.jobs.recv().ok().inspect(|_| self.took_one())
    }

    /// Waits for the next job, at most `limit`.
    ///
    /// # Errors
    /// If no job came in time, or none will come any more.
    pub(super) fn next_within(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        self.jobs.recv_timeout(limit).inspect(|_| self.took_one())
    }

    /// The jobs that wait now; does not wait for more.
    pub(super) fn waiting(&self) -> impl Iterator<Item = T> {
        self.jobs.try_iter().inspect(|_| self.took_one())
    }

    fn took_one(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_and_takes_again_when_one_has_gone() {
        let (queue, jobs) = queue(2);
        assert!(queue.submit(1).is_ok());
        assert!(queue.submit(2).is_ok());
        assert!(matches!(queue.submit(3), Err(StoreError::Busy)));
        assert_eq!(jobs.next(), Some(1));
        assert!(queue.submit(4).is_ok());
        assert_eq!(jobs.waiting().collect::<Vec<_>>(), [2, 4]);
        assert!(queue.submit(5).is_ok());
        assert_eq!(jobs.next_within(Duration::ZERO), Ok(5));
    }

    #[test]
    fn a_closed_queue_gives_out_what_waits_and_takes_no_more() {
        let (queue, jobs) = queue(2);
        assert!(queue.submit(1).is_ok());
        queue.close();
        assert!(matches!(queue.submit(2), Err(StoreError::Closed)));
        assert_eq!((jobs.next(), jobs.next()), (Some(1), None));
        assert_eq!(jobs.next_within(Duration::ZERO), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn jobs_are_refused_where_nobody_takes_them_any_more() {
        let (queue, jobs) = queue(2);
        drop(jobs);
        assert!((0..5).all(|job| matches!(queue.submit(job), Err(StoreError::Ended | StoreError::Busy))));
    }
}
