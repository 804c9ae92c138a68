//! `chat rsvp ROOM ANSWER`: sets the user's RSVP for a room. Must not know how answers are counted.

use chat_proto::request::SetRsvp;
use chat_proto::room::Rsvp;
use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, RsvpCountsLine};
use crate::cli::reference::RoomRef;

/// The arguments of `rsvp`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chat rsvp retro attending")]
pub(in crate::cli) struct RsvpArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Your answer.
    answer: Answer,
}

/// An answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Answer {
    /// You will take part.
    Attending,
    /// You might take part.
    Interested,
    /// You withdraw your answer.
    None,
}

pub(super) async fn run(args: &RsvpArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let answer = match args.answer {
        Answer::Attending => Rsvp::Attending,
        Answer::Interested => Rsvp::Interested,
        Answer::None => Rsvp::None,
    };
    let counts = session.call(&SetRsvp { room, answer }).await?;
    let text = format!("{}: {} attending, {} interested", args.room, counts.attending, counts.interested);
    let name = session.names().room(room);
    context.output.data(&Line::RsvpCounts(RsvpCountsLine::new(&name, room, counts)), &text)
}
