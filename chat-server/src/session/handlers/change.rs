//! Changes of what stands: edits, deletions, topic, description.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Content;
use chat_proto::request::{Changed, Delete, Edit, SetDescription, SetTopic};
use chat_proto::server_frame::AccountChange;

use super::post::mentioned;
use crate::session::app::App;
use crate::session::connection::Identity;
use crate::session::error::{Refusal, of_delete, of_edit};

pub(in crate::session) async fn edit(app: &App, who: &Identity, edit: Edit) -> Result<Changed, Refusal> {
    let mentions = mentioned(app, edit.body.as_str()).await?;
    let (room, seq) = (edit.room, edit.seq);
    let before = named_in(app, room, seq).await?;
    let changed = app.rooms.edit(&who.caller, edit, mentions).await.map_err(of_edit)?;
    notify_marks(app, room, before, named_in(app, room, seq).await?).await;
    Ok(Changed { changed })
}

/// The accounts a message names, for the read markers to be sent to them; nothing of it is answered.
async fn named_in(app: &App, room: RoomId, seq: Seq) -> Result<Vec<UserId>, Refusal> {
    Ok(match app.rooms.peek(room, seq).await?.map(|item| item.content) {
        Some(Content::Message(message)) => message.mentions,
        _ => Vec::new(),
    })
}

/// Tells their counts to those whom a change began to name, or names no more.
async fn notify_marks(app: &App, room: RoomId, before: Vec<UserId>, after: Vec<UserId>) {
    let only_in = |some: &[UserId], other: &[UserId]| -> Vec<UserId> {
        some.iter().filter(|user| !other.contains(user)).copied().collect()
    };
    for user in only_in(&before, &after).into_iter().chain(only_in(&after, &before)) {
        // Who is no member any more has no counts.
        if let Ok(read_marker) = app.store.read_marker(user, room).await {
            app.connections.notify(user, AccountChange::ReadMarker { room, read_marker });
        }
    }
}

pub(in crate::session) async fn delete(app: &App, who: &Identity, delete: Delete) -> Result<Changed, Refusal> {
    let before = named_in(app, delete.room, delete.seq).await?;
    let changed = app.rooms.delete(&who.caller, delete.room, delete.seq).await.map_err(of_delete)?;
    notify_marks(app, delete.room, before, Vec::new()).await;
    Ok(Changed { changed })
}

pub(in crate::session) async fn topic(app: &App, who: &Identity, set: SetTopic) -> Result<Changed, Refusal> {
    Ok(Changed { changed: app.rooms.set_topic(&who.caller, set.room, set.topic).await? })
}

pub(in crate::session) async fn description(
    app: &App,
    who: &Identity,
    set: SetDescription,
) -> Result<Changed, Refusal> {
    Ok(Changed { changed: app.rooms.set_description(&who.caller, set.room, set.description).await? })
}
