//! `chat trending ROOM`: prints the words a room talks about now. Must not know how words are scored.

use chat_proto::request::Trending;
use clap::Args;

use crate::argument::RoomRef;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, TrendingLine};

/// The arguments of `trending`.
#[derive(Args, Debug)]
#[command(
    after_help = "A word's score is the number of its uses; a use counts half after an hour.\n\nExample:\n  chat trending general -n 5"
)]
pub(in crate::cli) struct TrendingArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Print this many words.
    #[arg(short = 'n', long, default_value_t = 20, value_parser = crate::argument::whole_number(1..=50), allow_negative_numbers = true)]
    limit: u32,
}

pub(super) async fn run(args: &TrendingArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let answer = session.call(&Trending { room, limit: args.limit.min(session.welcome.limits.trending_max) }).await?;
    let name = session.names().room(room);
    for word in &answer.words {
        let line = Line::Trending(TrendingLine::new(&name, room, word));
        context.output.data(&line, &format!("{:>7.2}  {}", word.score, word.word))?;
    }
    Ok(())
}
