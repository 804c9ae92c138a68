//! The text of a message as given to a command: words, or standard input. Must not know what is done with it.

use std::io::IsTerminal;

use chat_proto::limits::Limits;
use tokio::io::AsyncReadExt;

use crate::cli::child::OutputTail;
use crate::cli::exit::CliError;
use crate::cli::stdin_text::{self, Fit};

/// Standard input is read up to this many bytes; `--fit` selects from them.
const STDIN_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Read at once where only the end is kept.
const CHUNK_BYTES: usize = 64 * 1024;

/// Whether these words stand for standard input: none, or `-`.
pub(super) fn is_stdin(words: &[String]) -> bool {
    words.is_empty() || words == ["-"]
}

/// Returns the words, or standard input if there are none, or only `-`.
pub(super) async fn read_text(words: &[String]) -> Result<String, CliError> {
    if !is_stdin(words) {
        return stdin_text::clean(words.join(" ").as_bytes());
    }
    refuse_terminal(words)?;
    let mut bytes = Vec::new();
    tokio::io::stdin().take(STDIN_MAX_BYTES + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > STDIN_MAX_BYTES {
        let limit = STDIN_MAX_BYTES >> 20;
        return Err(CliError::usage(format!("the input is longer than {limit} MiB; use --fit tail to post its end")));
    }
    stdin_text::clean(&bytes)
}

/// A text, or the end of one.
pub(super) struct Input {
    text: String,
    /// The lines of the input before it.
    lines_before: usize,
}

impl Input {
    /// A text that nothing is missing of.
    pub(super) fn whole(text: String) -> Self {
        Self { text, lines_before: 0 }
    }

    /// Fits the text into messages, and says how much was left out.
    pub(super) fn fit(&self, how: Option<Fit>, limits: &Limits) -> Result<Vec<String>, CliError> {
        if self.lines_before > 0 {
            return Ok(vec![stdin_text::fit_tail(&self.text, self.lines_before, limits)]);
        }
        stdin_text::fit(&self.text, how, limits)
    }
}

/// Reads standard input of any length, and keeps its end.
pub(super) async fn read_end(words: &[String]) -> Result<Input, CliError> {
    refuse_terminal(words)?;
    let (mut stdin, mut end, mut buffer) = (tokio::io::stdin(), OutputTail::default(), vec![0; CHUNK_BYTES]);
    loop {
        let count = stdin.read(&mut buffer).await?;
        if count == 0 {
            let lines_before = end.lines_before;
            return Ok(Input { text: stdin_text::clean(&end.bytes)?, lines_before });
        }
        if buffer[..count].contains(&0) {
            // Refuses it as binary.
            stdin_text::clean(&buffer[..count])?;
        }
        end.push(&buffer[..count]);
    }
}

fn refuse_terminal(words: &[String]) -> Result<(), CliError> {
    if words.is_empty() && std::io::stdin().is_terminal() {
        return Err(CliError::usage("no text: give it after the room, or pipe it in (`echo hi | chat send general`)"));
    }
    Ok(())
}
