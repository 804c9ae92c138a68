//! `chat read ROOM [ID]`: moves the read mark.

use chat_proto::request::Read;
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, ReadMarkerLine};
use crate::cli::reference::{RoomRef, SeqRef};

/// The arguments of `read`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat read general         everything\n  chat read general 4200    all up to general/4200\n  chat read general 4200 --rewind    what comes after it is unread again"
)]
pub(in crate::cli) struct ReadArgs {
    /// The room: general, #general or its id.
    room: RoomRef,
    /// All up to this message is read; without it everything.
    #[arg(value_name = "ID")]
    message: Option<SeqRef>,
    /// Take the mark back to that message.
    #[arg(long, requires = "message")]
    rewind: bool,
}

pub(super) async fn run(args: &ReadArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let seq = match &args.message {
        Some(message) => Some(session.message_in(room, &args.room, message).await?),
        None => None,
    };
    let read_marker = session.call(&Read { room, seq, rewind: args.rewind }).await?;
    let text = format!("{} read up to {}, {} unread", args.room, read_marker.read_seq, read_marker.unread);
    let (name, seq) = (session.names().room(room), seq.unwrap_or(read_marker.read_seq));
    context.output.data(&Line::ReadMarker(ReadMarkerLine::new(&name, room, seq, read_marker)), &text)
}
