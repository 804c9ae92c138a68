//! Rooms: making, joining, leaving, listing.

use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RoomId;
use chat_proto::limits::{PAGE_BUDGET_BYTES, TTL_MAX_MS, TTL_MIN_MS};
use chat_proto::request::{CreateRoom, Empty, ListRooms, RoomInfoAnswer, RoomListing, RoomsPage};
use chat_proto::room::{Membership, Role, RoomKind};
use chat_proto::server_frame::AccountChange;

use super::page::check_limit;
use crate::session::app::{App, GENERAL};
use crate::session::connection::{Connection, Identity};
use crate::session::error::Refusal;
use crate::session::gate;
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
    enter(connection, who, made.room.id, Role::Owner).await
}

pub(in crate::session) async fn join(
    connection: &mut Connection,
    who: &Identity,
    room: RoomId,
) -> Result<Membership, Refusal> {
    let snapshot = gate::visible(&connection.app.rooms, who.user, room).await?;
    match snapshot.role {
        None => enter(connection, who, room, Role::Member).await,
        // Nothing changes, and nobody has to be told.
        Some(role) => {
            let read_marker = connection.app.store.read_marker(who.user, room).await?;
            Ok(Membership { room: snapshot.room, head: snapshot.head, read_marker, role })
        }
    }
}

/// Becomes a member, and tells it to the account's other devices; those that follow every room follow this one.
async fn enter(connection: &mut Connection, who: &Identity, room: RoomId, role: Role) -> Result<Membership, Refusal> {
    let app = connection.app.clone();
    if app.store.rooms_of(who.user).await?.len() >= ROOMS_MAX {
        let message = format!("An account is a member of at most {ROOMS_MAX} rooms; leave one first.");
        return Err(ErrorBody::new(ErrorCode::TooMany, message).into());
    }
    let snapshot = app.rooms.join(who.user, room, role).await?;
    tracing::info!(user = %who.user, %room, members = snapshot.room.members, "joined");
    let read_marker = app.store.read_marker(who.user, room).await?;
    let membership =
        Membership { room: snapshot.room, head: snapshot.head, read_marker, role: snapshot.role.unwrap_or(role) };
    for device in app.connections.followers(who.user) {
        app.rooms.subscribe(who.user, room, device.connection, &device.send_queue).await?;
        if device.connection == connection.id && !connection.subscriptions.contains(&room) {
            connection.subscriptions.push(room);
        }
    }
    app.audience.resize(&membership);
    app.connections.notify(who.user, AccountChange::Joined { membership: Box::new(membership.clone()) });
    Ok(membership)
}

pub(in crate::session) async fn leave(
    connection: &mut Connection,
    who: &Identity,
    room: RoomId,
) -> Result<Empty, Refusal> {
    let app = connection.app.clone();
    if room == GENERAL {
        return Err(Refusal::wire(ErrorCode::NotAllowed, "Everyone is in #general; it cannot be left."));
    }
    let snapshot = gate::visible(&app.rooms, who.user, room).await?;
    if snapshot.role.is_none() {
        return Ok(Empty {});
    }
    app.rooms.leave(who.user, room).await?;
    tracing::info!(user = %who.user, %room, members = snapshot.room.members.saturating_sub(1), "left");
    for device in app.connections.devices(who.user) {
        app.rooms.unsubscribe(room, device.connection).await;
        // Only now: what was queued until then goes, too.
        device.send_queue.forget_room(room);
        if let Some(typing) = app.typing.left(room, device.connection, app.now()) {
            app.rooms.transient(room, codec::encode(&typing), None);
        }
    }
    connection.subscriptions.retain(|subscribed| *subscribed != room);
    app.connections.notify(who.user, AccountChange::Left { room });
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
    let snapshot = gate::visible(&app.rooms, who.user, room).await?;
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
