//! What the client keeps on disk for one server: the last screens, drafts, what was sent before, and the outbox.
//! The only place that knows SQLite. Nothing that expires comes here; the app sees to it.

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

/// What the disk tells.
#[derive(Debug)]
pub enum CacheEvent {
    /// A post is on disk.
    Stored(ClientKey),
    /// A post is not on disk.
    NotStored(ClientKey, String),
    /// Something else could not be kept.
    Failed(String),
}

/// The cache of one server; writes happen on a thread of its own.
#[derive(Debug)]
pub struct Cache {
    ops: std::sync::mpsc::Sender<PersistOp>,
    events: UnboundedReceiver<CacheEvent>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Cache {
    /// Opens the cache for the server at `address`, in `folder`; gives back what earlier runs left, with the posts of
    /// runs that have ended. `token` names this run.
    ///
    /// # Errors
    /// Where the file cannot be used; a damaged one has been put aside.
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

    /// Keeps something; posts are answered.
    pub fn persist(&self, op: PersistOp) {
        // Where the thread has ended it has said so.
        drop(self.ops.send(op));
    }

    /// What the disk tells next.
    pub async fn next_event(&mut self) -> Option<CacheEvent> {
        self.events.recv().await
    }

    /// Waits until all that was given is on disk.
    pub fn close(mut self) {
        let (ops, _) = std::sync::mpsc::channel();
        drop(std::mem::replace(&mut self.ops, ops));
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported where it happened.
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

/// Whether an error says that the file is no database, or a broken one.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt))
}

/// A value of the protocol as text.
fn to_text<T: serde::Serialize>(value: &T) -> String {
    chat_proto::codec::to_text(value)
}

/// A value of the protocol from text; none where an older or newer version wrote it otherwise.
fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    chat_proto::codec::from_text(text).ok()
}

/// A connection, for tests of its parts.
#[cfg(test)]
fn memory() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    schema::make(&connection).expect("tables");
    connection
}
