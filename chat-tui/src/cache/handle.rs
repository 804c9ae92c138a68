//! Opens the cache of a server and hands operations to the thread that writes. Must not know tables.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::error::CacheError;
use super::outbox::{self, RunLock};
use super::writer::{self, CacheEvent};
use super::{restore, schema};
use crate::app::{PersistOp, Restored, ServerKey};
use crate::text::short_digest;

/// The cache of one server; a thread of its own writes.
#[derive(Debug)]
pub struct Cache {
    ops: std::sync::mpsc::Sender<PersistOp>,
    events: UnboundedReceiver<CacheEvent>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Cache {
    /// Opens the cache of the server `name`, in `folder`. Returns the data of earlier runs, with the unsent posts
    /// of those that have ended. A file under the server's former name is taken over. `token` names this run.
    ///
    /// # Errors
    /// If the file cannot be used. A damaged one is set aside first and replaced.
    pub fn open(folder: &Path, (name, former_name): (&str, &str), token: &str) -> Result<(Self, Restored), CacheError> {
        let path = file_for(folder, name);
        take_over_file(&file_for(folder, former_name), &path)?;
        let mut connection = match schema::open(&path) {
            Err(CacheError::Damaged { .. }) => {
                set_damaged_file_aside(&path)?;
                schema::open(&path)?
            }
            other => other?,
        };
        let lock = RunLock::take(&path, token)?;
        outbox::take_over_posts(&mut connection, &path, token)?;
        let restored = restore::read(&connection, ServerKey::FIRST, token)?;
        let (ops, op_receiver) = std::sync::mpsc::channel();
        let (event_sender, events) = unbounded_channel();
        let token = token.to_owned();
        let thread = std::thread::Builder::new()
            .name("cache".into())
            .spawn(move || {
                writer::run(connection, &token, &op_receiver, &event_sender);
                drop(lock);
            })
            .map_err(|source| CacheError::Io { path, source })?;
        Ok((Self { ops, events, thread: Some(thread) }, restored))
    }

    /// Writes soon; posts are confirmed with an event.
    pub fn persist(&self, op: PersistOp) {
        // If the thread has ended, it has reported why.
        drop(self.ops.send(op));
    }

    /// Waits for the next event; `None` once the thread has ended.
    pub async fn next_event(&mut self) -> Option<CacheEvent> {
        self.events.recv().await
    }

    /// Waits until everything is on disk.
    pub fn close(mut self) {
        let (ops, _) = std::sync::mpsc::channel();
        drop(std::mem::replace(&mut self.ops, ops));
        if let Some(thread) = self.thread.take() {
            // A panic has been reported on the thread.
            drop(thread.join());
        }
    }
}

fn file_for(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.db", short_digest(name.as_bytes(), 8)))
}

/// Gives the file of a server that was known by another name its new one.
fn take_over_file(former: &Path, path: &Path) -> Result<(), CacheError> {
    if former == path || path.exists() || !former.exists() {
        return Ok(());
    }
    // With its companions: the newest posts may be in the log.
    for end in ["-wal", "-shm", ""] {
        let with_end = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        match std::fs::rename(with_end(former), with_end(path)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(CacheError::Io { path: former.to_owned(), source }),
        }
    }
    Ok(())
}

fn set_damaged_file_aside(path: &Path) -> Result<(), CacheError> {
    let aside = path.with_extension("db.damaged");
    std::fs::rename(path, aside).map_err(|source| CacheError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_server_that_was_known_by_another_name_is_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let open =
            |name: &str, former: &str| Cache::open(folder.path(), (name, former), "run").expect("opened").0.close();
        open("unix:/run/s", "unix:/run/s");
        let former = file_for(folder.path(), "unix:/run/s");
        let connection = schema::open(&former).expect("opened");
        connection.execute("INSERT INTO draft VALUES (7, 'half a thought')", []).expect("written");
        drop(connection);
        open("local:/data", "unix:/run/s");
        assert!(!former.exists());
        let taken_over = schema::open(&file_for(folder.path(), "local:/data")).expect("opened");
        let draft: String = taken_over.query_row("SELECT text FROM draft", [], |row| row.get(0)).expect("a draft");
        assert_eq!(draft, "half a thought");
    }
}
