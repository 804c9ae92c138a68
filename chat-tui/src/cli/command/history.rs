//! `chat history ROOM`: prints a part of a room's past, the oldest line first. Must not know live messages.

use clap::Args;

use super::past::{Past, PastLine};
use crate::argument::{RoomRef, SeqRef};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ItemNames, JoinsLine};

/// The arguments of `history`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat history general --limit 100\n  chat history general --before 4200 --json | jq -r 'select(.type==\"message\").body'"
)]
pub(in crate::cli) struct HistoryArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Start before this message: 4200 or general/4200.
    #[arg(long, value_name = "ID")]
    before: Option<SeqRef>,
    /// Print this many messages, with the topics, answers and joins between them.
    #[arg(long, short = 'n', default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub(super) async fn run(args: &HistoryArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let before = match &args.before {
        Some(before) => Some(session.message_in(room, &args.room, before).await?),
        None => None,
    };
    let (past, _) = Past::load(&mut session, room, before, args.limit).await?;
    session.load_names(past.people()).await?;
    let names = session.names();
    let room_name = names.room(room);
    for line in past.lines() {
        match line {
            PastLine::Item(item) => {
                let from = names.user(item.by);
                context.output.item(item, ItemNames { room_id: room, room: &room_name, from: &from }, false)?;
            }
            PastLine::Joins(run) => {
                let users: Vec<_> = run.users.iter().map(|user| names.user(*user)).collect();
                context.output.joins(&JoinsLine::new(run, (room, &room_name), &users), run.at)?;
            }
        }
    }
    Ok(())
}
