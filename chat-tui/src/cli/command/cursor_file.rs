//! The file in which `tail --cursor` keeps how far rooms were printed. Must not know how rooms are followed.
//!
//! A run holds the lock of the file from its start to its end. As the file is replaced at each change, the lock moves to the new
//! one before it takes the old one's name: who gets a lock looks whether the file still has that name.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat_proto::cursor::Cursor;
use chat_proto::error::ErrorCode;
use chat_proto::ids::{Epoch, RoomId, Run, Seq};
use tokio::time::Instant;

use crate::cli::exit::{CliError, Exit};
use crate::net::RoomStart;
use crate::text::io_reason;

/// Stands in the file where no epoch or run is known.
const UNKNOWN: &str = "-";

/// The file is written at most this often: a message printed since may come again after a crash.
const WRITE_EVERY: Duration = Duration::from_millis(250);

/// How far one room of one server was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    /// The server's data. `None` in a file of a former version.
    epoch: Option<String>,
    after: Cursor,
}

/// A cursor file that this run holds.
#[derive(Debug)]
pub(super) struct CursorFile {
    path: PathBuf,
    /// The lock, on the file that has the name now.
    held: File,
    rooms: BTreeMap<RoomId, Position>,
    /// Whether the file lacks a position.
    is_changed: bool,
    written_at: Instant,
}

impl CursorFile {
    /// Takes the lock, reads the lines, and writes them once: nothing is printed whose position cannot be kept.
    ///
    /// # Errors
    /// Another run uses the file, it cannot be written, or it is no cursor file.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        // A link stays one: its target is replaced.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let failed =
            |error: std::io::Error| CliError::failed(format!("cannot read {}: {}", path.display(), io_reason(&error)));
        let held = lock(&path)?;
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        let rooms = text.lines().map(read_line).collect::<Option<_>>().ok_or_else(|| {
            CliError::usage(format!(
                "{} is not a cursor file; name another file, or delete this one to start over",
                path.display()
            ))
        })?;
        let mut file = Self { path, held, rooms, is_changed: true, written_at: Instant::now() };
        file.write()?;
        Ok(file)
    }

    /// Returns how far a room was printed, perhaps of other data, as before a restore: the server knows by the run.
    pub(super) fn after(&self, room: RoomId) -> Option<Cursor> {
        self.rooms.get(&room).map(|position| position.after)
    }

    /// Notes how far a room of these data was printed.
    pub(super) fn note(&mut self, epoch: &Epoch, RoomStart { room, after }: RoomStart) {
        self.is_changed = true;
        match self.rooms.get_mut(&room) {
            Some(position) if position.epoch.as_deref() == Some(&*epoch.0) => position.after = after,
            _ => drop(self.rooms.insert(room, Position { epoch: Some(epoch.0.to_string()), after })),
        }
    }

    /// Returns when the file is to be written; `None` if it holds all positions.
    pub(super) fn next_write(&self) -> Option<Instant> {
        self.is_changed.then(|| self.written_at + WRITE_EVERY)
    }

    /// Writes the positions that the file lacks.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(&mut self) -> Result<(), CliError> {
        if !self.is_changed {
            return Ok(());
        }
        self.replace()?;
        (self.is_changed, self.written_at) = (false, Instant::now());
        Ok(())
    }

    /// Writes a new file beside the old one, locks it, and gives it the name.
    fn replace(&mut self) -> Result<(), CliError> {
        let text: String = self.rooms.iter().map(write_line).collect();
        let new = self.path.with_extension(format!("new-{}", std::process::id()));
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(text.as_bytes())?;
            // Nobody else knows the file.
            drop(file.try_lock());
            std::fs::rename(&new, &self.path)?;
            Ok(file)
        };
        let written = write().inspect_err(|_| drop(std::fs::remove_file(&new)));
        self.held = written.map_err(|error: std::io::Error| {
            CliError::failed(format!("cannot write {}: {}", self.path.display(), io_reason(&error)))
        })?;
        Ok(())
    }
}

impl Drop for CursorFile {
    /// What was printed when the run is interrupted is not printed again.
    fn drop(&mut self) {
        // It could be written before; nobody is left to hear of it.
        drop(self.write());
    }
}

/// Opens the file, makes it if it is not there, and takes its lock.
fn lock(path: &Path) -> Result<File, CliError> {
    let failed =
        |error: std::io::Error| CliError::failed(format!("cannot use {}: {}", path.display(), io_reason(&error)));
    loop {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "{} is in use by another command; wait until it finishes, or use another file",
                    path.display()
                );
                return Err(CliError::with(Exit::Failed, ErrorCode::Busy, message));
            }
            // A file system without locks: better unlocked than not at all.
            Err(TryLockError::Error(error)) if error.kind() != std::io::ErrorKind::Unsupported => {
                return Err(failed(error));
            }
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let (ours, named) = (file.metadata().map_err(failed)?, std::fs::metadata(path));
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino())) {
            return Ok(file);
        }
    }
}

/// Reads a line: the room's id, the epoch, the run, the last number printed and the last persistent one. Former versions had
/// no epoch, and before that only the number: the server tells that it does not know where it comes from.
fn read_line(line: &str) -> Option<(RoomId, Position)> {
    let words: Vec<&str> = line.split(' ').collect();
    let seq = |word: &str| word.parse().ok().map(Seq);
    let (room, epoch, after) = match *words.as_slice() {
        [room, number] => (room, None, Cursor::unknown(seq(number)?)),
        [room, ref of_data @ .., run, number, persistent] if of_data.len() <= 1 => {
            let run = if run == UNKNOWN { None } else { Some(run.parse::<Run>().ok()?) };
            let epoch = of_data.first().filter(|epoch| **epoch != UNKNOWN).map(ToString::to_string);
            (room, epoch, Cursor { run, seq: seq(number)?, persistent: seq(persistent)? })
        }
        _ => return None,
    };
    Some((room.parse().ok()?, Position { epoch, after }))
}

fn write_line((room, Position { epoch, after }): (&RoomId, &Position)) -> String {
    let epoch = epoch.as_deref().unwrap_or(UNKNOWN);
    let run = after.run.map_or_else(|| UNKNOWN.to_owned(), |run| run.to_string());
    format!("{room} {epoch} {run} {} {}\n", after.seq, after.persistent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(12);

    #[test]
    fn a_line_of_a_cursor_file_reads_back_the_same_and_former_ones_are_of_an_unknown_run() {
        let some = Cursor { run: Some(Run(255)), seq: Seq(9), persistent: Seq(7) };
        for (epoch, after) in [(None, Cursor::START), (Some("e1".to_owned()), some)] {
            let position = Position { epoch, after };
            let line = write_line((&ROOM, &position));
            assert_eq!(read_line(line.trim_end()), Some((ROOM, position)), "{line:?}");
        }
        let former = |after| Some((ROOM, Position { epoch: None, after }));
        assert_eq!(read_line("R12 9"), former(Cursor::unknown(Seq(9))));
        let run = Run(255);
        assert_eq!(read_line(&format!("R12 {run} 9 7")), former(some));
        for wrong in ["", "R12", "R12 x", "R12 9 9", "R12 e ff 9 7", "12 - - 0 0", "R12 - - 0 0 0"] {
            assert_eq!(read_line(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn lines_of_other_rooms_are_kept_and_the_file_is_held_while_it_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cursor");
        let start =
            |room, seq| RoomStart { room, after: Cursor { run: Some(Run(1)), seq: Seq(seq), persistent: Seq(seq) } };
        let epoch = Epoch("e1".into());
        let mut file = CursorFile::open(&path).expect("made");
        assert!(file.next_write().is_none());
        for start in [start(RoomId(1), 5), start(ROOM, 9)] {
            file.note(&epoch, start);
        }
        assert!(file.next_write().is_some());
        file.write().expect("written");
        file.note(&epoch, start(RoomId(1), 6));
        let error = CursorFile::open(&path).expect_err("held").to_string();
        assert!(error.contains("in use by another command"), "{error}");
        drop(file);
        let file = CursorFile::open(&path).expect("free");
        assert_eq!(file.after(RoomId(1)), Some(start(RoomId(1), 6).after), "written in the end");
        assert_eq!(file.after(ROOM), Some(start(ROOM, 9).after));
        assert_eq!(file.after(RoomId(2)), None);
    }
}
