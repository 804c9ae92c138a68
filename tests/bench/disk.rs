//! The disk of a measurement: unmodified, with every sync logged, or with every sync slowed. Transparent to the
//! server: strace stops it at its syncs and, thanks to a kernel filter, nowhere else.

use std::path::Path;

use color_eyre::eyre::{Result, WrapErr};

/// The delay added to a sync on a slow disk, in microseconds, strace's unit.
const ADDED_US: u32 = 2_000;

/// The treatment of a program's syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Nothing.
    AsItIs,
    /// They are logged.
    Watched,
    /// Each takes 2 ms longer, and is logged.
    Slowed,
}

impl Disk {
    /// Returns the command that wraps a program and logs its syncs in `log`.
    pub(crate) fn wrapper(self, log: &Path) -> Vec<String> {
        let log = log.display().to_string();
        let watch = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-e", "trace=fdatasync,fsync", "-o", &log];
        let delay = format!("inject=fdatasync,fsync:delay_exit={ADDED_US}");
        let words: Vec<&str> = match self {
            Self::AsItIs => Vec::new(),
            Self::Watched => watch.to_vec(),
            Self::Slowed => [&watch[..], &["-e", &delay]].concat(),
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// Returns its name in a row.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsItIs | Self::Watched => "",
            Self::Slowed => ", syncs + 2 ms",
        }
    }
}

/// Returns the number of commits in a log of syncs: SQLite syncs its write-ahead log once for each.
pub(crate) fn commits(log: &Path) -> Result<usize> {
    let log = std::fs::read_to_string(log).wrap_err("no log of syncs; `strace` 5.3 or newer is needed")?;
    // A call interrupted by another thread has a second line, which says `resumed` and names no file.
    Ok(log.lines().filter(|line| line.contains("-wal>")).count())
}
