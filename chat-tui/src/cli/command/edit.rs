//! `chat edit ID TEXT`: replaces the text of the user's own message. Must not know its earlier versions.

use chat_proto::request::Edit;
use clap::Args;

use super::text_input::read_text;
use crate::argument::{self, MessageRef};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ChangeLine, Line};

/// The arguments of `edit`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat edit general/12 'the build is green again'\n  fortune | chat edit general/12"
)]
pub(in crate::cli) struct EditArgs {
    /// The message: general/12, as `chat send` prints it.
    #[arg(value_name = "ID")]
    message: MessageRef,
    /// The new text; read from standard input if omitted, or `-`.
    text: Vec<String>,
}

pub(super) async fn run(args: &EditArgs, context: &Context) -> Result<(), CliError> {
    let text = read_text(&args.text).await?;
    let body = argument::text("message", &text).map_err(CliError::usage)?;
    let mut session = context.connect().await?;
    let room = session.room(&args.message.room).await?;
    let changed = session.call(&Edit { room, seq: args.message.seq, body }).await?;
    let (name, seq) = (session.names().room(room), args.message.seq);
    let text = format!("{name}/{seq}");
    context.output.data(&Line::Edited(ChangeLine::message(&name, room, seq, changed)), &text)
}
