//! The members of a room, and whether they take part.

use chat_proto::request::{Members, MembersPage, SetRsvp};
use chat_proto::room::{Member, RsvpCounts};

use super::page::check_limit;
use crate::session::app::App;
use crate::session::connection::Identity;
use crate::session::error::Refusal;
use crate::session::gate;

pub(in crate::session) async fn list(app: &App, who: &Identity, asked: Members) -> Result<MembersPage, Refusal> {
    check_limit(asked.limit)?;
    let snapshot = gate::visible(&app.rooms, who.user, asked.room).await?;
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
    gate::member(&app.rooms, who.user, asked.room).await?;
    // Saying the same again is no news.
    if app.store.rsvp(asked.room, who.user).await? != asked.answer {
        app.rooms.set_rsvp(who.user, asked.room, asked.answer).await?;
    }
    Ok(app.store.room_counts(asked.room).await?.rsvp)
}
