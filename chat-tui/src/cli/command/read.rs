//! `chat read ROOM [ID]`: moves the read marker. Must not know how unread messages are counted.

use chat_proto::request::Read;
use clap::Args;

use crate::argument::{RoomRef, SeqRef};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, ReadMarkerLine};

/// The arguments of `read`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat read general                  mark everything as read\n  chat read general 4200             mark everything up to general/4200 as read\n  chat read general 4200 --rewind    mark everything after it as unread"
)]
pub(in crate::cli) struct ReadArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// The last message to mark as read; the latest one if omitted.
    #[arg(value_name = "ID")]
    message: Option<SeqRef>,
    /// Move the read marker back to that message.
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
    context.output.data(&Line::ReadMarker(ReadMarkerLine::new(&name, room, seq, &read_marker)), &text)
}
