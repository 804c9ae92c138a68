//! What the mouse does.

use super::model::{Focus, Model};
use super::viewport::{Mouse, Target};
use super::{navigation, overlay, timers};

/// Takes what the mouse did.
pub(super) fn on_mouse(model: &mut Model, event: Mouse) {
    timers::mark_active(model);
    match event {
        Mouse::Wheel { lines } if model.overlay.is_some() => overlay::step(model, lines.signum() as isize),
        Mouse::Wheel { lines } => navigation::scroll(model, lines),
        Mouse::Click { column, row } => click(model, model.viewport.target(column, row)),
    }
}

fn click(model: &mut Model, target: Option<Target>) {
    match target {
        Some(Target::ListLine(line)) => overlay::choose_line(model, line),
        Some(Target::Overlay) => {}
        // Beside an open list: it closes.
        _ if model.overlay.is_some() => model.overlay = None,
        Some(Target::Room(room_key)) => navigation::open(model, room_key),
        Some(Target::Message(seq)) => model.focus = Focus::Message(seq),
        Some(Target::Composer) => model.focus = Focus::Composer,
        Some(Target::MoreBelow) => navigation::newest(model),
        None => {}
    }
}
