//! What a server tells unasked.

use chat_proto::request::Account;
use chat_proto::server_frame::{AccountChange, AccountEvent, Counts, ServerFrame, TrendingWords, Typing};

use super::answers::Purpose;
use super::model::Model;
use super::room::Room;
use super::room_key::{RoomKey, ServerKey};
use super::{catch_up, outbox};

/// Routes what was pushed.
pub(super) fn on_push(model: &mut Model, key: ServerKey, frame: ServerFrame) {
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
        ServerFrame::Account(event) => on_account_event(model, key, event),
        ServerFrame::Service(service) => {
            if let Some(server) = model.server_mut(key) {
                server.service = service;
            }
            outbox::on_service(model, key);
        }
        // The link has taken these.
        ServerFrame::Welcome(_) | ServerFrame::Ok(_) | ServerFrame::Error(_) | ServerFrame::Goodbye(_) => {}
    }
}

fn on_typing(model: &mut Model, key: ServerKey, typing: Typing) {
    let now = model.now;
    let is_own = model.servers.get(&key).is_some_and(|server| server.my_id() == Some(typing.user));
    if is_own {
        return;
    }
    if let Some(server) = model.server_mut(key) {
        server.request_name(typing.user);
    }
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: typing.room }) {
        let until = (typing.ttl_ms > 0).then(|| now.plus_ms(typing.ttl_ms));
        room.typing.on_typing(typing.user, typing.connection, until);
    }
}

fn on_counts(model: &mut Model, key: ServerKey, counts: Counts) {
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: counts.room }) {
        room.info.members = counts.members;
        room.online = Some(counts.online);
    }
}

fn on_trending(model: &mut Model, key: ServerKey, trending: TrendingWords) {
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: trending.room }) {
        room.trending = trending.words;
    }
}

fn on_account_event(model: &mut Model, key: ServerKey, event: AccountEvent) {
    let Some(server) = model.server_mut(key) else { return };
    if event.seq <= server.account {
        return;
    }
    if event.prev != server.account {
        // Something of the stream is missing: the whole state says it.
        model.ask(key, Account {}, Purpose::AccountSnapshot);
        return;
    }
    server.account = event.seq;
    match event.change {
        AccountChange::Joined { membership } => {
            let room_key = RoomKey { server: key, room: membership.room.id };
            model.rooms.entry(room_key).or_insert_with(|| Room::new(*membership));
        }
        AccountChange::Left { room } => catch_up::remove_room(model, RoomKey { server: key, room }),
        AccountChange::RoomRenamed { room, name } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.info.name = Some(name);
            }
        }
        AccountChange::ReadMarker { room, read_marker } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.read_marker = read_marker;
                room.read_sent = room.read_sent.max(read_marker.read_seq);
            }
        }
        AccountChange::Mention { .. } | AccountChange::SessionRevoked { .. } => {}
        AccountChange::Notice { text } => model.show_info(&text),
    }
}
