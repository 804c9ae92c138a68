//! The list of rooms with unread counts and mentions, also of those for which there is no row. Must not know where the
//! pane lies.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::drawn::Drawn;
use super::layout::Pane;
use super::{badge, draw};
use crate::app::{Model, Room, RoomKey, Target};
use crate::text::width;
use crate::theme::{Role, Theme};

/// Draws the list.
pub(super) fn draw(model: &Model, theme: &Theme, pane: Pane, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    draw::clear(buffer, pane.area, theme.style(Role::Text));
    if let Some(x) = pane.border {
        draw::line_down(buffer, x, (pane.area.top(), pane.area.bottom()), theme.style(Role::Border));
    }
    let listed = model.listed();
    let (direct, rooms): (Vec<_>, Vec<_>) = listed.into_iter().partition(|room_key| is_direct(model, *room_key));
    let mut lines = vec![Listed::Title("rooms")];
    lines.extend(rooms.into_iter().map(Listed::Room));
    if !direct.is_empty() {
        lines.push(Listed::Title("direct"));
        lines.extend(direct.into_iter().map(Listed::Room));
    }
    let height = usize::from(pane.area.height);
    let current = lines
        .iter()
        .position(|line| matches!(line, Listed::Room(room_key) if model.navigation.current == Some(*room_key)));
    // Keep the open room visible.
    let skip = current.map_or(0, |at| (at + 2).saturating_sub(height)).min(lines.len().saturating_sub(height));
    for (line, row) in lines.iter().skip(skip).zip(draw::rows(pane.area)) {
        match line {
            Listed::Title(title) => {
                draw::text(buffer, draw::after(row, 1), title, theme.style(Role::PaneTitle));
            }
            Listed::Room(room_key) => {
                draw_room(model, theme, *room_key, row, (&mut *buffer, &mut *drawn));
                drawn.viewport.targets.push((draw::area(row), Target::Room(*room_key)));
            }
        }
    }
    let (above, rest) = lines.split_at(skip);
    let (shown, below) = rest.split_at(rest.len().min(height));
    // On a very low screen the line may be the open room's.
    if let (Some(first), Some(last), true) = (shown.first(), shown.last(), height > 2) {
        let (top, bottom) =
            (Rect { height: 1, ..pane.area }, Rect { y: pane.area.bottom() - 1, height: 1, ..pane.area });
        draw_hidden(model, theme, ("↑", above, first), top, (&mut *buffer, &mut *drawn));
        draw_hidden(model, theme, ("↓", below, last), bottom, (buffer, drawn));
    }
}

/// Draws, if a hidden room has unread messages, how many: over the outermost line, which counts as hidden then.
fn draw_hidden(
    model: &Model,
    theme: &Theme,
    (arrow, hidden, covered): (&str, &[Listed], &Listed),
    row: Rect,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) {
    let unread = |line: &Listed| match line {
        Listed::Title(_) => None,
        Listed::Room(room_key) => model.rooms.get(room_key).filter(|room| room.reading.unread() > 0),
    };
    let nearest = match arrow {
        "↑" => hidden.iter().rev().find_map(unread),
        _ => hidden.iter().find_map(unread),
    };
    let Some(nearest) = nearest else { return };
    let rooms = || hidden.iter().chain([covered]).filter_map(unread);
    let messages: u32 = rooms().map(|room| room.reading.unread()).sum();
    let mentions: u32 = rooms().map(|room| room.reading.mentions()).sum();
    let (text, role) = match mentions {
        0 => (format!("{arrow} {}", draw::count(messages)), Role::BadgeUnread),
        mentions => (format!("{arrow} @{} {}", draw::count(mentions), draw::count(messages)), Role::BadgeMention),
    };
    draw::clear(buffer, row, theme.style(Role::Text));
    draw::text(buffer, draw::after(row, 1), &text, theme.style(role));
    drawn.viewport.targets.push((draw::area(row), Target::Room(nearest.key)));
}

enum Listed {
    Title(&'static str),
    Room(RoomKey),
}

fn is_direct(model: &Model, room_key: RoomKey) -> bool {
    model.rooms.get(&room_key).is_some_and(Room::is_direct)
}

fn draw_room(model: &Model, theme: &Theme, room_key: RoomKey, row: Rect, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    let Some(room) = model.rooms.get(&room_key) else { return };
    let is_current = model.navigation.current == Some(room_key);
    let style = match (is_current, room.reading.unread() > 0) {
        (true, _) => theme.style(Role::RoomCurrent),
        (false, true) => theme.style(Role::RoomUnread),
        (false, false) => theme.style(Role::Room),
    };
    if is_current {
        buffer.set_style(row, style);
    }
    let drafted = drafted(room, is_current);
    // The mark of a draft has a gap before it.
    let right = if drafted.is_some() { 3 } else { 2 };
    let inner = Rect { x: row.x + 1, width: row.width.saturating_sub(right), ..row };
    let title = model.title(room_key);
    let columns = usize::from(inner.width).saturating_sub(width(title.as_str()) + 3);
    let (badge, role) = badge::badge(room, model.server_now(room_key), columns);
    drawn.viewport.has_countdown |= room.reading.mention_expiry().is_some();
    let badge_width = width(&badge) as u16;
    let mark_style = if is_current { style } else { theme.style(Role::RoomMark) };
    draw::text(buffer, inner, mark(room), mark_style);
    let gap = if badge.is_empty() { 0 } else { badge_width + 1 };
    let name = draw::after(Rect { width: inner.width.saturating_sub(gap), ..inner }, 2);
    draw::text(buffer, name, title.as_str(), style);
    let base = if is_current { style } else { theme.style(Role::Text) };
    draw::text_right(buffer, inner, &badge, base.patch(theme.style(role)));
    if let Some(drafted) = drafted {
        let right = Rect { width: row.width, ..row };
        draw::text_right(buffer, right, drafted, theme.style(Role::RoomMark));
    }
}

/// Returns the mark before a room's name, which shows its kind.
pub(super) fn mark(room: &Room) -> &'static str {
    if room.is_direct() {
        "@"
    } else if room.is_ephemeral() {
        "~"
    } else {
        "#"
    }
}

/// Returns the mark of a room with a failed post or a draft.
fn drafted(room: &Room, is_current: bool) -> Option<&'static str> {
    let waits =
        room.writing.pending.iter().any(|pending| matches!(pending.state, crate::app::PostState::Failed { .. }));
    match (waits, !room.writing.draft.is_empty() && !is_current) {
        (true, _) => Some("!"),
        (false, true) => Some("✎"),
        (false, false) => None,
    }
}
