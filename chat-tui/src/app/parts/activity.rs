//! Whether someone is at the keyboard: tells the servers when they leave and come back. Must not know keys.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::SetActivity;
use chat_proto::time::UnixMillis;

use crate::app::model::Model;

/// Without a key for this long, the user is away, in milliseconds.
const AWAY_AFTER_MS: u64 = 10 * 60 * 1_000;

/// When the user will be away; `None` if they are.
pub fn next_away(model: &Model) -> Option<UnixMillis> {
    (!model.is_away).then(|| model.active_at.plus_ms(AWAY_AFTER_MS))
}

/// Notes that a key was pressed, or the mouse moved.
pub fn mark_active(model: &mut Model) {
    model.active_at = model.now;
    if model.is_away {
        set_away(model, false);
    }
}

/// Marks the user as away once nothing has happened for long enough.
pub fn mark_away_if_due(model: &mut Model) {
    if next_away(model).is_some_and(|at| at <= model.now) {
        set_away(model, true);
    }
}

fn set_away(model: &mut Model, is_away: bool) {
    model.is_away = is_away;
    let ready: Vec<_> = model.servers.iter().filter(|(_, server)| server.is_ready()).map(|(key, _)| *key).collect();
    for server in ready {
        model.ask_and_forget(server, SetActivity { is_active: !is_away });
    }
}
