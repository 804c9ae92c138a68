//! `chat versions ID`: what a message said before it was edited, and what it says now.

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item, Version};
use chat_proto::request::{History, Versions};
use clap::Args;

use crate::cli::context::{CliSession, Context};
use crate::cli::exit::CliError;
use crate::cli::json::ItemNames;
use crate::cli::reference::MessageRef;

/// The arguments of `versions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat versions general/12
  chat versions general/12 --json | jq -r 'select(.type == \"version\") | [.replaced_at, .body] | @tsv'

Oldest first: each former text with the moment it was replaced, then the message as it is. With --json the former
texts are of type \"version\", and the message is a line as `chat history` prints it. A message that was deleted or
expired has no texts any more (exit code 5); of one that expires only the present text is kept.")]
pub(in crate::cli) struct VersionsArgs {
    /// The message, as `chat send` printed it: general/12.
    #[arg(value_name = "ID")]
    message: MessageRef,
}

pub(super) async fn run(args: &VersionsArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let (room, seq) = (session.room(&args.message.room).await?, args.message.seq);
    let page = session.call(&History { room, before: Some(Seq(seq.0 + 1)), limit: 1 }).await?;
    // Asked even where there is no such message: the server's refusal is that of every other command.
    let mut former = session.call(&Versions { room, seq }).await?.versions;
    let item = page.items.into_iter().find(|item| item.seq == seq);
    let item = item.ok_or_else(|| CliError::not_found(format!("there is no message {}", args.message)))?;
    let edited_at = match &item.content {
        Content::Message(message) => message.edited_at,
        Content::Deleted { .. } => return Err(gone(args, "was deleted; its texts are gone")),
        Content::Expired { .. } => return Err(gone(args, "has expired; its text is gone")),
        Content::Join
        | Content::Leave
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Rsvp { .. } => return Err(gone(args, "is no message: it has no text")),
    };
    // It was edited between the two questions: what stood last is the text that is told as the present one.
    while former.last().is_some_and(|version| Some(version.replaced_at) > edited_at) {
        former.pop();
    }
    session.names().add_users(&page.users);
    print(context, &mut session, (&item, &former), room)
}

fn print(
    context: &Context,
    session: &mut CliSession,
    (item, former): (&Item, &[Version]),
    room: chat_proto::ids::RoomId,
) -> Result<(), CliError> {
    let names = session.names();
    let (room_name, from) = (names.room(room), names.user(item.by));
    let named = ItemNames { room_id: room, room: &room_name, from: &from };
    for version in former {
        context.output.version(version, item.seq, named)?;
    }
    context.output.item(item, named, false)
}

fn gone(args: &VersionsArgs, why: &str) -> CliError {
    CliError::not_found(format!("{} {why}", args.message))
}
