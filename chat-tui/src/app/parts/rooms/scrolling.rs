//! Which messages of a room are visible. Must not know the size of the screen beyond what was drawn last.

#![deny(clippy::disallowed_methods)]

use super::room::{Room, Scroll};
use crate::app::parts::outcomes::Outcomes;
use crate::app::state::outcome::Outcome;
use crate::app::state::viewport::Viewport;

/// Items kept of the open room while its newest are visible.
const LOADED_MAX_OPEN: usize = 120_000;

impl Room {
    /// Scrolls by lines; negative is back.
    pub fn scroll_by(&mut self, lines: i32, viewport: &Viewport) {
        if viewport.room_key != Some(self.key) {
            return;
        }
        self.seeks_mention = false;
        if lines > 0 && viewport.is_at_end {
            self.scroll = Scroll::End;
            return;
        }
        let top = match self.scroll {
            Scroll::At { seq, row } if self.is_place_loaded() => Some((seq, row)),
            Scroll::At { .. } | Scroll::End => viewport.top,
        };
        if let Some((seq, row)) = top {
            self.scroll = Scroll::At { seq, row: row + lines };
        }
    }

    /// Scrolls to the oldest loaded message; older ones are loaded once it is drawn. Returns whether there is one.
    pub fn scroll_to_oldest(&mut self) -> bool {
        let Some(first) = self.timeline.entries().front() else { return false };
        self.scroll = Scroll::At { seq: first.seq, row: 0 };
        self.seeks_mention = false;
        true
    }

    /// Scrolls to the newest message.
    pub fn scroll_to_newest(&mut self) {
        self.scroll = Scroll::End;
        self.seeks_mention = false;
    }

    /// Takes what was drawn of this room: corrects the scroll, and loads more once the oldest message becomes visible, or
    /// while the place to show is not loaded.
    pub fn on_drawn(&mut self, viewport: &Viewport, out: &mut Outcomes) {
        let is_loaded = self.is_place_loaded();
        if let Scroll::At { .. } = self.scroll
            && is_loaded
        {
            self.scroll = match viewport.top {
                Some((seq, row)) if !viewport.is_at_end => Scroll::At { seq, row },
                Some(_) | None => Scroll::End,
            };
        }
        if self.scroll == Scroll::End {
            self.trim(LOADED_MAX_OPEN);
        }
        if viewport.is_at_start || !is_loaded {
            out.push(Outcome::LoadOlder(self.key));
        }
    }
}
