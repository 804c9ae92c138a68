//! `chat delete ID…`: deletes messages. Must not know rooms' roles.

use chat_proto::request::Delete;
use clap::Args;

use crate::argument::MessageRef;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ChangeLine, Line};
use crate::cli::session::CliSession;
use crate::cli::voice::clause;

/// The arguments of `delete`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat delete general/12
  chat delete general/12 general/13

The number stays; the text is gone everywhere within a minute. If a message cannot be deleted, the \
others still are, and the exit code is that of the first failure.")]
pub(in crate::cli) struct DeleteArgs {
    /// The messages: general/12, as `chat send` prints them.
    #[arg(value_name = "ID", required = true)]
    messages: Vec<MessageRef>,
}

pub(super) async fn run(args: &DeleteArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let mut first_failure = None;
    for message in &args.messages {
        match delete(message, context, &mut session).await {
            Ok(()) => {}
            Err(CliError::Failed { exit, mut report }) => {
                report.message = format!("{message}: {}", clause(&report.message));
                report.id = Some(message.to_string());
                context.output.error(&report);
                first_failure.get_or_insert(exit);
            }
            Err(other) => return Err(other),
        }
    }
    first_failure.map_or(Ok(()), |exit| Err(CliError::Status(exit as u8)))
}

async fn delete(message: &MessageRef, context: &Context, session: &mut CliSession) -> Result<(), CliError> {
    let (room, seq) = (session.room(&message.room).await?, message.seq);
    let changed = session.call(&Delete { room, seq }).await?;
    let name = session.names().room(room);
    let text = format!("{name}/{seq}");
    context.output.data(&Line::Deleted(ChangeLine::message(&name, room, seq, changed)), &text)
}
