//! Puts a backup into a data folder. The copy is checked there before anything of the folder changes, and a kill at any
//! moment leaves the former data, the new ones, or a folder that a server refuses. Must not know servers.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backup::{Copied, Progress, finish};
use super::folder::{Folder, FolderError};
use super::form::{self, FormError, RESTORING, beside, log_of};
use super::open::{self, COMPANIONS};

/// Bytes that are copied between two reports.
const STEP_BYTES: usize = 1 << 20;
/// The beginning of the name of a folder with former data.
const REPLACED: &str = "replaced-";
/// What a data folder may hold before a restore: its lock, and what a new file system begins with.
const UNIMPORTANT: [&str; 2] = ["lock", "lost+found"];
/// The most names that are listed.
const NAMES: usize = 5;

/// A finished restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The restored database.
    pub copied: Copied,
    /// Where the former data are, if there were any.
    pub former: Option<PathBuf>,
}

/// Why nothing was restored. The former data are as they were, except after `Moving`.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup is not a whole database of a version known here.
    #[error("cannot restore: {form}; nothing was changed")]
    Form {
        /// What is wrong with it.
        form: FormError,
    },
    /// There is no such backup.
    #[error("{file} is not there; name a backup")]
    NoFile {
        /// The file.
        file: PathBuf,
    },
    /// The data folder is not empty.
    #[error("{folder} is not empty: {names}. Name another folder, or move its database aside with --force")]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        names: String,
    },
    /// The data folder cannot be used, or a server runs on it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file cannot be copied.
    #[error("cannot copy {file} to {folder}: {error}; nothing was changed")]
    Copying {
        /// The backup.
        file: PathBuf,
        /// The data folder.
        folder: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The files cannot be given their places.
    #[error("cannot put the backup into its place in {folder}: {error}; run the same command again with --force")]
    Moving {
        /// The data folder.
        folder: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
}

impl From<FormError> for RestoreError {
    fn from(form: FormError) -> Self {
        Self::Form { form }
    }
}

/// Puts the backup `file` into the data folder, created if it is missing, as data of a new life.
/// Data that are there are moved aside if `is_forced`.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore(
    file: &Path,
    folder: &Path,
    is_forced: bool,
    report: &mut dyn FnMut(Progress),
) -> Result<Restored, RestoreError> {
    if !form::is_there(file)? {
        return Err(RestoreError::NoFile { file: file.to_owned() });
    }
    check_empty(folder, is_forced)?;
    let was_there = folder.exists();
    let held = Folder::hold(folder)?;
    // Another restore may have ended since.
    check_empty(folder, is_forced)?;
    let path = held.database();
    let new = beside(&path, RESTORING);
    let copied = copy(file, &new, report).map_err(|error| {
        let (file, folder) = (file.to_owned(), folder.to_owned());
        RestoreError::Copying { file, folder, error }
    });
    let checked = copied.and_then(|()| {
        report(Progress::Checking);
        Ok(begin_life(&new)?)
    });
    let checked = checked.inspect_err(|_| {
        // The first error counts.
        let _ = open::remove_with_companions(&new);
        if !was_there {
            let _ = std::fs::remove_file(folder.join("lock"));
            let _ = std::fs::remove_dir(folder);
        }
    });
    let (copied, stamp) = checked?;
    let moved = move_aside(&path, &stamp).and_then(|former| open::install(&new, &path).map(|()| former));
    let former = moved.map_err(|error| RestoreError::Moving { folder: folder.to_owned(), error })?;
    Ok(Restored { copied, former })
}

/// Checks that nothing is in a data folder that a restore would move, unless that is wanted.
fn check_empty(folder: &Path, is_forced: bool) -> Result<(), RestoreError> {
    let names = names_in(folder)?;
    if names.is_empty() || is_forced {
        return Ok(());
    }
    Err(RestoreError::NotEmpty { folder: folder.to_owned(), names: listed(&names) })
}

/// Returns what is in a data folder and counts as data.
fn names_in(folder: &Path) -> Result<Vec<String>, FolderError> {
    let io = |error| FolderError::Io { path: folder.to_owned(), error };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        // A killed restore is no data.
        let is_unfinished = name.starts_with(&format!("chat.db{RESTORING}"));
        if !is_unfinished && !UNIMPORTANT.contains(&name.as_str()) && !name.starts_with(REPLACED) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let first = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}

/// Copies a database and, if it has one, its log.
fn copy(file: &Path, new: &Path, report: &mut dyn FnMut(Progress)) -> std::io::Result<()> {
    open::remove_with_companions(new)?;
    let mut to = open::private_file(new)?;
    let mut from = File::open(file)?;
    let of_bytes = from.metadata()?.len();
    let mut buffer = vec![0; STEP_BYTES];
    let mut bytes = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        to.write_all(&buffer[..count])?;
        bytes += count as u64;
        report(Progress::Copied { bytes, of_bytes });
    }
    match File::open(log_of(file)) {
        Ok(mut log) => std::io::copy(&mut log, &mut open::private_file(&log_of(new))?).map(drop),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Checks a copy and names its new life: what was given out since the backup, such as numbers, belongs to another one.
/// Returns the time, too, as a word for names.
fn begin_life(new: &Path) -> Result<(Copied, String), FormError> {
    let (form, damaged) = finish(new)?;
    let begin = || -> rusqlite::Result<String> {
        let connection = Connection::open(new)?;
        connection.execute("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE name = 'epoch'", [])?;
        connection.query_row("SELECT strftime('%Y%m%dT%H%M%SZ', 'now')", [], |row| row.get(0))
    };
    let stamp = begin().map_err(|error| FormError::of(new, error))?;
    let bytes = std::fs::metadata(new).map_err(|error| FormError::Io { path: new.to_owned(), error })?.len();
    Ok((Copied { bytes, form, damaged }, stamp))
}

/// Moves the former database into a folder of its own. The database goes before its log: a server refuses a log without a
/// database, but would not miss a log.
fn move_aside(path: &Path, stamp: &str) -> std::io::Result<Option<PathBuf>> {
    let companions = COMPANIONS.iter().map(|end| beside(path, end));
    let files = std::iter::once(path.to_owned()).chain(companions);
    let files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
    if files.is_empty() {
        return Ok(None);
    }
    let aside = new_folder(path, stamp)?;
    for file in files {
        std::fs::rename(&file, aside.join(file.file_name().unwrap_or_default()))?;
    }
    open::sync_folder(path)?;
    Ok(Some(aside))
}

/// Makes a folder for former data beside the database.
fn new_folder(path: &Path, stamp: &str) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let mut number = 1;
    loop {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let aside = path.with_file_name(format!("{REPLACED}{stamp}{more}"));
        match std::fs::DirBuilder::new().mode(0o700).create(&aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::super::backup::back_up;
    use super::*;

    #[test]
    fn of_two_restores_into_an_empty_folder_one_is_refused_and_nothing_is_moved_aside() {
        let root = tempfile::tempdir().expect("a folder");
        let original = root.path().join("original");
        std::fs::create_dir(&original).expect("made");
        drop(open::prepare(&original.join("chat.db"), "e", 0).expect("made"));
        let backup = root.path().join("backup.db");
        back_up(&original, &backup, false, &mut |_| {}).expect("backed up");
        for round in 0..10 {
            let folder = root.path().join(format!("restored{round}"));
            let (both, backup, folder) = (&Barrier::new(2), &backup, &folder);
            let one = move || {
                both.wait();
                restore(backup, folder, false, &mut |_| {})
            };
            let results =
                std::thread::scope(|scope| [(); 2].map(|()| scope.spawn(one)).map(|it| it.join().expect("no panic")));
            let done: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
            assert!(done.len() == 1 && done[0].former.is_none(), "{results:?}");
        }
    }
}
