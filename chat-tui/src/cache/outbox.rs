//! Unsent posts. Each belongs to the run that wrote it, which holds a lock while it lives. The next run takes over the
//! posts of runs that have ended, so that no two runs send the same post. Must not know when posts are sent.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chat_proto::ids::{ClientKey, RoomId, UserId};
use rusqlite::{Connection, TransactionBehavior, params};
use rustix::fs::{FlockOperation, flock};

use super::error::CacheError;
use crate::app::{RoomKey, ServerKey, StoredPost};

/// Shows that a run is alive.
#[derive(Debug)]
pub(super) struct RunLock {
    path: PathBuf,
    _file: File,
}

impl RunLock {
    /// Takes the lock of this run.
    pub(super) fn take(cache: &Path, token: &str) -> Result<Self, CacheError> {
        let path = lock_path(cache, token);
        let io = |source: std::io::Error| CacheError::Io { path: path.clone(), source };
        let file = open_lock(&path).map_err(io)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|error| io(error.into()))?;
        Ok(Self { path: path.clone(), _file: file })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A lock file that remains counts as a run that has ended.
        drop(std::fs::remove_file(&self.path));
    }
}

fn lock_path(cache: &Path, token: &str) -> PathBuf {
    cache.with_extension(format!("run-{token}"))
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether the run of this token has ended.
fn has_ended(cache: &Path, token: &str) -> bool {
    let path = lock_path(cache, token);
    let Ok(file) = File::options().write(true).open(&path) else { return true };
    let has_ended = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    if has_ended {
        drop(std::fs::remove_file(path));
    }
    has_ended
}

/// Takes over the posts of runs that have ended.
pub(super) fn take_over_posts(connection: &mut Connection, cache: &Path, token: &str) -> Result<(), CacheError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let owners: Vec<String> = transaction
        .prepare("SELECT DISTINCT owner FROM outbox WHERE owner <> ?1")?
        .query_map([token], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for owner in owners.iter().filter(|owner| has_ended(cache, owner)) {
        transaction.execute("UPDATE outbox SET owner = ?1 WHERE owner = ?2", [token, owner.as_str()])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Adds a post.
pub(super) fn put(connection: &Connection, token: &str, account: UserId, post: &StoredPost) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (key, position, account, owner, room, body, code, is_kept)
             VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM outbox), ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (key) DO NOTHING",
        )?
        .execute(params![
            post.key.as_str(),
            account.0.cast_signed(),
            token,
            post.room_key.room.0.cast_signed(),
            post.body.as_str(),
            post.code.as_ref().map(chat_proto::text::CodeLanguage::as_str),
            post.is_forced_persistent,
        ])
        .map(drop)
}

/// Removes a post.
pub(super) fn remove(connection: &Connection, key: &ClientKey) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM outbox WHERE key = ?1")?.execute([key.as_str()]).map(drop)
}

/// The posts of this run, oldest first.
pub(super) fn read(
    connection: &Connection,
    server: ServerKey,
    account: UserId,
    token: &str,
) -> rusqlite::Result<Vec<StoredPost>> {
    let mut statement = connection.prepare(
        "SELECT key, room, body, code, is_kept FROM outbox WHERE account = ?1 AND owner = ?2 ORDER BY position",
    )?;
    let rows = statement.query_map(params![account.0.cast_signed(), token], |row| {
        let room: i64 = row.get(1)?;
        let texts: (String, String, Option<String>) = (row.get(0)?, row.get(2)?, row.get(3)?);
        Ok((room, texts, row.get::<_, bool>(4)?))
    })?;
    let mut posts = Vec::new();
    for row in rows {
        let (room, (key, body, code), is_forced_persistent) = row?;
        let code = code.map(|code| code.parse()).transpose();
        // A post that no longer fits the protocol cannot be sent.
        if let (Ok(key), Ok(body), Ok(code)) = (key.parse(), body.parse(), code) {
            let room_key = RoomKey { server, room: RoomId(room.cast_unsigned()) };
            posts.push(StoredPost { room_key, key, body, code, is_forced_persistent });
        }
    }
    Ok(posts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(key: &str) -> StoredPost {
        StoredPost {
            room_key: RoomKey { server: ServerKey::FIRST, room: RoomId(1) },
            key: key.parse().expect("a key"),
            body: "hello".parse().expect("a body"),
            code: None,
            is_forced_persistent: false,
        }
    }

    #[test]
    fn posts_of_a_run_that_ended_are_taken_over_and_those_of_a_living_one_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("x.db");
        let mut connection = crate::cache::schema::memory();
        let alive = RunLock::take(&cache, "alive").expect("a lock");
        drop(RunLock::take(&cache, "dead").expect("a lock"));
        put(&connection, "alive", UserId(5), &post("a")).expect("put");
        put(&connection, "dead", UserId(5), &post("b")).expect("put");
        put(&connection, "dead", UserId(6), &post("c")).expect("put");
        take_over_posts(&mut connection, &cache, "new").expect("adopted");
        let keys = |account| {
            let posts = read(&connection, ServerKey::FIRST, UserId(account), "new").expect("read");
            posts.into_iter().map(|post| post.key.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(keys(5), ["b"]);
        assert_eq!(keys(6), ["c"]);
        remove(&connection, &"b".parse().expect("a key")).expect("removed");
        assert!(keys(5).is_empty());
        drop(alive);
    }
}
