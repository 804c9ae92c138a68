//! What a server tells unasked.

use chat_proto::request::Account;
use chat_proto::server_frame::{AccountEvent, AccountNews, Counts, ServerFrame, Topics, Typing};

use super::answers::Purpose;
use super::model::Model;
use super::room::Room;
use super::room_key::{RoomKey, ServerKey};
use super::{catch_up, outbox};

/// Routes what was pushed.
pub(super) fn push(model: &mut Model, key: ServerKey, frame: ServerFrame) {
    match frame {
        ServerFrame::Event(event) => catch_up::event(model, RoomKey { server: key, room: event.room }, &event),
        ServerFrame::Gap(gap) => catch_up::gap(model, RoomKey { server: key, room: gap.room }),
        ServerFrame::Typing(typing) => someone_types(model, key, typing),
        ServerFrame::Presence(person) => {
            if let Some(server) = model.server_mut(key) {
                server.needs_name(person.user);
                server.set_presence(person.user, person.presence);
            }
        }
        ServerFrame::Counts(counts) => count(model, key, counts),
        ServerFrame::Topics(topics) => set_topics(model, key, topics),
        ServerFrame::Account(event) => account_event(model, key, event),
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

fn someone_types(model: &mut Model, key: ServerKey, typing: Typing) {
    let now = model.now;
    let is_own = model.servers.get(&key).is_some_and(|server| server.my_id() == Some(typing.user));
    if is_own {
        return;
    }
    if let Some(server) = model.server_mut(key) {
        server.needs_name(typing.user);
    }
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: typing.room }) {
        let until = (typing.ttl_ms > 0).then(|| now.plus_ms(typing.ttl_ms));
        room.typing.heard(typing.user, typing.connection, until);
    }
}

fn count(model: &mut Model, key: ServerKey, counts: Counts) {
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: counts.room }) {
        room.info.members = counts.members;
        room.online = Some(counts.online);
    }
}

fn set_topics(model: &mut Model, key: ServerKey, topics: Topics) {
    if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room: topics.room }) {
        room.topics = topics.topics;
    }
}

fn account_event(model: &mut Model, key: ServerKey, event: AccountEvent) {
    let Some(server) = model.server_mut(key) else { return };
    if event.seq <= server.account {
        return;
    }
    if event.prev != server.account {
        // Something of the stream is missing: the whole state says it.
        model.ask(key, Account {}, Purpose::Account);
        return;
    }
    server.account = event.seq;
    match event.news {
        AccountNews::Joined { membership } => {
            let room_key = RoomKey { server: key, room: membership.room.id };
            model.rooms.entry(room_key).or_insert_with(|| Room::new(*membership));
        }
        AccountNews::Left { room } => catch_up::leave(model, RoomKey { server: key, room }),
        AccountNews::RoomRenamed { room, name } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.info.name = Some(name);
            }
        }
        AccountNews::Marks { room, marks } => {
            if let Some(room) = model.rooms.get_mut(&RoomKey { server: key, room }) {
                room.marks = marks;
                room.read_told = room.read_told.max(marks.read_seq);
            }
        }
        AccountNews::Mention { .. } | AccountNews::SessionRevoked { .. } => {}
        AccountNews::Notice { text } => model.tell(&text),
    }
}
