//! Rooms: making, joining, leaving, listing.

use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RoomId;
use chat_proto::limits::{PAGE_BUDGET_BYTES, TTL_MAX_MS, TTL_MIN_MS};
use chat_proto::request::{CreateRoom, Empty, ListRooms, RoomInfoAnswer, RoomListing, RoomsPage};
use chat_proto::room::{Membership, Role, RoomKind};
use chat_proto::server_frame::AccountChange;

use super::page::check_limit;
use crate::access::RoomAction;
use crate::room::{Joined, RoomError};
use crate::session::app::App;
use crate::session::connection::{Connection, Identity};
use crate::session::error::Refusal;
use crate::store::NewRoom;

/// Rooms of one account: all of them are told in one `welcome`.
const ROOMS_MAX: usize = 1_000;

pub(in crate::session) async fn create(
    connection: &mut Connection,
    who: &Identity,
    asked: CreateRoom,
) -> Result<Membership, Refusal> {
    let app = connection.app.clone();
    if asked.kind == RoomKind::Direct {
        let message = "A direct conversation is not made by a name.";
        return Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("kind").into());
    }
    if asked.default_ttl_ms.is_some_and(|ms| !(TTL_MIN_MS..=TTL_MAX_MS).contains(&ms)) {
        let message = "Messages live from 1 second to 7 days.";
        return Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("default_ttl_ms").into());
    }
    let new = NewRoom {
        kind: asked.kind,
        name: asked.name,
        topic: asked.topic,
        description: asked.description,
        default_ttl_ms: asked.default_ttl_ms,
        closes_when_empty: asked.closes_when_empty,
        by: who.user,
        at: app.now(),
    };
    let made = app.store.create_room(new).await?;
    if app.store.rooms_of(who.user).await?.len() >= ROOMS_MAX {
        return Err(too_many_rooms());
    }
    let joined = app.rooms.admit(who.user, made.room.id, Role::Owner).await?;
    entered(connection, who, joined).await
}

pub(in crate::session) async fn join(
    connection: &mut Connection,
    who: &Identity,
    room: RoomId,
) -> Result<Membership, Refusal> {
    let app = connection.app.clone();
    let rooms = app.store.rooms_of(who.user).await?;
    if rooms.len() >= ROOMS_MAX && !rooms.contains(&room) {
        app.rooms.snapshot(&who.caller, room, RoomAction::Join).await?;
        return Err(too_many_rooms());
    }
    let joined = app.rooms.join(&who.caller, room).await?;
    entered(connection, who, joined).await
}

/// Tells the account's other devices of a room it has joined; those that follow every room follow this one.
async fn entered(connection: &mut Connection, who: &Identity, joined: Joined) -> Result<Membership, Refusal> {
    let app = connection.app.clone();
    let Joined { snapshot, is_new } = joined;
    let room = snapshot.room.id;
    let read_marker = app.store.read_marker(who.user, room).await?;
    // A membership that ended while it was answered.
    let role = snapshot.role.ok_or_else(Refusal::not_found)?;
    let membership = Membership { room: snapshot.room, head: snapshot.head, read_marker, role };
    if !is_new {
        return Ok(membership);
    }
    tracing::info!(user = %who.user, %room, members = membership.room.members, "joined");
    for device in app.connections.followers(who.user) {
        match app.rooms.subscribe(&device.caller, room, device.connection, &device.send_queue).await {
            Ok(_) if device.connection == connection.id && !connection.subscriptions.contains(&room) => {
                connection.subscriptions.push(room);
            }
            // Another device has left it meanwhile, or this one's sign-in has ended.
            Ok(_) | Err(RoomError::NotFound | RoomError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    app.audience.resize(&membership);
    app.connections.notify(who.user, AccountChange::Joined { membership: Box::new(membership.clone()) });
    Ok(membership)
}

fn too_many_rooms() -> Refusal {
    let message = format!("An account is a member of at most {ROOMS_MAX} rooms; leave one first.");
    ErrorBody::new(ErrorCode::TooMany, message).into()
}

pub(in crate::session) async fn leave(
    connection: &mut Connection,
    who: &Identity,
    room: RoomId,
) -> Result<Empty, Refusal> {
    let app = connection.app.clone();
    if let Some(members) = app.rooms.leave(&who.caller, room).await? {
        tracing::info!(user = %who.user, %room, members, "left");
        connection.subscriptions.retain(|subscribed| *subscribed != room);
        app.connections.notify(who.user, AccountChange::Left { room });
    }
    Ok(Empty {})
}

pub(in crate::session) async fn list(app: &App, who: &Identity, asked: ListRooms) -> Result<RoomsPage, Refusal> {
    check_limit(asked.limit)?;
    let mut found = app.store.list_rooms(who.user, asked.after, asked.limit + 1).await?;
    let has_more = found.len() > asked.limit as usize;
    found.truncate(asked.limit as usize);
    let mut rooms = Vec::with_capacity(found.len());
    let mut budget_bytes = PAGE_BUDGET_BYTES;
    for (stored, is_member) in found {
        let online = app.audience.online(stored.room.id);
        let listing = RoomListing { online, is_member, last_message_at: stored.last_message_at, room: stored.room };
        let bytes = codec::encoded_len(&listing);
        if bytes > budget_bytes && !rooms.is_empty() {
            return Ok(RoomsPage { rooms, has_more: true });
        }
        budget_bytes = budget_bytes.saturating_sub(bytes);
        rooms.push(listing);
    }
    Ok(RoomsPage { rooms, has_more })
}

pub(in crate::session) async fn info(app: &App, who: &Identity, room: RoomId) -> Result<RoomInfoAnswer, Refusal> {
    let snapshot = app.rooms.snapshot(&who.caller, room, RoomAction::See).await?;
    let counts = app.store.room_counts(room).await?;
    let stored = app.store.room(room).await?.ok_or_else(Refusal::not_found)?;
    let mut named = vec![snapshot.room.created_by];
    named.extend(snapshot.room.topic.as_ref().map(|topic| topic.by));
    let listing = RoomListing {
        online: app.audience.online(room),
        is_member: snapshot.role.is_some(),
        last_message_at: stored.last_message_at,
        room: snapshot.room,
    };
    Ok(RoomInfoAnswer {
        listing,
        head: snapshot.head,
        messages: counts.messages,
        rsvp: counts.rsvp,
        own_rsvp: app.store.rsvp(room, who.user).await?,
        role: snapshot.role,
        users: app.store.users(named).await?,
    })
}
