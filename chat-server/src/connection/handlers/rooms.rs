//! Rooms: making, joining, leaving, listing. Must not know who may do what.

use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RoomId;
use chat_proto::limits::{PAGE_BUDGET_BYTES, TTL_MAX_MS, TTL_MIN_MS};
use chat_proto::request::{CreateRoom, Empty, ListRooms, RoomInfoAnswer, RoomListing, RoomsPage};
use chat_proto::room::{Membership, Role, RoomKind};
use chat_proto::server_frame::AccountChange;

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_limit;
use crate::connection::error::Refusal;
use crate::connection::presences::online;
use crate::room::{Joined, RoomError};
use crate::server::Server;
use crate::store::NewRoom;

/// Rooms of one account: one `welcome` carries them all.
const ROOMS_MAX: usize = 1_000;

pub(in crate::connection) async fn create(
    server: &Server,
    caller: &Caller,
    asked: CreateRoom,
) -> Result<Membership, Refusal> {
    if asked.kind == RoomKind::Direct {
        let message = "A direct message has no name.";
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
        by: caller.user(),
        at: server.now(),
    };
    let made = server.store.create_room(new).await?;
    if server.store.rooms_of(caller.user()).await?.len() >= ROOMS_MAX {
        return Err(too_many_rooms());
    }
    let joined = server.rooms.admit(caller.user(), made.room.id, Role::Owner).await?;
    entered(server, caller, joined).await
}

pub(in crate::connection) async fn join(server: &Server, caller: &Caller, room: RoomId) -> Result<Membership, Refusal> {
    let rooms = server.store.rooms_of(caller.user()).await?;
    if rooms.len() >= ROOMS_MAX && !rooms.contains(&room) {
        server.rooms.snapshot(caller, room, RoomAction::Join).await?;
        return Err(too_many_rooms());
    }
    let joined = server.rooms.join(caller, room).await?;
    entered(server, caller, joined).await
}

/// Notifies the account's devices of a room it has joined. Those that follow every room are subscribed to it.
async fn entered(server: &Server, caller: &Caller, joined: Joined) -> Result<Membership, Refusal> {
    let Joined { snapshot, is_new } = joined;
    let room = snapshot.room.id;
    let read_marker = server.store.read_marker(caller.user(), room).await?;
    // The membership may have ended while it was answered.
    let role = snapshot.role.ok_or_else(Refusal::not_found)?;
    let membership = Membership { room: snapshot.room, head: snapshot.head, read_marker, role };
    if !is_new {
        return Ok(membership);
    }
    tracing::info!(%room, members = membership.room.members, "joined");
    for device in server.connections.followers(caller.user()) {
        match server.rooms.subscribe(&device.caller, room, device.connection, &device.send_queue).await {
            // Another device has left the room meanwhile, or this device's sign-in has ended.
            Ok(_) | Err(RoomError::NotFound | RoomError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    server.audience.resize(&membership);
    server.connections.notify(caller.user(), AccountChange::Joined { membership: Box::new(membership.clone()) });
    Ok(membership)
}

fn too_many_rooms() -> Refusal {
    let message = format!("An account is a member of at most {ROOMS_MAX} rooms; leave one first.");
    ErrorBody::new(ErrorCode::TooMany, message).into()
}

pub(in crate::connection) async fn leave(server: &Server, caller: &Caller, room: RoomId) -> Result<Empty, Refusal> {
    if let Some(members) = server.rooms.leave(caller, room).await? {
        tracing::info!(%room, members, "left");
        server.connections.notify(caller.user(), AccountChange::Left { room });
    }
    Ok(Empty {})
}

pub(in crate::connection) async fn list(
    server: &Server,
    caller: &Caller,
    asked: ListRooms,
) -> Result<RoomsPage, Refusal> {
    check_limit(asked.limit)?;
    let mut found = server.store.list_rooms(caller.user(), asked.after, asked.limit + 1).await?;
    let has_more = found.len() > asked.limit as usize;
    found.truncate(asked.limit as usize);
    let mut rooms = Vec::with_capacity(found.len());
    let mut budget_bytes = PAGE_BUDGET_BYTES;
    for (stored, role) in found {
        let (online, is_member) = (online(server, caller, role, &stored.room), role.is_some());
        let listing = RoomListing { online, is_member, last_message_at: stored.last_message_at, room: stored.room };
        let bytes = codec::wire_size(&listing);
        if bytes > budget_bytes && !rooms.is_empty() {
            return Ok(RoomsPage { rooms, has_more: true });
        }
        budget_bytes = budget_bytes.saturating_sub(bytes);
        rooms.push(listing);
    }
    Ok(RoomsPage { rooms, has_more })
}

pub(in crate::connection) async fn info(
    server: &Server,
    caller: &Caller,
    room: RoomId,
) -> Result<RoomInfoAnswer, Refusal> {
    let snapshot = server.rooms.snapshot(caller, room, RoomAction::See).await?;
    let counts = server.store.room_counts(room).await?;
    let stored = server.store.room(room).await?.ok_or_else(Refusal::not_found)?;
    let mut named = vec![snapshot.room.created_by];
    named.extend(snapshot.room.topic.as_ref().map(|topic| topic.by));
    let listing = RoomListing {
        online: online(server, caller, snapshot.role, &snapshot.room),
        is_member: snapshot.role.is_some(),
        last_message_at: stored.last_message_at,
        room: snapshot.room,
    };
    Ok(RoomInfoAnswer {
        listing,
        head: snapshot.head,
        messages: counts.messages,
        rsvp: counts.rsvp,
        own_rsvp: server.store.rsvp(room, caller.user()).await?,
        role: snapshot.role,
        users: server.store.users(named).await?,
    })
}
