//! Changes of messages and rooms: edits, deletions, topic, description. Must not know who may make them.

use chat_proto::ids::{RoomId, UserId};
use chat_proto::request::{Changed, Delete, Edit, SetDescription, SetTopic};
use chat_proto::server_frame::AccountChange;

use crate::access::Caller;
use crate::connection::bounds::check_body;
use crate::connection::error::{Refusal, of_delete, of_edit};
use crate::connection::mentions::mentioned;
use crate::connection::read_marker::read_marker;
use crate::room::ChangedMessage;
use crate::server::Server;

pub(in crate::connection) async fn edit(server: &Server, caller: &Caller, edit: Edit) -> Result<Changed, Refusal> {
    check_body(&edit.body, &server.config.limits)?;
    let mentions = mentioned(server, edit.body.as_str()).await?;
    let room = edit.room;
    let changed = server.rooms.edit(caller, edit, mentions).await.map_err(of_edit)?;
    notify_read_markers(server, room, &changed).await;
    Ok(Changed { changed: changed.changed })
}

/// Sends their new counts to the accounts that a change has begun, or ceased, to mention.
async fn notify_read_markers(server: &Server, room: RoomId, changed: &ChangedMessage) {
    let (before, now) = (&changed.mentioned_before, &changed.mentioned_now);
    let only_in = |some: &[UserId], other: &[UserId]| -> Vec<UserId> {
        some.iter().filter(|user| !other.contains(user)).copied().collect()
    };
    for user in only_in(before, now).into_iter().chain(only_in(now, before)) {
        // Those who are no longer members have no counts.
        if let Ok(read_marker) = read_marker(server, user, room).await {
            server.connections.notify(user, AccountChange::ReadMarker { room, read_marker });
        }
    }
}

pub(in crate::connection) async fn delete(
    server: &Server,
    caller: &Caller,
    delete: Delete,
) -> Result<Changed, Refusal> {
    let changed = server.rooms.delete(caller, delete.room, delete.seq).await.map_err(of_delete)?;
    notify_read_markers(server, delete.room, &changed).await;
    Ok(Changed { changed: changed.changed })
}

pub(in crate::connection) async fn topic(server: &Server, caller: &Caller, set: SetTopic) -> Result<Changed, Refusal> {
    Ok(Changed { changed: server.rooms.set_topic(caller, set.room, set.topic).await? })
}

pub(in crate::connection) async fn description(
    server: &Server,
    caller: &Caller,
    set: SetDescription,
) -> Result<Changed, Refusal> {
    Ok(Changed { changed: server.rooms.set_description(caller, set.room, set.description).await? })
}
