//! The limit for synced posts: one thread that writes the same rows into SQLite, batch by batch, synced.

use std::time::{Duration, Instant};

use color_eyre::eyre::Result;
use rusqlite::{Connection, params};

use crate::stats::percentile;

/// Rows in one transaction, as the server commits at the most.
const BATCH: u64 = 64;

struct Loop {
    connection: Connection,
    next: u64,
    _folder: tempfile::TempDir,
}

impl Loop {
    fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let connection = Connection::open(folder.path().join("limit.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 1000;
             CREATE TABLE message (
               id INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, changed INTEGER NOT NULL,
               author INTEGER NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL
             ) STRICT;
             CREATE UNIQUE INDEX message_seq ON message (room, seq);
             CREATE INDEX message_changed ON message (room, changed);
             CREATE UNIQUE INDEX message_key ON message (author, key);
             CREATE VIRTUAL TABLE message_text USING fts5 (body, content = '', contentless_delete = 1);
             CREATE TABLE room (id INTEGER PRIMARY KEY, head INTEGER NOT NULL) STRICT;",
        )?;
        for room in 0..256 {
            connection.execute("INSERT INTO room VALUES (?1, 0)", [room])?;
        }
        Ok(Self { connection, next: 1, _folder: folder })
    }

    fn commit(&mut self, rows: u64) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO message VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5, ?6)")?;
            let mut index = transaction.prepare_cached("INSERT INTO message_text (rowid, body) VALUES (?1, ?2)")?;
            let mut head = transaction.prepare_cached("UPDATE room SET head = ?2 WHERE id = ?1")?;
            for _ in 0..rows {
                let (room, seq, body): (i64, i64, &str) = (
                    (self.next % 256) as i64,
                    (self.next / 256) as i64,
                    "the flaky test is the clock again, see the note in dev",
                );
                let at = 1_763_560_927_120_i64 + self.next as i64;
                insert.execute(params![self.next as i64, room, seq, at, format!("{room}-{seq}"), body])?;
                index.execute(params![self.next as i64, body])?;
                head.execute(params![room, seq])?;
                self.next += 1;
            }
        }
        Ok(transaction.commit()?)
    }
}

/// Rows a second at batch 64.
pub(crate) fn rows_per_second(seconds: u64) -> Result<f64> {
    let mut raw = Loop::open()?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        raw.commit(BATCH)?;
    }
    Ok((raw.next - 1) as f64 / begun.elapsed().as_secs_f64())
}

/// The 99th percentile of a commit's time at this batch, in milliseconds.
pub(crate) fn commit_p99_ms(batch: u64, seconds: u64) -> Result<f64> {
    let mut raw = Loop::open()?;
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < Duration::from_secs(seconds) {
        let commit = Instant::now();
        raw.commit(batch)?;
        times.push(commit.elapsed().as_secs_f64() * 1e3);
    }
    Ok(percentile(&times, 0.99))
}
