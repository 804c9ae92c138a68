//! The baseline for synced posts: one thread that writes the same rows to SQLite, batch by batch, synced.

use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Args;
use color_eyre::eyre::{Result, ensure};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::disk::Disk;
use crate::options::Options;
use crate::process;
use crate::stats::percentile;

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
               author INTEGER NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL, body INTEGER NOT NULL
             ) STRICT;
             CREATE UNIQUE INDEX message_seq ON message (room, seq);
             CREATE INDEX message_changed ON message (room, changed);
             CREATE UNIQUE INDEX message_key ON message (author, key);
             CREATE TABLE body (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
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
                transaction.prepare_cached("INSERT INTO message VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5, ?1)")?;
            let mut text = transaction.prepare_cached("INSERT INTO body (id, text) VALUES (?1, ?2)")?;
            let mut head = transaction.prepare_cached("UPDATE room SET head = ?2 WHERE id = ?1")?;
            for _ in 0..rows {
                let (room, seq, body): (i64, i64, &str) = (
                    (self.next % 256) as i64,
                    (self.next / 256) as i64,
                    "the flaky test is the clock again, see the note in dev",
                );
                let at = 1_763_560_927_120_i64 + self.next as i64;
                text.execute(params![self.next as i64, body])?;
                insert.execute(params![self.next as i64, room, seq, at, format!("{room}-{seq}")])?;
                head.execute(params![room, seq])?;
                self.next += 1;
            }
        }
        Ok(transaction.commit()?)
    }
}

/// The loop's arguments.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RawLoop {
    /// Rows in one transaction.
    #[arg(long)]
    batch: u64,
    /// Duration in seconds.
    #[arg(long)]
    seconds: u64,
}

/// The loop's performance on this machine.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Limit {
    /// Rows per second.
    pub rows_per_second: f64,
    /// The 99th percentile of commit times.
    pub commit_p99_ms: f64,
}

/// Runs the loop under the server's conditions, on the same cores and disk, with `batch` rows in one transaction.
pub(crate) fn measure(options: &Options, disk: Disk, (batch, seconds): (u64, u64)) -> Result<Limit> {
    let folder = tempfile::tempdir()?;
    let wrapper = disk.wrapper(&folder.path().join("syncs"));
    let output = process::on_cores(&options.server_cores, &wrapper, &std::env::current_exe()?)
        .args(["raw-loop", "--batch", &batch.to_string(), "--seconds", &seconds.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the raw loop exited with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Commits until the time is over and prints the result.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn run(args: &RawLoop) -> Result<()> {
    let mut raw = Loop::open()?;
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(args.seconds) {
        let commit = Instant::now();
        raw.commit(args.batch)?;
        times.push(commit.elapsed().as_secs_f64() * 1e3);
    }
    let rows_per_second = (raw.next - 1) as f64 / begun.elapsed().as_secs_f64();
    let limit = Limit { rows_per_second, commit_p99_ms: percentile(&times, 0.99) };
    println!("{}", serde_json::to_string(&limit)?);
    Ok(())
}
