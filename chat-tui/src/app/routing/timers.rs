//! Steps that are due by time: when the next one is, and its call. There is no regular tick: while nothing is
//! due, nothing wakes the program. Must not know what a step does.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use crate::app::model::Model;
use crate::app::parts::server::LinkState;
use crate::app::parts::{activity, reading, room_queues, saving};

impl Model {
    /// When `Msg::Tick` is due, by this machine's clock; `None` if nothing happens by itself.
    pub fn next_tick(&self) -> Option<UnixMillis> {
        let times = [
            activity::next_away(self),
            self.notice.as_ref().map(|notice| notice.until),
            self.next_expiry(),
            self.next_countdown(),
            self.next_typing_end(),
            self.next_link_countdown(),
            room_queues::next_retry(self),
            reading::next_read_marker(self),
            reading::next_counts(self),
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
}

/// Does what is due.
pub fn on_tick(model: &mut Model) {
    let now = model.now;
    if model.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        model.notice = None;
    }
    let room_keys: Vec<_> = model.rooms.keys().copied().collect();
    for room_key in room_keys {
        let server_now = model.server_now(room_key);
        if let Some(room) = model.rooms.get_mut(&room_key) {
            room.timeline.expire(server_now);
            room.reading.expire(server_now, now);
            room.people.typing.expire(now);
        }
    }
    reading::ask_counts_if_due(model);
    activity::mark_away_if_due(model);
    saving::save_if_due(model);
}
