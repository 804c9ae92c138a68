//! Reads the lines of standard input as bytes, with a limit; waiting is cancel-safe. Must not know what lines mean.

use tokio::io::{AsyncBufReadExt, BufReader, Stdin};

use crate::cli::exit::CliError;

/// The longest line; `--fit` selects from it.
const LINE_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Standard input, line by line.
pub(super) struct StreamLines {
    input: BufReader<Stdin>,
    /// An incomplete line.
    partial: Vec<u8>,
    number: u64,
}

impl StreamLines {
    /// Starts reading.
    pub fn new() -> Self {
        Self { input: BufReader::new(tokio::io::stdin()), partial: Vec::new(), number: 0 }
    }

    /// The number of the last line read, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the next line without its end; `None` at the end of the input. Cancel-safe: nothing is lost.
    ///
    /// # Errors
    /// The input cannot be read, or a line is too long.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, CliError> {
        loop {
            let available = self.input.fill_buf().await?;
            if available.is_empty() {
                self.number += u64::from(!self.partial.is_empty());
                return Ok(Some(std::mem::take(&mut self.partial)).filter(|line| !line.is_empty()));
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            self.partial.extend_from_slice(&available[..end.unwrap_or(available.len())]);
            let used = end.map_or(available.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                self.number += 1;
                return Ok(Some(std::mem::take(&mut self.partial)));
            }
            if self.partial.len() > LINE_MAX_BYTES {
                let (line, limit) = (self.number + 1, LINE_MAX_BYTES >> 20);
                return Err(CliError::usage(format!(
                    "line {line} is longer than {limit} MiB; end lines with a newline"
                )));
            }
        }
    }
}
