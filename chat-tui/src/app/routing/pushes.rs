//! Brings what a server pushes to the part it concerns. Must not know the order of a room's changes.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::Account;
use chat_proto::server_frame::{AccountChange, AccountEvent, Counts, ServerFrame, Service, TrendingWords, Typing};

use super::changes;
use super::model::Model;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::room::Room;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};

/// Takes what a server pushed.
pub fn on_push(model: &mut Model, key: ServerKey, frame: ServerFrame, out: &mut Outcomes) {
    match frame {
        ServerFrame::Event(event) => changes::on_event(model, RoomKey { server: key, room: event.room }, &event, out),
        ServerFrame::Gap(gap) => changes::on_gap(model, RoomKey { server: key, room: gap.room }, out),
        ServerFrame::Typing(typing) => on_typing(model, key, typing),
        ServerFrame::Presence(person) => {
            if let Some(server) = model.servers.get_mut(&key) {
                server.request_name(person.user);
                server.set_presence(person.user, person.presence);
            }
        }
        ServerFrame::Counts(counts) => on_counts(model, key, counts),
        ServerFrame::Trending(trending) => on_trending(model, key, trending),
        ServerFrame::Account(event) => on_account_event(model, key, event, out),
        ServerFrame::Service(service) => on_service(model, key, service),
        // The link handles these.
        ServerFrame::Welcome(_) | ServerFrame::Ok(_) | ServerFrame::Error(_) | ServerFrame::Goodbye(_) => {}
    }
}

fn on_typing(model: &mut Model, key: ServerKey, typing: Typing) {
    let now = model.now;
    let Some(server) = model.servers.get_mut(&key).filter(|server| server.my_id() != Some(typing.user)) else { return };
    server.request_name(typing.user);
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: typing.room }) {
        let until = (typing.ttl_ms > 0).then(|| now.plus_ms(typing.ttl_ms));
        room.people.typing.on_typing(typing.user, typing.connection, until);
    }
}

fn on_counts(model: &mut Model, key: ServerKey, counts: Counts) {
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: counts.room }) {
        room.info.members = counts.members;
        room.people.online = Some(counts.online);
    }
}

fn on_trending(model: &mut Model, key: ServerKey, trending: TrendingWords) {
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: trending.room }) {
        room.trending = trending.words;
    }
}

fn on_service(model: &mut Model, key: ServerKey, service: Service) {
    if let Some(server) = model.servers.get_mut(&key) {
        server.service = service;
    }
    retry_ephemeral(model, key);
}

/// Retries the posts that wait for the server to take ephemeral messages, if it does.
pub fn retry_ephemeral(model: &mut Model, key: ServerKey) {
    for (room, _) in model.rooms_of(key).filter(|(_, server)| server.service.is_live_available) {
        room.on_live_available();
    }
}

fn on_account_event(model: &mut Model, key: ServerKey, event: AccountEvent, out: &mut Outcomes) {
    let now = model.now;
    let Some(server) = model.servers.get_mut(&key).filter(|server| server.account < event.seq) else { return };
    if event.prev != server.account {
        // Events are missing: the snapshot includes them.
        return out.ask(key, Account {}, Purpose::AccountSnapshot);
    }
    server.account = event.seq;
    match event.change {
        AccountChange::Joined { membership } => {
            let room_key = RoomKey { server: key, room: membership.room.id };
            model.add_room(room_key, || Room::new(key, *membership));
        }
        AccountChange::Left { room } => {
            if changes::remove_room(model, RoomKey { server: key, room }, out) {
                out.push(Outcome::OpenDefaultRoom(key));
            }
        }
        AccountChange::RoomRenamed { room, name } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.info.name = Some(name);
            }
        }
        AccountChange::ReadMarker { room, read_marker } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.reading.on_marker(read_marker, now);
            }
        }
        AccountChange::Mention { .. } | AccountChange::SessionRevoked { .. } => {}
        AccountChange::Notice { text } => out.show_info(&text),
    }
}
