//! The arguments of `chat send`. Must not know how a message is posted.

use chat_proto::ids::ClientKey;
use chat_proto::request::Life;
use clap::Args;

use super::posting::random_key;
use super::text_input::is_stdin;
use crate::argument::{RoomRef, is_language, ttl_ms};
use crate::cli::exit::CliError;
use crate::cli::stdin_text::Fit;

/// The language of code that names none.
const NO_LANGUAGE: &str = "text";

/// The arguments of `send`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat send general the build is green
  make 2>&1 | chat send builds --code --fit tail
  chat send ops --ttl 30s 'the key for the demo is 4417'
  chat send deploys --key deploy-2026-11-21 'deployed'      run it twice, post once
  tail -F app.log | chat send logs --stream                 post each line

Prints the message's id (general/12) when the server has acknowledged it. If the server limits your \
posts, waits up to two minutes.")]
pub(in crate::cli) struct SendArgs {
    /// The room: general, #general or R1.
    pub(super) room: RoomRef,
    /// The text; read from standard input if omitted, or `-`.
    pub(super) text: Vec<String>,
    /// Let the message expire after this time: 30s, 1h (a bare number counts seconds), or low (30 s), normal (1 h), high (24 h).
    #[arg(long, value_name = "TIME", value_parser = ttl_ms, conflicts_with = "persistent", allow_hyphen_values = true)]
    ttl: Option<u64>,
    /// Keep the message, also in a room whose messages expire by default.
    #[arg(long)]
    persistent: bool,
    /// Mark the text as code, to be shown as written; name a language behind an equals sign: --code=rust.
    #[arg(long, value_name = "LANG", num_args = 0..=1, require_equals = true, default_missing_value = NO_LANGUAGE)]
    pub(super) code: Option<String>,
    /// Set the message's key: the same key never posts a second message.
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    key: Option<ClientKey>,
    /// Post each line of standard input as a message, in order, as it comes; blank lines are skipped. Survives a
    /// restart of the server: each line is stored once. Stops at a line that is too long, unless --fit is given.
    #[arg(long, conflicts_with = "code")]
    pub(super) stream: bool,
    /// Do not wait if posts come too fast for the server: exit with 6.
    #[arg(long, conflicts_with = "stream")]
    pub(super) no_wait: bool,
    /// Shorten or split a text that is too long for a message; `tail` takes input of any length.
    #[arg(long, value_enum, value_name = "HOW")]
    fit: Option<Fit>,
}

fn parse_key(text: &str) -> Result<ClientKey, String> {
    text.parse().map_err(|error| format!("a key {error}"))
}

impl SendArgs {
    /// The message's life, if given.
    pub(super) fn life(&self) -> Option<Life> {
        if self.persistent { Some(Life::Persistent) } else { self.ttl.map(Life::TtlMs) }
    }

    /// Whether the text is read from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        is_stdin(&self.text)
    }

    /// The language that `--code rust TEXT` seems to name, and does not: the word is posted.
    pub(super) fn unheard_language(&self) -> Option<&str> {
        let is_bare = self.code.as_deref() == Some(NO_LANGUAGE) && self.text.len() > 1;
        self.text.first().map(String::as_str).filter(|word| is_bare && is_language(word))
    }

    /// The way to shorten or split a text that is too long.
    pub(super) fn fit(&self) -> Option<Fit> {
        self.fit
    }

    /// Returns the key for part `index` of a message, or for line `index` of a stream.
    pub(super) fn key(&self, index: usize) -> Result<ClientKey, CliError> {
        match &self.key {
            Some(key) if index == 0 && !self.stream => Ok(key.clone()),
            Some(key) => parse_key(&format!("{key}:{index}")).map_err(CliError::usage),
            None => random_key(),
        }
    }
}
