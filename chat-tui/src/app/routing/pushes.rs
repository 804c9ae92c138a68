//! Brings what a server pushes to the part it concerns. Must not know the order of a room's changes.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::Account;
use chat_proto::server_frame::{AccountChange, AccountEvent, Counts, ServerFrame, Service, TrendingWords, Typing};

use crate::app::model::Model;
use crate::app::parts::rooms::room::Room;
use crate::app::parts::{catch_up, names, outbox};
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};

/// Takes what a server pushed.
pub fn on_push(model: &mut Model, key: ServerKey, frame: ServerFrame) -> Option<Outcome> {
    match frame {
        ServerFrame::Event(event) => catch_up::on_event(model, RoomKey { server: key, room: event.room }, &event),
        ServerFrame::Gap(gap) => catch_up::on_gap(model, RoomKey { server: key, room: gap.room }),
        ServerFrame::Typing(typing) => on_typing(model, key, typing),
        ServerFrame::Presence(person) => {
            if let Some(server) = model.server_mut(key) {
                server.request_name(person.user);
                server.set_presence(person.user, person.presence);
            }
        }
        ServerFrame::Counts(counts) => on_counts(model, key, counts),
        ServerFrame::Trending(trending) => on_trending(model, key, trending),
        ServerFrame::Account(event) => return on_account_event(model, key, event),
        ServerFrame::Service(service) => on_service(model, key, service),
        // The link handles these.
        ServerFrame::Welcome(_) | ServerFrame::Ok(_) | ServerFrame::Error(_) | ServerFrame::Goodbye(_) => {}
    }
    None
}

fn on_typing(model: &mut Model, key: ServerKey, typing: Typing) {
    let now = model.now;
    let is_own = model.servers.get(&key).is_some_and(|server| server.my_id() == Some(typing.user));
    if is_own {
        return;
    }
    names::need(model, key, typing.user);
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
    if let Some(server) = model.server_mut(key) {
        server.service = service;
    }
    outbox::on_service(model, key);
}

fn on_account_event(model: &mut Model, key: ServerKey, event: AccountEvent) -> Option<Outcome> {
    let server = model.server_mut(key)?;
    if event.seq <= server.account {
        return None;
    }
    if event.prev != server.account {
        // Events are missing: the snapshot includes them.
        model.ask(key, Account {}, Purpose::AccountSnapshot);
        return None;
    }
    server.account = event.seq;
    match event.change {
        AccountChange::Joined { membership } => {
            let room_key = RoomKey { server: key, room: membership.room.id };
            model.add_room(room_key, || Room::new(*membership));
        }
        AccountChange::Left { room } => return catch_up::remove_room(model, RoomKey { server: key, room }),
        AccountChange::RoomRenamed { room, name } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.info.name = Some(name);
            }
        }
        AccountChange::ReadMarker { room, read_marker } => {
            let now = model.now;
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.reading.on_marker(read_marker, now);
            }
        }
        AccountChange::Mention { .. } | AccountChange::SessionRevoked { .. } => {}
        AccountChange::Notice { text } => model.show_info(&text),
    }
    None
}
