//! The file in which `tail --cursor` keeps how far rooms were printed. Must not know how rooms are followed.
//!
//! A run holds the lock of the file from its start to its end. As the file is replaced at each change, the lock moves to the new
//! one before it takes the old one's name: who gets a lock looks whether the file still has that name.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chat_proto::cursor::Cursor;
use chat_proto::error::ErrorCode;
use chat_proto::ids::{Epoch, RoomId, Run, Seq};

use crate::cli::exit::{CliError, Exit};
use crate::net::RoomStart;
use crate::text::io_reason;

/// Stands in the file where no epoch or run is known.
const UNKNOWN: &str = "-";

/// A line of the file: how far one room of one server was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CursorLine {
    room: RoomId,
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
    lines: Vec<CursorLine>,
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
        let lines = text.lines().map(read_line).collect::<Option<_>>().ok_or_else(|| {
            CliError::usage(format!(
                "{} is not a cursor file; name another file, or delete this one to start over",
                path.display()
            ))
        })?;
        let mut file = Self { path, held, lines };
        file.replace()?;
        Ok(file)
    }

    /// Returns how far a room was printed: of these data, or else of others, which may be the same before a restore. The
    /// server knows by the run.
    pub(super) fn after(&self, room: RoomId, epoch: &Epoch) -> Option<Cursor> {
        let of_room = || self.lines.iter().filter(|line| line.room == room);
        let found = of_room().find(|line| line.epoch.as_deref() == Some(&*epoch.0)).or_else(|| of_room().next_back());
        found.map(|line| line.after)
    }

    /// Saves how far rooms were printed; the lines of other rooms are kept.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn save(&mut self, epoch: &Epoch, starts: &[RoomStart]) -> Result<(), CliError> {
        self.lines.retain(|line| starts.iter().all(|start| start.room != line.room));
        let epoch = Some(epoch.0.to_string());
        self.lines.extend(starts.iter().map(|start| CursorLine {
            room: start.room,
            epoch: epoch.clone(),
            after: start.after,
        }));
        self.replace()
    }

    /// Writes a new file beside the old one, locks it, and gives it the name.
    fn replace(&mut self) -> Result<(), CliError> {
        let text: String = self.lines.iter().map(write_line).collect();
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

/// Opens the file, makes it if it is not there, and takes its lock.
fn lock(path: &Path) -> Result<File, CliError> {
    let failed =
        |error: std::io::Error| CliError::failed(format!("cannot use {}: {}", path.display(), io_reason(&error)));
    loop {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let message =
                    format!("{} is in use by another command; wait for its end, or name another file", path.display());
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
fn read_line(line: &str) -> Option<CursorLine> {
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
    Some(CursorLine { room: room.parse().ok()?, epoch, after })
}

fn write_line(CursorLine { room, epoch, after }: &CursorLine) -> String {
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
            let line = CursorLine { room: ROOM, epoch, after };
            assert_eq!(read_line(write_line(&line).trim_end()), Some(line.clone()), "{line:?}");
        }
        let former = CursorLine { room: ROOM, epoch: None, after: Cursor::unknown(Seq(9)) };
        assert_eq!(read_line("R12 9"), Some(former.clone()));
        let run = Run(255);
        assert_eq!(read_line(&format!("R12 {run} 9 7")), Some(CursorLine { after: some, ..former }));
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
        file.save(&epoch, &[start(RoomId(1), 5), start(ROOM, 9)]).expect("saved");
        file.save(&epoch, &[start(RoomId(1), 6)]).expect("saved");
        let error = CursorFile::open(&path).expect_err("held").to_string();
        assert!(error.contains("in use by another command"), "{error}");
        drop(file);
        let file = CursorFile::open(&path).expect("free");
        assert_eq!(file.after(RoomId(1), &epoch), Some(start(RoomId(1), 6).after));
        assert_eq!(file.after(ROOM, &Epoch("e2".into())), Some(start(ROOM, 9).after), "perhaps before a restore");
        assert_eq!(file.after(RoomId(2), &epoch), None);
    }
}
