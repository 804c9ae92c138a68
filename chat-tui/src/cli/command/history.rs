//! `chat history ROOM`: prints a part of a room's past, the oldest line first. Must not know live messages.

use chat_proto::ids::{RoomId, Seq};
use clap::Args;

use super::item_filter::{FilterArgs, ItemFilter};
use super::page_back::{PastLine, Stretch, begins_after, last_before, newest};
use crate::argument::{RoomRef, SeqRef, Since, whole_number};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::session::CliSession;

/// The most messages that are printed.
const MESSAGES_MAX: u32 = 100_000;
/// The messages that are printed if nothing says where they begin.
const MESSAGES_DEFAULT: u32 = 50;

/// The arguments of `history`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat history general --limit 100
  chat history general --since yesterday --from ana
  chat history ops --since 14:05 --until 15:00
  chat history general --match 'deploy(ed)?' --before 4200
  chat history general --messages-only --json | jq -r .body")]
pub(in crate::cli) struct HistoryArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Start before this message: 4200 or general/4200.
    #[arg(long, value_name = "ID")]
    before: Option<SeqRef>,
    /// Print everything since a moment, or after a message: 1h (ago), 14:05, 2026-11-20, general/12.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<Since>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Print this many messages, the newest, with the topics, answers and joins between them. Default: 50, or with --since all.
    #[arg(long, short = 'n', value_name = "N", value_parser = whole_number(1..=MESSAGES_MAX), allow_negative_numbers = true)]
    limit: Option<u32>,
}

pub(super) async fn run(args: &HistoryArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let filter = ItemFilter::new(&args.filter, &session).await?;
    let stretch = stretch(args, &mut session, room, &filter).await?;
    let (lines, _) = newest(&mut session, stretch, &filter).await?;
    session.load_names(lines.iter().flat_map(PastLine::people)).await?;
    lines.iter().try_for_each(|line| line.print(context, &mut session, room))
}

async fn stretch(
    args: &HistoryArgs,
    session: &mut CliSession,
    room: RoomId,
    filter: &ItemFilter,
) -> Result<Stretch, CliError> {
    let mut before = match &args.before {
        Some(before) => Some(session.message_in(room, &args.room, before).await?),
        None => None,
    };
    if let Some(until) = filter.until() {
        let end = last_before(session, room, chat_proto::time::UnixMillis(until.0 + 1)).await?;
        before = Some(before.map_or(Seq(end.0 + 1), |before| before.min(Seq(end.0 + 1))));
    }
    let after = match &args.since {
        Some(since) => begins_after(session, since, (room, &args.room)).await?,
        None => Seq::ZERO,
    };
    let default = if args.since.is_some() { MESSAGES_MAX } else { MESSAGES_DEFAULT };
    Ok(Stretch { room, before, after, wanted: args.limit.unwrap_or(default) })
}
