//! `chat rsvp ROOM ANSWER`: sets the user's RSVP for a room. Must not know how answers are counted.

use chat_proto::request::SetRsvp;
use chat_proto::room::Rsvp;
use clap::Args;

use crate::argument::{RSVPS, RoomRef};
use crate::cli::choice_parser::one_of;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, RsvpCountsLine};

/// The arguments of `rsvp`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chat rsvp retro attending")]
pub(in crate::cli) struct RsvpArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Your answer.
    #[arg(value_parser = one_of(RSVPS))]
    answer: Rsvp,
}

pub(super) async fn run(args: &RsvpArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let counts = session.call(&SetRsvp { room, answer: args.answer }).await?;
    let text = format!("{}: {} attending, {} interested", args.room, counts.attending, counts.interested);
    let name = session.names().room(room);
    context.output.data(&Line::RsvpCounts(RsvpCountsLine::new(&name, room, counts)), &text)
}
