//! People: their names, their presence, their status. Must not know passwords or sign-ins.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::presence::Presence;
use chat_proto::request::{ChosenStatus, Resolve, Resolved, SetStatus, Users, UsersAnswer, Who, WhoAnswer};

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_count;
use crate::connection::error::Refusal;
use crate::connection::presences::{may_see_online, presences};
use crate::presence::{Profile, is_there};
use crate::server::Server;

/// Most people in one answer.
const PEOPLE: u32 = 200;

pub(in crate::connection) async fn users(server: &Server, asked: Users) -> Result<UsersAnswer, Refusal> {
    check_count(asked.ids.len(), "ids")?;
    if asked.ids.is_empty() {
        return Ok(UsersAnswer { users: Vec::new() });
    }
    Ok(UsersAnswer { users: server.store.users(asked.ids).await? })
}

pub(in crate::connection) async fn resolve(
    server: &Server,
    caller: &Caller,
    asked: Resolve,
) -> Result<Resolved, Refusal> {
    check_count(asked.rooms.len() + asked.users.len(), "rooms")?;
    let mut rooms = Vec::new();
    for stored in server.store.rooms_by_name(asked.rooms).await? {
        if server.rooms.snapshot(caller, stored.room.id, RoomAction::See).await.is_ok() {
            rooms.push(stored.room);
        }
    }
    let users = if asked.users.is_empty() { Vec::new() } else { server.store.users_by_name(asked.users).await? };
    Ok(Resolved { rooms, users })
}

pub(in crate::connection) async fn status(
    server: &Server,
    caller: &Caller,
    asked: SetStatus,
) -> Result<Presence, Refusal> {
    server.store.set_status(caller.user(), asked.availability, asked.status.clone()).await?;
    let profile = Profile { chosen: asked.availability, status: asked.status, last_seen: None };
    server.presence.status_changed(caller.user(), profile.clone());
    Ok(server.presence.presence_with(caller.user(), &profile))
}

pub(in crate::connection) async fn own_status(server: &Server, caller: &Caller) -> Result<ChosenStatus, Refusal> {
    let account = server.store.account(caller.user()).await?;
    let account = account.ok_or_else(|| ErrorBody::new(ErrorCode::NotFound, "This account is gone."))?;
    Ok(ChosenStatus { availability: account.availability, status: account.status })
}

pub(in crate::connection) async fn who(server: &Server, caller: &Caller, asked: Who) -> Result<WhoAnswer, Refusal> {
    let rooms = if let Some(room) = asked.room {
        server.rooms.snapshot(caller, room, RoomAction::SeeOnline).await?;
        vec![room]
    } else {
        let held = server.store.memberships(caller.user()).await?;
        let seen = held.into_iter().filter(|held| may_see_online(caller, Some(held.role), &held.room));
        seen.map(|held| held.room.id).collect()
    };
    // Those who are online first, then others until there are enough.
    let there = server.audience.there(&rooms, PEOPLE as usize);
    let mut users = if there.is_empty() { Vec::new() } else { server.store.users(there).await? };
    for room in &rooms {
        if users.len() >= PEOPLE as usize {
            break;
        }
        users.extend(server.store.members(*room, None, PEOPLE).await?.into_iter().map(|row| row.user));
        users.sort_unstable_by_key(|user| user.id);
        users.dedup_by_key(|user| user.id);
    }
    let mut people = presences(server, users.iter().map(|user| user.id).collect()).await?;
    people.sort_by_key(|person| !is_there(person.presence.availability));
    people.truncate(PEOPLE as usize);
    users.retain(|user| people.iter().any(|person| person.user == user.id));
    let there = people.iter().filter(|person| is_there(person.presence.availability)).count() as u32;
    let (online, total) = match rooms[..] {
        [room] => (
            server.audience.online(room),
            server.rooms.snapshot(caller, room, RoomAction::SeeOnline).await?.room.members,
        ),
        _ => (there, users.len() as u32),
    };
    Ok(WhoAnswer { people, users, online, total })
}
