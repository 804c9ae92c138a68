//! The disk of a measurement: as it is, or with every sync written down, or with every sync slowed. The server is not
//! told: strace stops it at its syncs and, with a filter in the kernel, at nothing else.

use std::path::Path;

use color_eyre::eyre::{Result, WrapErr};

/// What is added to a sync on a slow disk, in microseconds: strace's unit.
const ADDED_US: u32 = 2_000;

/// What is done to a program's syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Nothing.
    AsItIs,
    /// They are written down.
    Watched,
    /// Each takes 2 ms more, and is written down.
    Slowed,
}

impl Disk {
    /// What a program is started through; its syncs are written down in `log`.
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

    /// What a row says of it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsItIs | Self::Watched => "",
            Self::Slowed => ", syncs + 2 ms",
        }
    }
}

/// The commits in a log of syncs: SQLite syncs its write-ahead log once for each.
pub(crate) fn commits(log: &Path) -> Result<usize> {
    let log = std::fs::read_to_string(log).wrap_err("no log of syncs; `strace` 5.3 or newer is needed")?;
    // Where another thread came between there is a second line, which says `resumed` and names no file.
    Ok(log.lines().filter(|line| line.contains("-wal>")).count())
}
