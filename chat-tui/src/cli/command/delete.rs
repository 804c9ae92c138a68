//! `chat delete ID…`: deletes one's own messages.

use chat_proto::request::Delete;
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::reference::MessageRef;

/// The arguments of `delete`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  chat delete general/12\n\nThe number stays; the text is gone everywhere within a minute."
)]
pub(in crate::cli) struct DeleteArgs {
    /// The messages, as `chat send` printed them: general/12.
    #[arg(value_name = "ID", required = true)]
    messages: Vec<MessageRef>,
}

pub(super) async fn run(args: &DeleteArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    for message in &args.messages {
        let room = session.room(&message.room).await?;
        let changed = session.call(&Delete { room, seq: message.seq }).await?;
        context.output.data("deleted", &changed, &format!("{}/{}", session.names().room(room), message.seq))?;
    }
    Ok(())
}
