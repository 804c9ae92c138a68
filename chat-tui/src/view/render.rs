//! Draws the whole screen: lays out the parts and lets each draw itself. Does not know how a part looks inside.

#![deny(clippy::disallowed_methods)]

use ratatui::buffer::Buffer;

use super::cache::RenderCache;
use super::drawn::Drawn;
use super::layout::{Layout, Pane};
use super::{bar, composer, draw, footer, overlay, people, rooms, timeline};
use crate::app::Model;
use crate::theme::{Role, Theme};

/// Smallest screen, in columns and rows, that has room for anything.
const SMALLEST: (u16, u16) = (16, 4);

/// Draws the whole screen into an empty `buffer`.
pub fn render(model: &Model, theme: &Theme, cache: &mut RenderCache, buffer: &mut Buffer) -> Drawn {
    let area = buffer.area;
    let mut drawn = Drawn::default();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        draw::text(buffer, area, "too small", theme.style(Role::TextDim));
        return drawn;
    }
    let layout = Layout::of(model, area);
    bar::draw(model, theme, (layout.bar, layout.rooms.is_some()), buffer);
    drawn.viewport.has_countdown |= layout.rooms.is_none() && bar::has_countdown(model);
    timeline::draw(model, theme, cache, layout.list, (buffer, &mut drawn));
    footer::draw(theme, layout.footer, &layout.footer_lines, buffer);
    composer::draw(model, theme, layout.composer, (buffer, &mut drawn));
    if let Some(pane) = layout.rooms {
        rooms::draw(model, theme, pane, (buffer, &mut drawn));
    }
    if let Some(pane) = layout.people {
        people::draw(model, theme, pane, (buffer, &mut drawn));
    }
    drawn.moving = layout.list;
    drawn.viewport.fold = layout.fold;
    let lies_over = |pane: Option<Pane>| pane.is_some_and(|pane| pane.border.is_none());
    drawn.viewport.is_covered = overlay::covers(model) || lies_over(layout.rooms) || lies_over(layout.people);
    drawn.viewport.links = drawn.links.cells().map(|(cells, link)| (draw::area(cells), link.into())).collect();
    composer::draw_candidates(model, theme, layout.composer, buffer);
    overlay::draw(model, theme, area, (buffer, &mut drawn));
    drawn
}
