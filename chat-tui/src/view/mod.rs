//! The model drawn into cells: `render` reads the model and changes nothing but its own cache. Pure.

#![deny(clippy::disallowed_methods)]

mod bar;
mod cache;
mod composer;
mod delivery_status;
mod draw;
mod footer;
mod join_summary;
mod layout;
mod overlay;
mod people;
mod rooms;
mod row;
mod rows;
#[cfg(test)]
mod tests;
mod time;
mod timeline;
mod title;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

pub use cache::RenderCache;
pub use title::title;

use crate::app::{Model, Viewport};
use crate::theme::{Role, Theme};
use layout::Layout;

/// What was drawn, beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Cells that may move as a whole: the message list.
    pub moving: ratatui::layout::Rect,
    /// Where the caret stands; input methods and screen readers follow it.
    pub caret: Option<Position>,
    /// What the next step depends on.
    pub viewport: Viewport,
}

/// The screen below this has no room for anything.
const SMALLEST: (u16, u16) = (16, 4);

/// Draws the whole screen into `buffer`, which is empty.
pub fn render(model: &Model, theme: &Theme, cache: &mut RenderCache, buffer: &mut Buffer) -> Drawn {
    let area = buffer.area;
    let mut drawn = Drawn::default();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        draw::text(buffer, area, "too small", theme.style(Role::TextDim));
        return drawn;
    }
    let layout = Layout::of(model, area);
    bar::draw(model, theme, (layout.bar, layout.rooms.is_some()), buffer);
    timeline::draw(model, theme, cache, layout.list, (buffer, &mut drawn));
    footer::draw(theme, layout.footer, &layout.footer_lines, buffer);
    composer::draw(model, theme, layout.composer, (buffer, &mut drawn));
    if let Some(pane) = layout.rooms {
        rooms::draw(model, theme, pane, (buffer, &mut drawn));
    }
    if let Some(pane) = layout.people {
        people::draw(model, theme, pane, buffer);
    }
    drawn.moving = layout.list;
    drawn.viewport.fold = layout.fold;
    composer::draw_candidates(model, theme, layout.composer, buffer);
    overlay::draw(model, theme, area, (buffer, &mut drawn));
    drawn
}
