//! Standard output, as scripts read it: a reader that has gone away is no failure, a full disk is one. Must not know what is
//! printed.

use std::io::{ErrorKind, Write, stdout};

/// The version of all lines of JSON; `chat help json` describes them.
pub(crate) const JSON_VERSION: u8 = 2;

/// Standard output cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub struct OutputError(#[from] std::io::Error);

impl OutputError {
    /// The system's reason.
    pub(crate) fn reason(&self) -> &std::io::Error {
        &self.0
    }

    /// Whether the reader has gone away: it wants no more, as `head` does.
    pub fn is_reader_gone(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// Prints text as it is.
///
/// # Errors
/// [`OutputError`] if not all of it can be written.
pub fn print(text: &str) -> Result<(), OutputError> {
    let mut stdout = stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// As [`print()`], with the end of the line.
pub(crate) fn print_line(line: &str) -> Result<(), OutputError> {
    print(&format!("{line}\n"))
}
