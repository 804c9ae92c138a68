//! The input box and its completions. Must not know how the draft is edited or sent.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::drawn::Drawn;
use super::{draw, overlay, selected, time};
use crate::app::{Focus, Model, Target};
use crate::text::{fit, prefix_width, width, wrap_verbatim};
use crate::theme::{Role, Theme};

/// Columns of the prompt before the text.
const PROMPT: u16 = 3;
/// Most rows of the offered candidates.
const CANDIDATE_ROWS: u16 = 10;

/// Returns the rows that the draft takes in a box of this width.
pub(super) fn rows(model: &Model, box_width: u16) -> u16 {
    let columns = text_columns(box_width);
    model.room().map_or(1, |(_, room)| wrap_verbatim(room.writing.draft.text(), columns).len() as u16)
}

fn text_columns(box_width: u16) -> usize {
    // One column is reserved for the caret after the last character.
    usize::from(box_width.saturating_sub(PROMPT + 2)).max(1)
}

/// Draws the input box.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    drawn.viewport.targets.push((draw::area(area), Target::Composer));
    let prompt = Rect { x: area.x + 1, width: 2, ..area };
    // While a message is selected, keys do not write: its bar stands there, too.
    let is_selecting = model.focus.selected().is_some();
    let mark = if is_selecting { "▌" } else { "›" };
    if model.room().is_some() || model.sign_in.is_none() {
        draw::text(buffer, prompt, mark, theme.style(Role::ComposerPrompt));
    }
    let inner = draw::after(area, PROMPT);
    let is_focused = model.focus == Focus::Composer && !overlay::covers(model);
    let Some((_, room)) = model.room() else {
        return draw_early(model, theme, inner, (is_focused, buffer, drawn));
    };
    if room.writing.draft.is_empty() {
        draw::text(buffer, inner, &hint(model), theme.style(Role::ComposerHint));
        drawn.caret = is_focused.then_some(Position { x: inner.x, y: inner.y });
        return;
    }
    let text = room.writing.draft.text();
    let lines = wrap_verbatim(text, text_columns(area.width));
    let cursor = room.writing.draft.cursor();
    // At a line break the caret is at the start of the next line.
    let at = lines.iter().rposition(|line| line.start <= cursor).unwrap_or(0);
    let height = usize::from(area.height);
    // The caret keeps lines above and below it in sight.
    let skip = at.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    for (line, row) in lines.iter().skip(skip).zip(draw::rows(inner)) {
        let shown = text[line.clone()].replace('\t', " ");
        draw::text(buffer, row, &shown, theme.style(Role::ComposerText));
        drawn.viewport.draft_rows.push((draw::area(row), line.clone()));
    }
    draw_hidden(theme, inner, (skip, lines.len().saturating_sub(skip + height), at - skip), buffer);
    let column = prefix_width(&text[lines[at].clone()], cursor - lines[at].start) as u16;
    let caret = Position { x: (inner.x + column).min(area.right() - 1), y: inner.y + (at - skip) as u16 };
    drawn.caret = is_focused.then_some(caret);
}

/// The end of the text that waits for a room.
fn draw_early(model: &Model, theme: &Theme, inner: Rect, (is_focused, buffer, drawn): (bool, &mut Buffer, &mut Drawn)) {
    let early = &model.composer.early;
    if early.is_empty() || !is_focused {
        return;
    }
    let lines = wrap_verbatim(early.text(), usize::from(inner.width.saturating_sub(2)).max(1));
    let last = lines.last().map_or("", |line| &early.text()[line.clone()]);
    let used = draw::text(buffer, inner, &last.replace('\t', " "), theme.style(Role::ComposerText));
    drawn.caret = Some(Position { x: inner.x + used, y: inner.y });
}

/// Counts the lines above and below the box, at the end of its first and last row; not over the `caret`'s row.
fn draw_hidden(theme: &Theme, inner: Rect, (above, below, caret): (usize, usize, usize), buffer: &mut Buffer) {
    let last = usize::from(inner.height.saturating_sub(1));
    for (count, mark, row) in [(above, '↑', 0), (below, '↓', last)] {
        if count > 0 && row != caret {
            let area = Rect { y: inner.y + row as u16, height: 1, ..inner };
            draw::text_right(buffer, area, &format!(" {mark} {count} "), theme.style(Role::ComposerMode));
        }
    }
}

fn hint(model: &Model) -> String {
    let Some((room_key, room)) = model.room() else { return String::new() };
    if let Some(seq) = model.focus.selected() {
        return selected::name_and_time(model, seq).unwrap_or_default();
    }
    let title = model.title(room_key);
    match room.info.default_ttl_ms {
        Some(ttl_ms) => format!("message ~{}, expires after {}", title.as_str(), time::span(ttl_ms)),
        None if room.is_direct() => format!("message @{}", title.as_str()),
        None => format!("message #{}", title.as_str()),
    }
}

/// Draws the completions above the box.
pub(super) fn draw_candidates(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if model.focus != Focus::Composer || overlay::covers(model) {
        return;
    }
    let under_way = model.composer.completing.under_way();
    let found = match under_way {
        Some(completion) => Some((completion.start, completion.candidates.clone())),
        None => model.candidates(),
    };
    let Some((_, found)) = found else { return };
    let names = found.iter().map(|candidate| width(candidate.text.trim_end())).max().unwrap_or(0);
    let gap = 2;
    let most = usize::from(area.y.saturating_sub(2).min(CANDIDATE_ROWS));
    let is_all = found.len() <= most;
    let shown = if is_all { found.len() } else { most.saturating_sub(1) };
    let chosen = under_way.map_or(0, |completion| completion.chosen);
    let first = (chosen + 1).saturating_sub(shown);
    let rows = (shown + usize::from(!is_all && most > 0)) as u16;
    // As wide as the box: the rest of a line beside it would look like a part of it.
    let popup = Rect { y: area.y.saturating_sub(rows), height: rows, ..area };
    draw::clear(buffer, popup, theme.style(Role::Overlay));
    if !is_all && most > 0 {
        let row = Rect { y: popup.bottom() - 1, height: 1, ..popup };
        let more = format!("{} more, ↑ ↓", found.len() - shown);
        draw::text(buffer, draw::after(row, 2), &more, theme.style(Role::OverlayDim));
    }
    let offered = found.iter().enumerate().skip(first).take(shown);
    for ((index, candidate), row) in offered.zip(draw::rows(popup)) {
        let is_chosen = under_way.is_some_and(|completion| completion.chosen == index);
        let style = theme.style(if is_chosen { Role::OverlaySelected } else { Role::Overlay });
        buffer.set_style(row, style);
        let inner = Rect { x: row.x + 2, width: row.width.saturating_sub(3), ..row };
        draw::text(buffer, inner, candidate.text.trim_end(), style);
        let help = draw::after(inner, (names + gap) as u16);
        let style = if is_chosen { style } else { theme.style(Role::OverlayDim) };
        draw::text(buffer, help, &fit(&candidate.help, usize::from(help.width)), style);
    }
}
