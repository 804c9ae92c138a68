//! The file in which `tail --cursor` keeps how far rooms were printed. Must not know how rooms are followed.

use std::path::Path;

use chat_proto::cursor::Cursor;
use chat_proto::ids::{Run, Seq};

use crate::cli::exit::CliError;
use crate::net::RoomStart;
use crate::text::io_reason;

/// Stands in the file where no run is known.
const NO_RUN: &str = "-";

/// Reads a cursor file: a line for each room with its id, the run, the last number printed and the last persistent one.
/// Files of former versions have only the number: the server tells that it does not know where it comes from.
pub(super) fn read(file: &Path) -> Result<Vec<RoomStart>, CliError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(CliError::failed(format!("cannot read {}: {}", file.display(), io_reason(&error)))),
    };
    text.lines().map(read_cursor).collect::<Option<_>>().ok_or_else(|| {
        CliError::usage(format!(
            "{} is not a cursor file; name another file, or delete this one to start over",
            file.display()
        ))
    })
}

fn read_cursor(line: &str) -> Option<RoomStart> {
    let words: Vec<&str> = line.split(' ').collect();
    let seq = |word: &str| word.parse().ok().map(Seq);
    let (room, after) = match *words.as_slice() {
        [room, number] => (room, Cursor::unknown(seq(number)?)),
        [room, run, number, persistent] => {
            let run = if run == NO_RUN { None } else { Some(run.parse::<Run>().ok()?) };
            (room, Cursor { run, seq: seq(number)?, persistent: seq(persistent)? })
        }
        _ => return None,
    };
    Some(RoomStart { room: room.parse().ok()?, after })
}

fn cursor_line(RoomStart { room, after }: &RoomStart) -> String {
    let run = after.run.map_or_else(|| NO_RUN.to_owned(), |run| run.to_string());
    format!("{room} {run} {} {}\n", after.seq, after.persistent)
}

/// Writes a new file beside the old one, then replaces it.
pub(super) fn write(file: &Path, cursors: &[RoomStart]) -> Result<(), CliError> {
    let text: String = cursors.iter().map(cursor_line).collect();
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, file));
    written.map_err(|error| CliError::failed(format!("cannot write {}: {}", file.display(), io_reason(&error))))
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::RoomId;

    use super::*;

    #[test]
    fn a_line_of_a_cursor_file_reads_back_the_same_and_former_ones_are_of_an_unknown_run() {
        let room = RoomId(12);
        for after in [Cursor::START, Cursor { run: Some(Run(255)), seq: Seq(9), persistent: Seq(7) }] {
            let line = cursor_line(&RoomStart { room, after });
            assert_eq!(read_cursor(line.trim_end()), Some(RoomStart { room, after }), "{line}");
        }
        assert_eq!(read_cursor("R12 9"), Some(RoomStart { room, after: Cursor::unknown(Seq(9)) }));
        for wrong in ["", "R12", "R12 x", "R12 9 9", "R12 ff 9 7", "12 - 0 0", "R12 - 0 0 0"] {
            assert_eq!(read_cursor(wrong), None, "{wrong:?}");
        }
    }
}
