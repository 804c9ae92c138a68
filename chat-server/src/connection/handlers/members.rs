//! The members of a room, and whether they take part. Must not know who may see them.

use chat_proto::request::{Members, MembersPage, SetRsvp};
use chat_proto::room::{Member, RsvpCounts};

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_limit;
use crate::connection::error::Refusal;
use crate::connection::presences::{may_see_online, online, presences};
use crate::server::Server;

pub(in crate::connection) async fn list(
    server: &Server,
    caller: &Caller,
    asked: Members,
) -> Result<MembersPage, Refusal> {
    check_limit(asked.limit, &server.config.limits)?;
    let snapshot = server.rooms.snapshot(caller, asked.room, RoomAction::ListMembers).await?;
    let mut rows = server.store.members(asked.room, asked.after, asked.limit + 1).await?;
    let has_more = rows.len() > asked.limit as usize;
    rows.truncate(asked.limit as usize);
    let shown = if may_see_online(caller, snapshot.role, &snapshot.room) { rows.as_slice() } else { &[] };
    let presences = presences(server, shown.iter().map(|row| row.user.id).collect()).await?;
    let members = rows
        .into_iter()
        .map(|row| {
            let seen = presences.iter().find(|seen| seen.user == row.user.id);
            let presence = seen.map(|seen| seen.presence.clone()).unwrap_or_default();
            Member { user: row.user, role: row.role, rsvp: row.rsvp, presence }
        })
        .collect();
    let online = online(server, caller, snapshot.role, &snapshot.room);
    Ok(MembersPage { members, has_more, total: snapshot.room.members, online })
}

pub(in crate::connection) async fn rsvp(
    server: &Server,
    caller: &Caller,
    asked: SetRsvp,
) -> Result<RsvpCounts, Refusal> {
    Ok(server.rooms.set_rsvp(caller, asked.room, asked.answer).await?)
}
