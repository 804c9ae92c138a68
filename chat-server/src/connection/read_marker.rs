//! An account's read marker in a room, with the counts of persistent and of ephemeral messages. Must not know who moves it.

use std::iter::once;

use chat_proto::ids::{RoomId, UserId};
use chat_proto::room::ReadMarker;

use crate::server::Server;
use crate::store::StoreError;

/// An account's read marker with all counts.
pub(super) async fn read_marker(server: &Server, user: UserId, room: RoomId) -> Result<ReadMarker, StoreError> {
    let persistent = server.store.read_marker(user, room).await?;
    Ok(counted(server, user, room, persistent).await)
}

/// A read marker of the database, with the ephemeral messages added.
pub(super) async fn counted(server: &Server, user: UserId, room: RoomId, persistent: ReadMarker) -> ReadMarker {
    server.rooms.learn_ephemeral(once(room)).await;
    server.rooms.with_ephemeral(room, user, persistent)
}
