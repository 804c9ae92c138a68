//! `chat rsvp ROOM ANSWER`: says whether one takes part.

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
    /// The room: general, #general or its id.
    room: RoomRef,
    /// Whether you take part.
    answer: Answer,
}

/// Whether one takes part.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Answer {
    /// You come.
    Attending,
    /// You might come.
    Interested,
    /// You take your answer back.
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
