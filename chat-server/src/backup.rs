//! The commands `backup` and `restore`: arguments, progress on a terminal, and one line about the result. Must not know how
//! a database is copied.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre;
use serde::Serialize;

use crate::byte_size::byte_size;
use crate::cli::ServerArgs;
use crate::output::{JSON_VERSION, OutputError, print_line};
use crate::progress_line::ProgressLine;
use crate::store::sqlite::{self, BackupError, Copied, DamagedMessages, Progress, RestoreError, Restored};

/// The arguments of `backup`.
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// Write the backup to this file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    pub force: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `restore`.
#[derive(Args, Clone, Debug)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Move the database that is there aside, into a folder beside it.
    #[arg(long)]
    pub force: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Backup,
    Restore,
}

/// A finished backup or restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    kind: Kind,
    /// The data folder.
    pub data: PathBuf,
    /// The backup.
    pub file: PathBuf,
    /// What was copied.
    pub copied: Copied,
    /// Where a restore has moved the former data, if there were any.
    pub former: Option<PathBuf>,
}

impl Done {
    /// Returns it for a person.
    pub fn text(&self) -> String {
        let (data, file, size) = (self.data.display(), self.file.display(), byte_size(self.copied.bytes));
        let done = match self.kind {
            Kind::Backup => format!("backed up {data} to {file}"),
            Kind::Restore => format!("restored {file} to {data}"),
        };
        let former = self.former.as_ref();
        let former = former.map_or_else(String::new, |former| format!("\nthe former data are in {}", former.display()));
        let damaged = self.copied.damaged.as_ref().map_or_else(String::new, |DamagedMessages { count, first }| {
            format!("\n{count} of its messages are damaged, as in the original: {first}; an older backup may have them whole")
        });
        format!("{done} ({size}, checked){damaged}{former}")
    }

    /// Returns it for a program: a line of JSON.
    fn json(&self) -> String {
        let Self { kind, data, file, copied: Copied { bytes, form, damaged }, former } = self;
        chat_proto::codec::to_text(&Line {
            v: JSON_VERSION,
            kind: *kind,
            bytes: *bytes,
            data: &data.to_string_lossy(),
            file: &file.to_string_lossy(),
            form: *form,
            damaged: damaged.as_ref().map(|damaged| damaged.count),
            former: former.as_ref().map(|former| former.to_string_lossy()),
        })
    }
}

/// The result as a line of JSON. Programs read it: `golden/json-backup.json` holds its exact bytes.
#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    #[serde(rename = "type")]
    kind: Kind,
    bytes: u64,
    data: &'a str,
    file: &'a str,
    form: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<Cow<'a, str>>,
}

/// Backs up the data folder of the settings and prints the result.
///
/// # Errors
/// If the settings are wrong, or there is no backup then.
pub fn run_backup(args: &ServerArgs, backup: &BackupArgs) -> eyre::Result<()> {
    Ok(print(&back_up(&args.config()?.data, &backup.file, backup.force, true)?, backup.json)?)
}

/// Restores a backup into the data folder of the settings and prints the result.
///
/// # Errors
/// If the settings are wrong, or nothing is restored then.
pub fn run_restore(args: &ServerArgs, backup: &RestoreArgs) -> eyre::Result<()> {
    Ok(print(&restore(&args.config()?.data, &backup.file, backup.force, true)?, backup.json)?)
}

/// Backs up the data folder `data` to `file`. Shows progress on a terminal if `is_shown`.
///
/// # Errors
/// See [`BackupError`].
pub fn back_up(data: &Path, file: &Path, is_forced: bool, is_shown: bool) -> Result<Done, BackupError> {
    let mut progress = CopyLine::new("backing up", is_shown);
    let copied = sqlite::back_up(data, file, is_forced, &mut |step| progress.show(step))?;
    Ok(Done { kind: Kind::Backup, data: data.to_owned(), file: file.to_owned(), copied, former: None })
}

/// Restores the backup `file` into the data folder `data`. Shows progress on a terminal if `is_shown`.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore(data: &Path, file: &Path, is_forced: bool, is_shown: bool) -> Result<Done, RestoreError> {
    let mut progress = CopyLine::new("restoring", is_shown);
    let Restored { copied, former } = sqlite::restore(file, data, is_forced, &mut |step| progress.show(step))?;
    Ok(Done { kind: Kind::Restore, data: data.to_owned(), file: file.to_owned(), copied, former })
}

fn print(done: &Done, is_json: bool) -> Result<(), OutputError> {
    print_line(&if is_json { done.json() } else { done.text() })
}

/// A line of progress.
struct CopyLine {
    doing: &'static str,
    line: ProgressLine,
}

impl CopyLine {
    fn new(doing: &'static str, is_shown: bool) -> Self {
        Self { doing, line: ProgressLine::new(is_shown) }
    }

    fn show(&mut self, step: Progress) {
        match step {
            Progress::Copied { bytes, of_bytes } => self.line.show(|| {
                let percent = (bytes * 100).checked_div(of_bytes).unwrap_or(100);
                format!("{}: {percent} % of {}", self.doing, byte_size(of_bytes))
            }),
            Progress::Checking => self.line.show_at_once(&format!("{}: checking the copy", self.doing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_result_is_that_of_its_golden_file() {
        let done = |kind, former: Option<&str>| Done {
            kind,
            data: "/srv/chat".into(),
            file: "/backup/monday.db".into(),
            copied: Copied { bytes: 5_000_000, form: 6, damaged: None },
            former: former.map(PathBuf::from),
        };
        let aside = "/srv/chat/replaced-20261121T200000Z";
        let mut with_damage = done(Kind::Backup, None);
        with_damage.copied.damaged = Some(DamagedMessages { count: 2, first: "general/35, ops/7".into() });
        let restored = [done(Kind::Restore, None), done(Kind::Restore, Some(aside))];
        let all: Vec<_> = [done(Kind::Backup, None)].into_iter().chain(restored).chain([with_damage]).collect();
        let golden: Vec<_> = include_str!("../golden/json-backup.json").lines().collect();
        assert_eq!(all.iter().map(Done::json).collect::<Vec<_>>(), golden);
        assert_eq!(all[0].text(), "backed up /srv/chat to /backup/monday.db (4.8 MiB, checked)");
        let lines = "restored /backup/monday.db to /srv/chat (4.8 MiB, checked)\nthe former data are in ";
        assert_eq!(all[2].text(), format!("{lines}{aside}"));
        let text = all[3].text();
        assert!(text.contains("2 of its messages are damaged, as in the original: general/35, ops/7;"), "{text}");
    }
}
