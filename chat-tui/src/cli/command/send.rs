//! `chat send ROOM [TEXT…]`: posts a message: words, or standard input.

use std::io::IsTerminal;

use chat_proto::ids::{ClientKey, RoomId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Life, Post, Posted};
use chat_proto::text::{CodeLanguage, MessageBody};
use clap::Args;
use tokio::io::AsyncReadExt;

use super::send_stream;
use crate::cli::context::{CliSession, Context};
use crate::cli::exit::CliError;
use crate::cli::json::{ItemNames, Line};
use crate::cli::reference::{RoomRef, parse_duration_ms};
use crate::cli::stdin_text::{self, Fit};

/// Standard input is read up to this many bytes; `--fit` chooses among them.
const STDIN_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The arguments of `send`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat send general the build is green
  make 2>&1 | chat send builds --code --fit tail
  chat send ops --ttl 30s 'the key for the demo is 4417'
  chat send deploys --key deploy-2026-11-21 'deployed'      twice is once
  tail -F app.log | chat send logs --stream                 a message a line

Prints the message's name (general/12) once it is on the server's disk.")]
pub(in crate::cli) struct SendArgs {
    /// The room: general, #general or its id.
    pub(super) room: RoomRef,
    /// The text; without it standard input.
    text: Vec<String>,
    /// The message expires after this time: 30s, 1h, or low (30 s), normal (1 h), high (24 h).
    #[arg(long, value_name = "TIME", value_parser = parse_duration_ms, conflicts_with = "persistent")]
    ttl: Option<u64>,
    /// The message stays, also in a room whose messages expire.
    #[arg(long)]
    persistent: bool,
    /// The text is code, shown as written.
    #[arg(long, value_name = "LANG", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    code: Option<String>,
    /// A key of your own: the same key never makes a second message.
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    key: Option<ClientKey>,
    /// Post each line of standard input as a message of its own, in order, as they come; blank lines are skipped.
    /// Goes on over a restart of the server: each line is stored once. A line that is too long ends it, unless --fit
    /// says what to do.
    #[arg(long, conflicts_with_all = ["text", "code"])]
    stream: bool,
    /// What to do with a text that is longer than a message may be.
    #[arg(long, value_enum, value_name = "HOW")]
    fit: Option<Fit>,
}

fn parse_key(text: &str) -> Result<ClientKey, String> {
    text.parse().map_err(|error| format!("a key {error}"))
}

impl SendArgs {
    /// How long the message lives, where that is said.
    pub(super) fn life(&self) -> Option<Life> {
        if self.persistent { Some(Life::Persistent) } else { self.ttl.map(Life::TtlMs) }
    }

    /// What to do with a text that is too long.
    pub(super) fn fit(&self) -> Option<Fit> {
        self.fit
    }

    /// The key for the part `index` of a message, or for the line `index` of a stream.
    pub(super) fn key(&self, index: usize) -> Result<ClientKey, CliError> {
        match &self.key {
            Some(key) if index == 0 && !self.stream => Ok(key.clone()),
            Some(key) => parse_key(&format!("{key}:{index}")).map_err(CliError::usage),
            None => random_key(),
        }
    }
}

pub(super) async fn run(args: &SendArgs, context: &Context) -> Result<(), CliError> {
    if args.stream {
        return send_stream::run(args, context).await;
    }
    let code: Option<CodeLanguage> = args
        .code
        .as_deref()
        .map(|language| language.parse().map_err(|error| CliError::usage(format!("the language {error}"))))
        .transpose()?;
    let text = read_text(&args.text).await?;
    let bodies = stdin_text::fit(&text, args.fit)?;
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    for (index, body) in bodies.iter().enumerate() {
        let body = body.parse().map_err(|error| CliError::usage(format!("the text {error}")))?;
        let post = Post {
            room,
            key: args.key(index)?,
            body,
            life: args.life(),
            code: code.clone(),
            reply_to: None,
            chain: None,
        };
        let posted = session.call(&post).await?;
        print_posted(context, &mut session, &post, &posted)?;
    }
    Ok(())
}

/// Prints a message that was accepted: its name, or with `--json` the message.
pub(super) fn print_posted(
    context: &Context,
    session: &mut CliSession,
    post: &Post,
    posted: &Posted,
) -> Result<(), CliError> {
    let room = session.names().room(post.room);
    if !context.output.is_json() {
        return context.output.text(&format!("{room}/{}", posted.seq));
    }
    let from = session.welcome.user.clone();
    let message = Message {
        code: post.code.clone(),
        key: Some(post.key.clone()),
        expires_at: posted.expires_at,
        reply_to: post.reply_to,
        ..Message::plain(post.body.clone())
    };
    let item =
        Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: from.id, content: Content::Message(message) };
    let names = ItemNames { room_id: post.room, room: &room, from: from.name.as_str() };
    context.output.data_if_json(&Line::posted(&item, names, posted.duplicate))
}

/// The words, or standard input where there are none.
pub(super) async fn read_text(words: &[String]) -> Result<String, CliError> {
    if !words.is_empty() {
        return stdin_text::clean(words.join(" ").as_bytes());
    }
    if std::io::stdin().is_terminal() {
        return Err(CliError::usage("no text: give it after the room, or pipe it in (`echo hi | chat send general`)"));
    }
    let mut bytes = Vec::new();
    tokio::io::stdin().take(STDIN_MAX_BYTES + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > STDIN_MAX_BYTES {
        return Err(CliError::usage(format!("the input is longer than {} MiB", STDIN_MAX_BYTES >> 20)));
    }
    stdin_text::clean(&bytes)
}

/// A key that nobody has used: 128 random bits.
pub(super) fn random_key() -> Result<ClientKey, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| CliError::failed(format!("no random numbers: {error}")))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(text.parse().expect("invariant: hexadecimal digits are a key"))
}

/// A lasting text message for a room, with a key of its own.
pub(super) fn plain_post(room: RoomId, body: MessageBody, code: Option<CodeLanguage>) -> Result<Post, CliError> {
    Ok(Post { room, key: random_key()?, body, life: None, code, reply_to: None, chain: None })
}
