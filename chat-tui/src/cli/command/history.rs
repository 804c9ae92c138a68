//! `chat history ROOM`: pages back through a room, and prints the oldest line first. Must not know live messages.

use chat_proto::request::History;
use clap::Args;

use crate::argument::{RoomRef, SeqRef};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::ItemNames;

/// The arguments of `history`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat history general --limit 100\n  chat history general --before 4200 --json | jq -r .body"
)]
pub(in crate::cli) struct HistoryArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Start before this message: 4200 or general/4200.
    #[arg(long, value_name = "ID")]
    before: Option<SeqRef>,
    /// Print this many lines.
    #[arg(long, short = 'n', default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub(super) async fn run(args: &HistoryArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let page_max = session.welcome.limits.page_max;
    let mut before = match &args.before {
        Some(before) => Some(session.message_in(room, &args.room, before).await?),
        None => None,
    };
    let mut newest_first = Vec::new();
    let mut wanted = args.limit;
    while wanted > 0 {
        let page = session.call(&History { room, before, limit: wanted.min(page_max) }).await?;
        session.names().add_users(&page.users);
        wanted = wanted.saturating_sub(page.items.len() as u32);
        newest_first.extend(page.items.into_iter().rev());
        before = page.next_before;
        if before.is_none() {
            break;
        }
    }
    session.load_names(newest_first.iter().map(|item| item.by)).await?;
    let names = session.names();
    let room_name = names.room(room);
    for item in newest_first.iter().rev() {
        let from = names.user(item.by);
        context.output.item(item, ItemNames { room_id: room, room: &room_name, from: &from }, false)?;
    }
    Ok(())
}
