//! `chat versions ID`: prints the earlier texts of a message and the current one. Must not know who may see them.

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item, Version};
use chat_proto::request::{History, Versions};
use clap::Args;

use crate::argument::MessageRef;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::ItemNames;
use crate::cli::session::CliSession;

/// The arguments of `versions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat versions general/12
  chat versions general/12 --json | jq -r 'select(.type == \"version\").body'

Prints the oldest text first, each with the time it was replaced, then the message as it is now. \
With --json the earlier texts have the type \"version\", and the message is the same line as in \
`chat history`.

Deleted and expired messages have no texts (exit code 5); an ephemeral message keeps only its current text.")]
pub(in crate::cli) struct VersionsArgs {
    /// The message: general/12, as `chat send` prints it.
    #[arg(value_name = "ID")]
    message: MessageRef,
}

pub(super) async fn run(args: &VersionsArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let (room, seq) = (session.room(&args.message.room).await?, args.message.seq);
    let page = session.call(&History { room, before: Some(Seq(seq.0 + 1)), limit: 1 }).await?;
    let item = page.items.into_iter().find(|item| item.seq == seq);
    if let Some(why) = item.as_ref().and_then(|item| why_without_texts(&item.content)) {
        return Err(CliError::not_found(format!("{} {why}", args.message)));
    }
    // Also asked if the message is not on the page: the server's refusal is the same as for any other command.
    let mut former = session.call(&Versions { room, seq }).await?.versions;
    let item = item.ok_or_else(|| CliError::not_found(format!("there is no message {}", args.message)))?;
    let edited_at = if let Content::Message(message) = &item.content { message.edited_at } else { None };
    // The message was edited between the two requests: the last earlier text is the one on the page.
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
        context.output.version(version, item, named)?;
    }
    context.output.item(item, named, false)
}

fn why_without_texts(content: &Content) -> Option<&'static str> {
    match content {
        Content::Message(_) => None,
        Content::Deleted { .. } => Some("was deleted; its texts are gone"),
        Content::Expired { .. } => Some("has expired; its text is gone"),
        Content::Damaged => Some("is damaged; its text cannot be read"),
        Content::Join
        | Content::Leave
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Rsvp { .. } => Some("is not a message: it has no text"),
    }
}
