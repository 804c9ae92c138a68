//! Brings clicks and the wheel to the part they concern. Must not know what was drawn beyond the targets of a click.

#![deny(clippy::disallowed_methods)]

use crate::app::model::{Focus, Model};
use crate::app::parts::{overlay, scrolling};
use crate::app::state::outcome::Outcome;
use crate::app::state::viewport::{Mouse, Target};

/// Takes what the mouse did.
pub fn on_mouse(model: &mut Model, event: Mouse) -> Option<Outcome> {
    match event {
        Mouse::Wheel { lines } if model.overlay.is_some() => overlay::step(model, lines.signum() as isize),
        Mouse::Wheel { lines } => scrolling::scroll(model, lines),
        Mouse::Click { column, row } => return on_click(model, model.viewport.target(column, row)),
    }
    None
}

fn on_click(model: &mut Model, target: Option<Target>) -> Option<Outcome> {
    match target {
        Some(Target::ListLine(line)) => return overlay::choose_line(model, line),
        Some(Target::Overlay) => {}
        // A click beside an open list closes it.
        _ if model.overlay.is_some() => model.overlay = None,
        Some(Target::Room(room_key)) => return Some(Outcome::OpenRoom(room_key)),
        Some(Target::Message(seq)) => model.focus = Focus::Message(seq),
        Some(Target::Composer) => model.focus = Focus::Composer,
        Some(Target::MoreBelow) => return scrolling::newest(model),
        None => {}
    }
    None
}
