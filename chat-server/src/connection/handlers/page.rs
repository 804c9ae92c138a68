//! Pages of a room's timeline. Must not know where its messages are stored.

use chat_proto::ids::UserId;
use chat_proto::message::Item;
use chat_proto::request::{Changes, ChangesPage, History, HistoryPage, Versions, VersionsAnswer};
use chat_proto::room::User;

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_limit;
use crate::connection::error::Refusal;
use crate::server::Server;

pub(in crate::connection) async fn history(
    server: &Server,
    caller: &Caller,
    asked: History,
) -> Result<HistoryPage, Refusal> {
    check_limit(asked.limit, &server.config.limits)?;
    let page = server.rooms.history(caller, asked.room, asked.before, asked.limit).await?;
    let users = authors(server, &page.items).await?;
    Ok(HistoryPage { items: page.items, users, next_before: page.next_before, head: page.head })
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
    let users = authors(server, &page.items).await?;
    Ok(ChangesPage { items: page.items, users, next: page.next, head: page.head, parted: page.parted })
}

/// The earlier texts of an edited message.
pub(in crate::connection) async fn versions(
    server: &Server,
    caller: &Caller,
    asked: Versions,
) -> Result<VersionsAnswer, Refusal> {
    let found = server.rooms.find(caller, asked.room, RoomAction::ReadVersions, asked.seq).await?;
    found.ok_or_else(Refusal::not_found)?;
    Ok(VersionsAnswer { versions: server.store.versions(asked.room, asked.seq).await? })
}

/// The names of the accounts on a page, in one query.
async fn authors(server: &Server, items: &[Item]) -> Result<Vec<User>, Refusal> {
    let mut ids: Vec<UserId> = items.iter().map(|item| item.by).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(server.store.users(ids).await?)
}
