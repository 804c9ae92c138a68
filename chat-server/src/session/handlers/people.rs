//! People: their names, their presence, what they say of themselves.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::limits::IDS_MAX;
use chat_proto::presence::{Presence, UserPresence};
use chat_proto::request::{Resolve, Resolved, SetStatus, Users, UsersAnswer, Who, WhoAnswer};

use crate::access::RoomAction;
use crate::presence::{Profile, is_there};
use crate::session::app::App;
use crate::session::connection::Identity;
use crate::session::error::Refusal;
use crate::store::Account;

/// People told of in one answer.
const PEOPLE: u32 = 200;

pub(in crate::session) async fn users(app: &App, asked: Users) -> Result<UsersAnswer, Refusal> {
    check_count(asked.ids.len())?;
    if asked.ids.is_empty() {
        return Ok(UsersAnswer { users: Vec::new() });
    }
    Ok(UsersAnswer { users: app.store.users(asked.ids).await? })
}

pub(in crate::session) async fn resolve(app: &App, who: &Identity, asked: Resolve) -> Result<Resolved, Refusal> {
    check_count(asked.rooms.len() + asked.users.len())?;
    let mut rooms = Vec::new();
    for stored in app.store.rooms_by_name(asked.rooms).await? {
        if app.rooms.snapshot(&who.caller, stored.room.id, RoomAction::See).await.is_ok() {
            rooms.push(stored.room);
        }
    }
    let users = if asked.users.is_empty() { Vec::new() } else { app.store.users_by_name(asked.users).await? };
    Ok(Resolved { rooms, users })
}

/// Lists of ids and names are bounded.
pub(in crate::session) fn check_count(count: usize) -> Result<(), Refusal> {
    if count <= IDS_MAX {
        Ok(())
    } else {
        Err(ErrorBody::new(ErrorCode::BadRequest, format!("At most {IDS_MAX} at once.")).into())
    }
}

pub(in crate::session) async fn status(app: &App, who: &Identity, asked: SetStatus) -> Result<Presence, Refusal> {
    app.store.set_status(who.user, asked.availability, asked.status.clone()).await?;
    let profile = Profile { chosen: asked.availability, status: asked.status, last_seen: None };
    app.presence.status_changed(who.user, profile.clone());
    Ok(app.presence.presence_with(who.user, &profile))
}

/// The presences of accounts, with what the database knows of those who are not here.
pub(in crate::session) async fn presences(app: &App, ids: Vec<UserId>) -> Result<Vec<UserPresence>, Refusal> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let accounts = app.store.accounts(ids).await?;
    Ok(accounts.iter().map(|account| presence(app, account)).collect())
}

fn presence(app: &App, account: &Account) -> UserPresence {
    let profile =
        Profile { chosen: account.availability, status: account.status.clone(), last_seen: account.last_seen };
    UserPresence { user: account.id, presence: app.presence.presence_with(account.id, &profile) }
}

pub(in crate::session) async fn who(app: &App, who: &Identity, asked: Who) -> Result<WhoAnswer, Refusal> {
    let rooms = match asked.room {
        Some(room) => {
            app.rooms.snapshot(&who.caller, room, RoomAction::SeeOnline).await?;
            vec![room]
        }
        None => app.store.rooms_of(who.user).await?,
    };
    // Those who are there first; then others, until there are enough.
    let there = app.audience.there(&rooms, PEOPLE as usize);
    let mut users = if there.is_empty() { Vec::new() } else { app.store.users(there).await? };
    for room in &rooms {
        if users.len() >= PEOPLE as usize {
            break;
        }
        users.extend(app.store.members(*room, None, PEOPLE).await?.into_iter().map(|row| row.user));
        users.sort_unstable_by_key(|user| user.id);
        users.dedup_by_key(|user| user.id);
    }
    let mut people = presences(app, users.iter().map(|user| user.id).collect()).await?;
    people.sort_by_key(|person| !is_there(person.presence.availability));
    people.truncate(PEOPLE as usize);
    users.retain(|user| people.iter().any(|person| person.user == user.id));
    let there = people.iter().filter(|person| is_there(person.presence.availability)).count() as u32;
    let (online, total) = match rooms[..] {
        [room] => (
            app.audience.online(room),
            app.rooms.snapshot(&who.caller, room, RoomAction::SeeOnline).await?.room.members,
        ),
        _ => (there, users.len() as u32),
    };
    Ok(WhoAnswer { people, users, online, total })
}
