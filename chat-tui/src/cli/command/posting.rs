//! Posts as commands make and acknowledge them. Must not know where their text comes from.

use chat_proto::ids::ClientKey;
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Post, Posted};

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ItemNames, Line};
use crate::cli::session::CliSession;

/// Prints a message that was acknowledged: its id, or with `--json` the message.
pub(super) fn print_posted(
    context: &Context,
    session: &mut CliSession,
    post: &Post,
    posted: &Posted,
) -> Result<(), CliError> {
    let room = session.names().room(post.room);
    if !context.output.is_json() {
        return context.output.text(&format!("{room}/{}", posted.seq));
    }
    let from = session.welcome.user.clone();
    let message = Message {
        code: post.code.clone(),
        key: Some(post.key.clone()),
        expires_at: posted.expires_at,
        reply_to: post.reply_to,
        ..Message::plain(post.body.clone())
    };
    let item =
        Item { seq: posted.seq, changed: posted.seq, at: posted.at, by: from.id, content: Content::Message(message) };
    let names = ItemNames { room_id: post.room, room: &room, from: from.name.as_str() };
    context.output.data_if_json(&Line::posted(&item, names, posted.duplicate))
}

/// Returns a new key: 128 random bits.
pub(super) fn random_key() -> Result<ClientKey, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| CliError::failed(format!("no random numbers: {error}")))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(text.parse().expect("invariant: hexadecimal digits are a key"))
}
