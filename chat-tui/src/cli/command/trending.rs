//! `chat topics ROOM`: the words a room speaks of just now.

use chat_proto::request::Trending;
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, TrendingLine};
use crate::cli::reference::RoomRef;

/// The arguments of `topics`.
#[derive(Args, Debug)]
#[command(
    after_help = "A use of a word counts 1 when it is made and ½ an hour later.\n\nExample:\n  chat topics general -n 5"
)]
pub(in crate::cli) struct TrendingArgs {
    /// The room: general, #general or its id.
    room: RoomRef,
    /// How many words.
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=50))]
    limit: u32,
}

pub(super) async fn run(args: &TrendingArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let answer = session.call(&Trending { room, limit: args.limit }).await?;
    let name = session.names().room(room);
    for word in &answer.words {
        let line = Line::Trending(TrendingLine::new(&name, room, word));
        context.output.data(&line, &format!("{:>7.2}  {}", word.score, word.word))?;
    }
    Ok(())
}
