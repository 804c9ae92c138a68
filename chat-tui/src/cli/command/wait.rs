//! `chat wait ROOM --match RE`: exits at the first message that matches. Must not know how a room is followed.

use std::time::Duration;

use chat_proto::message::Content;
use clap::Args;
use regex::Regex;

use super::tail::Tail;
use crate::argument::{RoomRef, SeqRef, duration_ms};
use crate::cli::context::Context;
use crate::cli::exit::CliError;

/// The arguments of `wait`.
#[derive(Args, Debug)]
#[command(after_help = "\
Checks messages posted after the start, or after --since: a script that posts a question waits from \
its id. Exits with 0 and prints the message, or exits with 7 at the timeout.

Example:
  id=$(chat send deploy 'start?')
  chat wait deploy --match '^yes' --since \"$id\" --timeout 5m || exit 1")]
pub(in crate::cli) struct WaitArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Match this regular expression, anywhere in the text unless it is anchored.
    #[arg(long = "match", value_name = "RE")]
    pattern: Regex,
    /// Check everything after this message: 12 or general/12.
    #[arg(long, value_name = "ID")]
    since: Option<SeqRef>,
    /// Give up after this time: 30s, 5m.
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    timeout: Option<u64>,
}

pub(super) async fn run(args: &WaitArgs, context: &Context) -> Result<(), CliError> {
    let limit = args.timeout.map(Duration::from_millis);
    let found = async {
        let mut tail = Tail::start(context, &args.room, args.since.as_ref()).await?;
        loop {
            let followed = tail.next(context).await?;
            let Content::Message(message) = &followed.item.content else { continue };
            if followed.is_from_before {
                continue;
            }
            if args.pattern.is_match(message.body.as_str()) {
                return tail.print(context, &followed);
            }
        }
    };
    match limit {
        None => found.await,
        Some(limit) => match tokio::time::timeout(limit, found).await {
            Ok(result) => result,
            Err(_) => Err(CliError::timed_out(format!(
                "no message in {} matched within {}",
                args.room,
                super::rooms::life(limit.as_millis() as u64)
            ))),
        },
    }
}
