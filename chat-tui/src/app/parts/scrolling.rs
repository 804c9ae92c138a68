//! Which messages of the open room are visible. Must not know the size of the screen beyond what was drawn last.

#![deny(clippy::disallowed_methods)]

use crate::app::model::{Focus, Model};
use crate::app::parts::rooms::room::Scroll;
use crate::app::state::outcome::{Outcome, Selected};
use crate::app::state::viewport::Viewport;

/// Items kept of the open room while its newest are visible.
const LOADED_MAX_OPEN: usize = 120_000;

/// Scrolls by lines; negative is back.
pub fn scroll(model: &mut Model, lines: i32) {
    let (top, is_at_end) = (model.viewport.top, model.viewport.is_at_end);
    if model.viewport.room_key != model.current {
        return;
    }
    let Some(room) = model.room_mut() else { return };
    if lines > 0 && is_at_end {
        room.scroll = Scroll::End;
        return;
    }
    let top = match room.scroll {
        Scroll::At { seq, row } => Some((seq, row)),
        Scroll::End => top,
    };
    if let Some((seq, row)) = top {
        room.scroll = Scroll::At { seq, row: row + lines };
    }
}

/// Scrolls by screens; negative is back.
pub fn page(model: &mut Model, step: i32) {
    let rows = i32::from(model.viewport.rows.saturating_sub(2).max(1));
    scroll(model, step * rows);
}

/// Scrolls to the oldest loaded message; older ones are loaded once it is drawn.
pub fn oldest(model: &mut Model) -> Option<Outcome> {
    let room = model.room_mut()?;
    let first = room.timeline.entries().front()?;
    room.scroll = Scroll::At { seq: first.seq, row: 0 };
    select(model, Selected::First)
}

/// Scrolls to the newest message.
pub fn newest(model: &mut Model) -> Option<Outcome> {
    if let Some(room) = model.room_mut() {
        room.scroll = Scroll::End;
        room.reading.missed = 0;
    }
    select(model, Selected::Last)
}

/// Moves the selection along, if there is one.
fn select(model: &Model, selected: Selected) -> Option<Outcome> {
    match model.focus {
        Focus::Message(_) => Some(Outcome::Select(selected)),
        Focus::Composer => None,
    }
}

/// Takes what was drawn: corrects the scroll, and loads more once the oldest message becomes visible.
pub fn on_drawn(model: &mut Model, viewport: Viewport) -> Option<Outcome> {
    let room_key = viewport.room_key;
    let (top, is_at_end, is_at_start) = (viewport.top, viewport.is_at_end, viewport.is_at_start);
    model.panes.drawn(viewport.fold);
    model.viewport = viewport;
    let room = model.rooms.get_mut(&room_key?)?;
    if let Scroll::At { .. } = room.scroll {
        room.scroll = match top {
            Some((seq, row)) if !is_at_end => Scroll::At { seq, row },
            Some(_) | None => Scroll::End,
        };
    }
    if room.scroll == Scroll::End {
        room.trim(LOADED_MAX_OPEN);
    }
    room_key.filter(|_| is_at_start).map(Outcome::LoadOlder)
}
