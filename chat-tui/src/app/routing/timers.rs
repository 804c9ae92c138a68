//! Steps that are due by time: when the next one is, and its call. There is no regular tick: while nothing is
//! due, nothing wakes the program. Must not know what a step does.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use super::model::Model;
use super::saving;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::room::Room;
use crate::app::parts::server::{LinkState, Server};
use crate::app::parts::silence;

impl Model {
    /// When `Msg::Tick` is due, by this machine's clock; `None` if nothing happens by itself.
    pub fn next_tick(&self) -> Option<UnixMillis> {
        let times = [
            self.activity.next_away(),
            self.notices.next_expiry(),
            self.next_expiry(),
            self.next_countdown(),
            self.next_typing_end(),
            self.next_link_countdown(),
            self.silent_since().map(|since| silence::next_change(since, self.now)),
            self.sign_in.as_ref().and_then(|form| form.next_tick(self.now)),
            self.next_retry(),
            self.next_read_marker(),
            self.next_counts(),
            self.deletions.next_due(|server| self.is_ready(server)),
            saving::next_save(self),
        ];
        times.into_iter().flatten().min()
    }

    /// When the next message expires, by this machine's clock.
    fn next_expiry(&self) -> Option<UnixMillis> {
        let expiries = self.rooms.iter().filter_map(|(room_key, room)| {
            let offset = self.servers.get(&room_key.server)?.clock_offset_ms;
            let expiries = [room.timeline.next_expiry(), room.reading.next_expiry()];
            Some(UnixMillis(expiries.into_iter().flatten().min()?.0.saturating_sub(offset)))
        });
        expiries.min()
    }

    /// A visible countdown changes every second.
    fn next_countdown(&self) -> Option<UnixMillis> {
        self.viewport.has_countdown.then(|| UnixMillis(self.now.0 - self.now.0.rem_euclid(1_000) + 1_000))
    }

    /// The pause before the next connection attempt is counted down, too.
    fn next_link_countdown(&self) -> Option<UnixMillis> {
        match self.server().map(|server| &server.link) {
            Some(LinkState::Down { retry_at, .. }) if *retry_at > self.now => {
                Some(UnixMillis(retry_at.0.min(self.now.0 + 1_000)))
            }
            _ => None,
        }
    }

    fn next_typing_end(&self) -> Option<UnixMillis> {
        self.room().and_then(|(_, room)| room.people.typing.next_expiry())
    }

    /// When the next deferred message is retried.
    fn next_retry(&self) -> Option<UnixMillis> {
        self.connected_rooms().filter_map(Room::next_retry).min()
    }

    /// When the next read marker is to be sent; `None` if the servers know all.
    fn next_read_marker(&self) -> Option<UnixMillis> {
        self.connected_rooms().filter_map(|room| room.reading.next_send()).min()
    }

    /// When the next counts are to be asked for; `None` if all are certain, or no server can be asked.
    fn next_counts(&self) -> Option<UnixMillis> {
        self.connected_rooms().filter_map(|room| room.reading.next_count()).min()
    }

    fn connected_rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values().filter(|room| self.is_ready(room.key.server))
    }
}

/// Does what is due.
pub fn on_tick(model: &mut Model, out: &mut Outcomes) {
    let now = model.now;
    model.notices.expire(now);
    for room in model.rooms.values_mut() {
        let Some(server) = model.servers.get(&room.key.server) else { continue };
        expire(room, server, now);
        room.ask_counts_if_due(server, now, out);
    }
    let Model { deletions, servers, .. } = model;
    deletions.send_due(|server| servers.get(&server).is_some_and(Server::is_ready), now, out);
    model.activity.mark_away_if_due(now, out);
    saving::save_if_due(model, out);
}

fn expire(room: &mut Room, server: &Server, now: UnixMillis) {
    let server_now = server.now(now);
    room.timeline.expire(server_now);
    room.reading.expire(server_now, now);
    room.people.typing.expire(now);
}
