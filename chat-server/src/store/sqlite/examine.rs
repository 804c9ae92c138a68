//! Opens a database read-only and looks for damage, beside a running server or without one. For `doctor`; must not change
//! the data folder.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::form::{self, FormError, log_of};
use super::inspect::inspect;
use super::open::{self, MIGRATIONS};

/// How much of a database was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// There is no database yet.
    Nothing,
    /// All of its pages and items.
    Whole,
    /// As much as the time allowed.
    Part,
}

/// Checks the form of the database in `folder`, and its pages and items for at most `limit`.
///
/// # Errors
/// If it is not a whole database of a version known here.
pub fn examine(folder: &Path, limit: Duration) -> Result<Examined, FormError> {
    let was_held = inspect(folder).holder.is_some();
    match examine_once(folder, limit, was_held) {
        // A server that started meanwhile may have changed the pages that were being read.
        Err(_) if !was_held && inspect(folder).holder.is_some() => examine_once(folder, limit, true),
        examined => examined,
    }
}

fn examine_once(folder: &Path, limit: Duration, is_held: bool) -> Result<Examined, FormError> {
    let path = folder.join("chat.db");
    if !form::is_there(&path)? {
        return Ok(Examined::Nothing);
    }
    let has_log = std::fs::metadata(log_of(&path)).is_ok_and(|found| found.len() > 0);
    let open = if is_held || has_log { open::reader(&path) } else { alone(&path) };
    let connection = open.map_err(|error| FormError::of(&path, error))?;
    form::check(&connection, &path, MIGRATIONS.len())?;
    let interrupt = connection.get_interrupt_handle();
    let (done, is_done) = channel::<()>();
    // Again and again: an interrupt that comes before the check has begun has no effect.
    let watch = std::thread::spawn(move || {
        while is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            interrupt.interrupt();
        }
    });
    let checked = form::check_pages(&connection, &path).and_then(|()| form::check_items(&connection, &path));
    drop(done);
    // It only waits, and the wait is over.
    let _ = watch.join();
    match checked {
        Ok(()) => Ok(Examined::Whole),
        Err(error) if error.is_interrupted() => Ok(Examined::Part),
        Err(error) => Err(error),
    }
}

/// Opens a file that nobody uses: SQLite makes no files beside it.
fn alone(path: &Path) -> rusqlite::Result<Connection> {
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => name.push(char::from(*byte)),
            byte => write!(name, "%{byte:02x}").expect("invariant: a string takes any text"),
        }
    }
    name.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(name, flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_takes_too_long_is_checked_in_part() {
        let folder = tempfile::Builder::new().prefix("50 %#?").tempdir().expect("a folder");
        let (database, _) = open::prepare(&folder.path().join("chat.db"), "epoch", 0).expect("it opens");
        let fill = "CREATE TABLE filler (text TEXT); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE \
                    i < 200000) INSERT INTO filler SELECT 'a short text, and many of them' FROM n";
        database.execute_batch(fill).expect("written");
        drop(database);
        assert_eq!(examine(folder.path(), Duration::from_millis(1)).expect("whole"), Examined::Part);
        assert_eq!(examine(folder.path(), Duration::from_mins(1)).expect("whole"), Examined::Whole);
        let names = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 1, "nothing is left beside the database");
    }
}
