//! The threads that hash passwords: a few, each with one block of memory that it uses again and again, and gives back to the
//! system when there has been nothing to do. Must not know passwords.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use argon2::Block;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::fair_queue::{FairQueue, NoPlace, Places};

/// Hashes computed at once; each needs 19 MiB.
const AT_ONCE: usize = 2;
/// Requests that may wait; more are refused. One source may be many people behind one address, or on this machine: a flood at
/// many names there keeps each of them waiting for a second or two, but not out.
const PLACES: Places = Places { per_name: 32, per_source: 128, in_all: 256 };
/// A thread without work for this long ends, and its memory is free again.
const IDLE: Duration = Duration::from_secs(2);
/// Blocks of 1 KiB that are allocated at once, used or not. glibc maps an allocation of more than 32 MiB on its own and
/// unmaps it when it is freed. A smaller one would raise the bound up to which it keeps freed memory (mallopt(3),
/// `M_MMAP_THRESHOLD`): ten sign-ins would hold 200 MiB for ever. Memory that is not touched costs nothing.
const MAPPED_BLOCKS: usize = 33 * 1024;

/// The memory of one thread; allocated by its first hash.
#[derive(Debug, Default)]
pub(super) struct HashMemory(Vec<Block>);

impl HashMemory {
    /// Returns so many blocks, with whatever an earlier hash left in them.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0 = Vec::with_capacity(count.max(MAPPED_BLOCKS));
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }
}

type Job = Box<dyn FnOnce(&mut HashMemory) + Send>;

/// Why a job was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotDone {
    /// Too many wait.
    Busy,
    /// The system failed.
    Failed,
}

/// The threads and those who wait for them.
pub(super) struct Hashers<K, N>(Arc<Shared<K, N>>);

struct Shared<K, N> {
    state: Mutex<State<K, N>>,
    work_came: Condvar,
}

struct State<K, N> {
    waiting: FairQueue<K, N, Job>,
    threads: usize,
    idle_threads: usize,
}

impl<K, N> Clone for Hashers<K, N> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Copy + Eq + Hash + Send + 'static, N: Clone + Eq + Hash + Send + 'static> Default for Hashers<K, N> {
    fn default() -> Self {
        let state = State { waiting: FairQueue::new(PLACES), threads: 0, idle_threads: 0 };
        Self(Arc::new(Shared { state: Mutex::new(state), work_came: Condvar::new() }))
    }
}

impl<K: Copy + Eq + Hash + Send + 'static, N: Clone + Eq + Hash + Send + 'static> Hashers<K, N> {
    /// Does the work in a thread, in its turn. The sources share the threads: each has its turn after one job of another, and so
    /// have the names of one source.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        who: (K, N),
        work: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Nobody waits any more: the connection has ended.
            if !answer.is_closed() {
                // It may end while the work is done.
                let _ = answer.send(work(memory));
            }
        });
        self.submit(who, job)?;
        // A job that lost its place is dropped without an answer.
        answered.await.map_err(|_| NotDone::Busy)
    }

    fn submit(&self, who: (K, N), job: Job) -> Result<(), NotDone> {
        let mut state = self.0.state.lock();
        // What has no place is dropped; if it is this job, the caller finds its answer gone.
        let displaced = state.waiting.push(who, job).err();
        if state.waiting.len() > state.idle_threads && state.threads < AT_ONCE {
            let shared = Arc::clone(&self.0);
            let started = std::thread::Builder::new().name("passwords".into()).spawn(move || serve(&shared));
            match started {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    tracing::error!(%error, "no thread can be started to check passwords");
                    return Err(NotDone::Failed);
                }
                Err(_) => {}
            }
        }
        drop(state);
        self.0.work_came.notify_one();
        drop::<Option<NoPlace<Job>>>(displaced);
        Ok(())
    }
}

/// Works until there has been nothing to do for a while.
fn serve<K: Copy + Eq + Hash, N: Clone + Eq + Hash>(shared: &Shared<K, N>) {
    let mut memory = HashMemory::default();
    while let Some(job) = next(shared) {
        job(&mut memory);
    }
}

/// Waits for the next job. `None`: none came, and the thread is not counted any more.
fn next<K: Copy + Eq + Hash, N: Clone + Eq + Hash>(shared: &Shared<K, N>) -> Option<Job> {
    let mut state = shared.state.lock();
    loop {
        if let Some(job) = state.waiting.pop() {
            return Some(job);
        }
        state.idle_threads += 1;
        let is_idle = shared.work_came.wait_for(&mut state, IDLE).timed_out();
        state.idle_threads -= 1;
        if is_idle && state.waiting.len() == 0 {
            state.threads -= 1;
            return None;
        }
    }
}
