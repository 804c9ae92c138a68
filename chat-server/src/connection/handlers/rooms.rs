//! Rooms: making, joining, leaving, listing. Must not know who may do what.

use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RoomId;
use chat_proto::limits::{PAGE_BUDGET_BYTES, TTL_MAX_MS, TTL_MIN_MS};
use chat_proto::request::{CreateRoom, Empty, ListRooms, RoomInfoAnswer, RoomListing, RoomsPage};
use chat_proto::room::{Membership, ReadMarker, Role, RoomKind};
use chat_proto::server_frame::AccountChange;

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::{check_limit, check_new_name};
use crate::connection::error::Refusal;
use crate::connection::presences::online;
use crate::connection::read_marker::read_marker;
use crate::room::{Joined, RoomError};
use crate::server::Server;
use crate::store::NewRoom;

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
    check_new_name(asked.name.check_new(), "name")?;
    let new = NewRoom {
        kind: asked.kind,
        name: asked.name,
        topic: asked.topic,
        description: asked.description,
        default_ttl_ms: asked.default_ttl_ms.or(server.adjustable().default_ttl_ms),
        closes_when_empty: asked.closes_when_empty,
        by: caller.user(),
        at: server.now(),
    };
    let made = server.store.create_room(new).await?;
    // The room has its owner: nothing that fails from here on may look as if it had not been made.
    let read_marker = ReadMarker { read_seq: made.head.seq, ..ReadMarker::default() };
    let membership = Membership { room: made.room, head: made.head, read_marker, role: Role::Owner };
    server.audience.created(caller.user(), &membership);
    if let Err(refusal) = entered(server, caller, &membership).await {
        tracing::warn!(room = %membership.room.id, %refusal, "a device is not subscribed to a new room");
    }
    Ok(membership)
}

pub(in crate::connection) async fn join(server: &Server, caller: &Caller, room: RoomId) -> Result<Membership, Refusal> {
    let Joined { snapshot, is_new } = server.rooms.join(caller, room).await?;
    let read_marker = read_marker(server, caller.user(), room).await?;
    // The membership may have ended while it was answered.
    let role = snapshot.role.ok_or_else(Refusal::not_found)?;
    let membership = Membership { room: snapshot.room, head: snapshot.head, read_marker, role };
    if is_new {
        server.audience.resize(&membership);
        entered(server, caller, &membership).await?;
    }
    Ok(membership)
}

/// Notifies the account's devices of a room it has entered. Those that follow every room are subscribed to it.
async fn entered(server: &Server, caller: &Caller, membership: &Membership) -> Result<(), Refusal> {
    let room = membership.room.id;
    tracing::info!(%room, members = membership.room.members, "joined");
    server.connections.notify(caller.user(), AccountChange::Joined { membership: Box::new(membership.clone()) });
    for device in server.connections.followers(caller.user()) {
        match server.rooms.subscribe(&device.caller, room, device.connection, &device.send_queue).await {
            // Another device has left the room meanwhile, or this device's sign-in has ended.
            Ok(_) | Err(RoomError::NotFound | RoomError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
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
    check_limit(asked.limit, &server.config.limits)?;
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
        head: snapshot.head.seq,
        messages: counts.messages,
        rsvp: counts.rsvp,
        own_rsvp: server.store.rsvp(room, caller.user()).await?,
        role: snapshot.role,
        users: server.store.users(named).await?,
    })
}
