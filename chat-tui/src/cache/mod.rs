//! The client's data on disk for one server: received items, drafts, the input history and the outbox. The only place
//! that knows SQLite. Must not know when something is saved; `app` keeps ephemeral messages away from it.

mod error;
mod outbox;
mod restore;
mod schema;
mod writer;

use std::path::{Path, PathBuf};

use chat_proto::ids::ClientKey;
#[cfg(test)]
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub use error::CacheError;
use outbox::RunLock;

use crate::app::{PersistOp, Restored, ServerKey};

/// A report of the writing thread.
#[derive(Debug)]
pub enum CacheEvent {
    /// A post is on disk.
    Stored(ClientKey),
    /// A post could not be written, with the reason.
    NotStored(ClientKey, String),
    /// Something else could not be written.
    Failed(String),
}

/// The cache of one server; a thread of its own writes.
#[derive(Debug)]
pub struct Cache {
    ops: std::sync::mpsc::Sender<PersistOp>,
    events: UnboundedReceiver<CacheEvent>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Cache {
    /// Opens the cache for the server at `address`, in `folder`. Returns the data of earlier runs, with the unsent posts
    /// of those that have ended. `token` names this run.
    ///
    /// # Errors
    /// If the file cannot be used. A damaged one is set aside first and replaced.
    pub fn open(folder: &Path, address: &str, token: &str) -> Result<(Self, Restored), CacheError> {
        let path = file_for(folder, address);
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

fn file_for(folder: &Path, address: &str) -> PathBuf {
    let digest = Sha256::digest(address.as_bytes());
    let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    folder.join(format!("{short}.db"))
}

fn set_damaged_file_aside(path: &Path) -> Result<(), CacheError> {
    let aside = path.with_extension("db.damaged");
    std::fs::rename(path, aside).map_err(|source| CacheError::Io { path: path.to_owned(), source })
}

/// Whether an error means that the file is no database, or a damaged one.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt))
}

/// Encodes a value of the protocol.
fn to_text<T: serde::Serialize>(value: &T) -> String {
    chat_proto::codec::to_text(value)
}

/// Decodes a value of the protocol; `None` if another version wrote it in another form.
fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    chat_proto::codec::from_text(text).ok()
}

/// A database in memory with all tables.
#[cfg(test)]
fn memory() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    schema::make(&connection).expect("tables");
    connection
}
