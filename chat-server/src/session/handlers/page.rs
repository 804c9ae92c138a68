//! Pages of a room.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::limits::PAGE_MAX;
use chat_proto::message::Item;
use chat_proto::request::{Changes, ChangesPage, History, HistoryPage, Versions, VersionsAnswer};
use chat_proto::room::User;

use crate::access::RoomAction;
use crate::session::app::App;
use crate::session::connection::{Connection, Identity};
use crate::session::error::Refusal;

pub(in crate::session) async fn history(app: &App, who: &Identity, asked: History) -> Result<HistoryPage, Refusal> {
    check_limit(asked.limit)?;
    let page = app.rooms.history(&who.caller, asked.room, asked.before, asked.limit).await?;
    let users = authors(app, &page.items).await?;
    Ok(HistoryPage { items: page.items, users, next_before: page.next, head: page.head })
}

pub(in crate::session) async fn changes(
    connection: &mut Connection,
    who: &Identity,
    asked: Changes,
) -> Result<ChangesPage, Refusal> {
    check_limit(asked.limit)?;
    let app = &connection.app;
    // From here on its events are queued again; what comes twice is harmless.
    connection.send_queue.close_gap(asked.room);
    let page = app.rooms.changes(&who.caller, asked.room, asked.after, asked.limit).await?;
    let users = authors(app, &page.items).await?;
    Ok(ChangesPage { items: page.items, users, next: page.next.unwrap_or(page.head), head: page.head })
}

/// What an edited message said before.
pub(in crate::session) async fn versions(
    app: &App,
    who: &Identity,
    asked: Versions,
) -> Result<VersionsAnswer, Refusal> {
    let found = app.rooms.find(&who.caller, asked.room, RoomAction::ReadVersions, asked.seq).await?;
    found.ok_or_else(Refusal::not_found)?;
    Ok(VersionsAnswer { versions: app.store.versions(asked.room, asked.seq).await? })
}

/// A page's size is 1 – 200.
pub(in crate::session) fn check_limit(limit: u32) -> Result<(), Refusal> {
    if (1..=PAGE_MAX).contains(&limit) {
        Ok(())
    } else {
        let message = format!("A page holds from 1 to {PAGE_MAX} things.");
        Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("limit").into())
    }
}

/// The names of those on a page: one query.
async fn authors(app: &App, items: &[Item]) -> Result<Vec<User>, Refusal> {
    let mut ids: Vec<UserId> = items.iter().map(|item| item.by).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(app.store.users(ids).await?)
}
