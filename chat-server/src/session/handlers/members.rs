//! The members of a room, and whether they take part.

use chat_proto::request::{Members, MembersPage, SetRsvp};
use chat_proto::room::{Member, RsvpCounts};

use super::page::check_limit;
use crate::access::RoomAction;
use crate::session::app::App;
use crate::session::connection::Identity;
use crate::session::error::Refusal;

pub(in crate::session) async fn list(app: &App, who: &Identity, asked: Members) -> Result<MembersPage, Refusal> {
    check_limit(asked.limit)?;
    let snapshot = app.rooms.snapshot(&who.caller, asked.room, RoomAction::ListMembers).await?;
    let mut rows = app.store.members(asked.room, asked.after, asked.limit + 1).await?;
    let has_more = rows.len() > asked.limit as usize;
    rows.truncate(asked.limit as usize);
    let presences = super::people::presences(app, rows.iter().map(|row| row.user.id).collect()).await?;
    let members = rows
        .into_iter()
        .map(|row| {
            let seen = presences.iter().find(|seen| seen.user == row.user.id);
            let presence = seen.map(|seen| seen.presence.clone()).unwrap_or_default();
            Member { user: row.user, role: row.role, rsvp: row.rsvp, presence }
        })
        .collect();
    Ok(MembersPage { members, has_more, total: snapshot.room.members, online: app.audience.online(asked.room) })
}

pub(in crate::session) async fn rsvp(app: &App, who: &Identity, asked: SetRsvp) -> Result<RsvpCounts, Refusal> {
    // Saying the same again is no news; whether it may be said is asked all the same.
    if app.store.rsvp(asked.room, who.user).await? == asked.answer {
        app.rooms.snapshot(&who.caller, asked.room, RoomAction::Rsvp).await?;
    } else {
        app.rooms.set_rsvp(&who.caller, asked.room, asked.answer).await?;
    }
    Ok(app.store.room_counts(asked.room).await?.rsvp)
}
