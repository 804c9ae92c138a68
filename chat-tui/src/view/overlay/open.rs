//! Draws the open overlay at its size. Does not know how an overlay is opened or closed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{deletion, edit_history, frame, help, history_search, info, links, list, sign_in, switcher};
use crate::app::Overlay;
use crate::app::{Model, Target};
use crate::theme::Theme;
use crate::view::draw;
use crate::view::drawn::Drawn;

/// Whether something lies over the screen.
pub(in crate::view) fn covers(model: &Model) -> bool {
    model.overlays.open.is_some() || model.sign_in.is_some()
}

/// Draws the form that asks for a sign-in, and the open overlay, if there are any.
pub(in crate::view) fn draw(model: &Model, theme: &Theme, area: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    if let Some(form) = &model.sign_in {
        drawn.caret = None;
        sign_in::draw(model, theme, area, (form, buffer, drawn));
    }
    let Some(overlay) = &model.overlays.open else { return };
    drawn.caret = None;
    let (columns, rows) = match overlay {
        Overlay::Switcher(rooms) => (switcher::COLUMNS, list::rows(rooms.lines.len())),
        Overlay::HistorySearch(search) => (history_search::COLUMNS, list::rows(search.lines.len())),
        Overlay::Links(shown) => (links::COLUMNS, shown.links.len() as u16 + 2),
        Overlay::Help { .. } => (92, area.height),
        Overlay::Info { info, .. } => (info::COLUMNS, info::height(model, info, area.width)),
        Overlay::Deletion { .. } => (60, 6),
        Overlay::EditHistory(shown) => (edit_history::COLUMNS, edit_history::height(model, shown, area.width)),
    };
    let outer = frame::centre(area, columns, rows);
    drawn.viewport.targets.push((draw::area(outer), Target::Overlay));
    drawn.viewport.page = usize::from(outer.height.saturating_sub(2));
    match overlay {
        Overlay::Switcher(rooms) => switcher::draw(rooms, theme, outer, (buffer, drawn)),
        Overlay::HistorySearch(search) => history_search::draw((search, &model.setup), theme, outer, (buffer, drawn)),
        Overlay::Links(shown) => links::draw(shown, theme, outer, (buffer, drawn)),
        Overlay::Help { top, query } => help::draw(model, theme, outer, ((*top, query.text()), buffer, drawn)),
        Overlay::Info { info, top } => {
            drawn.viewport.last_top = info::draw(model, theme, outer, (info, *top, buffer));
        }
        Overlay::EditHistory(shown) => {
            drawn.viewport.last_top = edit_history::draw(model, theme, outer, (shown, buffer));
        }
        Overlay::Deletion { text, .. } => deletion::draw(theme, outer, (text.as_str(), buffer)),
    }
}
