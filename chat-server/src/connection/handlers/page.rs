//! Pages of a room's timeline. Must not know where its messages are stored.

use chat_proto::error::ErrorCode;
use chat_proto::ids::UserId;
use chat_proto::message::Content;
use chat_proto::request::{Changes, ChangesPage, History, HistoryPage, Versions, VersionsAnswer};
use chat_proto::room::User;

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_limit;
use crate::connection::error::Refusal;
use crate::room::RoomHistory;
use crate::server::Server;

pub(in crate::connection) async fn history(
    server: &Server,
    caller: &Caller,
    asked: History,
) -> Result<HistoryPage, Refusal> {
    check_limit(asked.limit, &server.config.limits)?;
    let RoomHistory { items, joins, next_before, head } =
        server.rooms.history(caller, asked.room, asked.before, asked.limit).await?;
    let named = joins.iter().flat_map(|run| run.users.iter().copied());
    let users = users(server, items.iter().map(|item| item.by).chain(named).collect()).await?;
    Ok(HistoryPage { items, joins, users, next_before, head })
}

pub(in crate::connection) async fn changes(
    server: &Server,
    caller: &Caller,
    asked: Changes,
) -> Result<ChangesPage, Refusal> {
    check_limit(asked.limit, &server.config.limits)?;
    // Before the page is cut: events from now on are pushed again, and harmless twice.
    if let Some(device) = server.connections.device(caller) {
        device.send_queue.close_gap(asked.room);
    }
    let page = server.rooms.changes(caller, asked.room, asked.after, asked.limit).await?;
    let users = users(server, page.items.iter().map(|item| item.by).collect()).await?;
    Ok(ChangesPage { items: page.items, users, next: page.next, head: page.head, parted: page.parted })
}

/// The earlier texts of an edited message.
pub(in crate::connection) async fn versions(
    server: &Server,
    caller: &Caller,
    asked: Versions,
) -> Result<VersionsAnswer, Refusal> {
    let found = server.rooms.find(caller, asked.room, RoomAction::ReadVersions, asked.seq).await?;
    let message = match found.ok_or_else(Refusal::not_found)?.content {
        Content::Message(_) => {
            return Ok(VersionsAnswer { versions: server.store.versions(asked.room, asked.seq).await? });
        }
        Content::Deleted { .. } => "The message was deleted; its texts are gone.",
        Content::Expired { .. } => "The message has expired; its text is gone.",
        Content::Damaged => "The message is damaged; its text cannot be read.",
        Content::Join
        | Content::Leave
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Rsvp { .. } => "This is not a message: it has no text.",
    };
    Err(Refusal::wire(ErrorCode::NotFound, message))
}

/// The names of the accounts on a page, in one query.
async fn users(server: &Server, mut ids: Vec<UserId>) -> Result<Vec<User>, Refusal> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(server.store.users(ids).await?)
}
