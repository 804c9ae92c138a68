//! Moves the log into the database's file, off the writer's thread: when it has grown, and soon after a text was deleted, so
//! that the text is gone from both. Must not know what is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::open;
use super::whereabouts::Whereabouts;

/// The log is checked after commits, at most this often.
const EVERY: Duration = Duration::from_millis(200);
/// What was written is in the file within about this time, so that a plain copy of the file holds nearly all of it.
const FOLD_WITHIN: Duration = Duration::from_secs(3);
/// How long a checkpoint waits for readers. It keeps the writer waiting meanwhile, and readers may be slow: a backup, a check.
const WAIT_FOR_READERS: Duration = Duration::from_millis(100);
/// The time until the next attempt after one that a reader has prevented.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// Beyond this size the log is moved into the file.
const FOLD_BYTES: u64 = 4 << 20;
/// Beyond this size the log is restarted, even if that waits for readers.
const RESTART_BYTES: u64 = 40 << 20;
/// A deleted text is gone from the log and the file within about this time.
const ERASE_WITHIN: Duration = Duration::from_secs(5);

/// The checkpointing thread.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// Wakes the thread. Full, it will wake anyway.
    signs: Mutex<Option<SyncSender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    seen: Arc<Seen>,
}

/// The state that the thread shares with those who ask for it.
#[derive(Debug, Default)]
struct Seen {
    sizes: Sizes,
    /// Whether the thread knows of a commit that it has not looked at: further ones need not wake it.
    is_signed: AtomicBool,
    /// A text was deleted since the thread was last woken.
    has_erased: AtomicBool,
}

/// The sizes of the files when the thread last looked, so that nobody else asks the disk.
#[derive(Debug, Default)]
struct Sizes {
    log: AtomicU64,
    database: AtomicU64,
}

impl Sizes {
    /// Looks at both files. Returns the log's size.
    fn look(&self, path: &Path) -> u64 {
        let bytes_of = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        let log = bytes_of(&path.with_extension("db-wal"));
        self.log.store(log, Ordering::Relaxed);
        self.database.store(bytes_of(path), Ordering::Relaxed);
        log
    }
}

impl Checkpoints {
    /// Starts the thread.
    pub(super) fn start(path: PathBuf, whereabouts: Arc<Whereabouts>) -> std::io::Result<Arc<Self>> {
        let (signs, received) = sync_channel(1);
        let seen = Arc::<Seen>::default();
        seen.sizes.look(&path);
        let shared = Arc::clone(&seen);
        let thread = std::thread::Builder::new().name("store-checkpoint".into());
        let thread = thread.spawn(move || run(&path, &whereabouts, &received, &shared))?;
        Ok(Arc::new(Self { signs: Mutex::new(Some(signs)), thread: Mutex::new(Some(thread)), seen }))
    }

    /// The log's size when it was last checked.
    pub(super) fn log_bytes(&self) -> u64 {
        self.seen.sizes.log.load(Ordering::Relaxed)
    }

    /// The size of the database's file when it was last checked.
    pub(super) fn database_bytes(&self) -> u64 {
        self.seen.sizes.database.load(Ordering::Relaxed)
    }

    /// Called after a commit.
    pub(super) fn after_commit(&self) {
        if !self.seen.is_signed.swap(true, Ordering::AcqRel) {
            self.wake();
        }
    }

    /// Called when a text was deleted or replaced. Waits for nothing: the transaction that did so is still open, and the
    /// thread may be waiting for its end.
    pub(super) fn after_erasure(&self) {
        self.seen.has_erased.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(signs) = self.signs.lock().as_ref() {
            let _ = signs.try_send(());
        }
    }

    /// Stops the thread.
    pub(super) fn close(&self) {
        drop(self.signs.lock().take());
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
    }
}

fn run(path: &Path, whereabouts: &Whereabouts, signs: &Receiver<()>, seen: &Seen) {
    let mut connection = None;
    // A text that was deleted just before a crash may still be in the log.
    let mut erase_by = Some(Instant::now() + ERASE_WITHIN);
    let mut fold_by: Option<Instant> = None;
    let mut restart_after = Instant::now();
    let (mut look_by, mut looked_at): (Option<Instant>, Option<Instant>) = (None, None);
    loop {
        let next = erase_by.into_iter().chain(fold_by).chain(look_by).min();
        let wait = next.map_or(Duration::from_hours(1), |at| at.saturating_duration_since(Instant::now()));
        match signs.recv_timeout(wait) {
            Ok(()) => {
                if seen.has_erased.swap(false, Ordering::Acquire) {
                    erase_by.get_or_insert_with(|| Instant::now() + ERASE_WITHIN);
                }
                fold_by.get_or_insert_with(|| Instant::now() + FOLD_WITHIN);
                look_by.get_or_insert_with(|| looked_at.map_or_else(Instant::now, |last| last + EVERY));
                continue;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // Before the look: a commit after it gives a sign again.
        seen.is_signed.store(false, Ordering::Release);
        let size = seen.sizes.look(path);
        (look_by, looked_at) = (None, Some(Instant::now()));
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= Instant::now());
        let is_erasure_due = is_due(erase_by);
        let mode = match size {
            _ if is_erasure_due => "TRUNCATE",
            RESTART_BYTES.. if restart_after <= Instant::now() => "RESTART",
            FOLD_BYTES.. => "PASSIVE",
            _ if is_due(fold_by) => "PASSIVE",
            _ => continue,
        };
        // Never opens a file that has taken the place of the database.
        let is_done = whereabouts.has_database() && fold(&mut connection, path, mode);
        seen.sizes.look(path);
        fold_by = None;
        if !is_done {
            restart_after = Instant::now() + TRY_AGAIN;
        }
        if is_erasure_due {
            // A reader may have prevented it: again soon, until it is done.
            erase_by = (!is_done).then(|| Instant::now() + TRY_AGAIN);
        }
        looked_at = Some(Instant::now());
    }
}

/// Moves the log into the file. Returns whether all of it was moved.
fn fold(connection: &mut Option<Connection>, path: &Path, mode: &str) -> bool {
    let attempt = |connection: &mut Option<Connection>| -> rusqlite::Result<bool> {
        if connection.is_none() {
            connection.insert(open::writer(path)?).busy_timeout(WAIT_FOR_READERS)?;
        }
        let Some(open) = connection.as_ref() else { return Ok(false) };
        open.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| Ok(row.get::<_, i64>(0)? == 0))
    };
    attempt(connection).unwrap_or_else(|error| {
        tracing::warn!(%error, mode, "the log could not be folded into the file; trying again");
        *connection = None;
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erasure_never_waits_for_the_thread() {
        // The thread does not come to take the signs.
        let (signs, received) = sync_channel(1);
        let checkpoints =
            Checkpoints { signs: Mutex::new(Some(signs)), thread: Mutex::default(), seen: Arc::default() };
        let (done, erased) = std::sync::mpsc::channel();
        let checkpoints = Arc::new(checkpoints);
        let erasing = Arc::clone(&checkpoints);
        std::thread::spawn(move || {
            (0..100).for_each(|_| erasing.after_erasure());
            done.send(())
        });
        assert_eq!(erased.recv_timeout(Duration::from_secs(20)), Ok(()));
        assert!(checkpoints.seen.has_erased.load(Ordering::Acquire) && received.try_recv().is_ok());
    }

    #[test]
    fn a_slow_reader_keeps_the_writer_waiting_only_shortly() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.db");
        let (writer, _) = open::prepare(&path, "epoch", 0).expect("it opens");
        let reader = open::reader(&path).expect("it opens");
        let view = reader.unchecked_transaction().expect("begun");
        view.query_row("SELECT count(*) FROM meta", [], |_| Ok(())).expect("read");
        writer.execute_batch("UPDATE meta SET value = 'x'").expect("written");
        let begun = Instant::now();
        assert!(!fold(&mut None, &path, "TRUNCATE"), "the reader still needs the log");
        assert!(begun.elapsed() < Duration::from_secs(1), "nobody could write for {:?}", begun.elapsed());
        drop(view);
        assert!(fold(&mut None, &path, "TRUNCATE"));
    }
}
