//! What happens by itself: when the next thing is due, and what is done then. There is no regular tick: where
//! nothing is due, nothing wakes the program.

use chat_proto::request::SetActivity;
use chat_proto::time::UnixMillis;

use super::model::Model;
use super::server::LinkState;
use super::{persistence, reading, room_queues};

/// Without a key for so long, one is away, in milliseconds.
const AWAY_AFTER_MS: u64 = 10 * 60 * 1_000;

impl Model {
    /// When `Msg::Tick` is due, by this machine's clock; none where nothing happens by itself.
    pub fn next_tick(&self) -> Option<UnixMillis> {
        let away = (!self.is_away).then(|| self.active_at.plus_ms(AWAY_AFTER_MS));
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let times = [
            away,
            notice,
            self.next_expiry(),
            self.next_countdown(),
            self.next_typing_end(),
            self.next_link_countdown(),
            room_queues::next_retry(self),
            reading::next_read_marker(self),
            persistence::next_save(self),
        ];
        times.into_iter().flatten().min()
    }

    /// When the next message ends, by this machine's clock.
    fn next_expiry(&self) -> Option<UnixMillis> {
        let expiries = self.rooms.iter().filter_map(|(room_key, room)| {
            let offset = self.servers.get(&room_key.server)?.clock_offset_ms;
            Some(UnixMillis(room.timeline.next_expiry()?.0.saturating_sub(offset)))
        });
        expiries.min()
    }

    /// A countdown in sight shows another number each second.
    fn next_countdown(&self) -> Option<UnixMillis> {
        self.viewport.has_countdown.then(|| UnixMillis(self.now.0 - self.now.0.rem_euclid(1_000) + 1_000))
    }

    /// The pause before the next try to connect is counted down, too.
    fn next_link_countdown(&self) -> Option<UnixMillis> {
        match self.server().map(|server| &server.link) {
            Some(LinkState::Down { retry_at, .. }) if *retry_at > self.now => {
                Some(UnixMillis(retry_at.0.min(self.now.0 + 1_000)))
            }
            _ => None,
        }
    }

    fn next_typing_end(&self) -> Option<UnixMillis> {
        self.room().and_then(|(_, room)| room.typing.next_expiry())
    }
}

/// Does what is due.
pub(super) fn tick(model: &mut Model) {
    let now = model.now;
    if model.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        model.notice = None;
    }
    let room_keys: Vec<_> = model.rooms.keys().copied().collect();
    for room_key in room_keys {
        let server_now = model.server_now(room_key);
        if let Some(room) = model.rooms.get_mut(&room_key) {
            room.timeline.expire(server_now);
            room.typing.expire(now);
        }
    }
    if !model.is_away && now.since_ms(model.active_at) >= AWAY_AFTER_MS {
        set_away(model, true);
    }
    persistence::save_if_due(model);
}

/// A key was pressed, or the mouse moved.
pub(super) fn mark_active(model: &mut Model) {
    model.active_at = model.now;
    if model.is_away {
        set_away(model, false);
    }
}

fn set_away(model: &mut Model, is_away: bool) {
    model.is_away = is_away;
    let ready: Vec<_> = model.servers.iter().filter(|(_, server)| server.is_ready()).map(|(key, _)| *key).collect();
    for server in ready {
        model.ask_and_forget(server, SetActivity { is_active: !is_away });
    }
}
