//! The line above the box: something to tell, what is being done, or who types.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw;
use crate::app::{Focus, LinkState, Model, PendingState};
use crate::theme::{Role, Theme};

/// Draws the line.
pub(super) fn draw(model: &Model, theme: &Theme, row: Rect, buffer: &mut Buffer) {
    let row = Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row };
    let (text, role) = said(model);
    draw::text(buffer, row, &text, theme.style(role));
}

fn said(model: &Model) -> (String, Role) {
    if let Some(notice) = &model.notice {
        let role = if notice.is_error { Role::NoticeError } else { Role::NoticeInfo };
        return (notice.text.as_str().to_owned(), role);
    }
    if let Focus::Message(_) = model.focus {
        return ("j k move · e edit · d delete · y copy · u unread · Esc back".to_owned(), Role::ComposerHint);
    }
    let Some((_, room)) = model.room() else { return (String::new(), Role::Typing) };
    if room.editing.is_some() {
        return ("editing: Enter saves, Esc leaves it as it was".to_owned(), Role::ComposerMode);
    }
    if let Some(typing) = typing(model) {
        return (typing, Role::Typing);
    }
    if let Some(waiting) = waiting(model) {
        return (waiting, Role::NoticeInfo);
    }
    let is_near_end = room.draft.text().chars().count() as u64 * 10 >= limit(model) * 9;
    if is_near_end {
        let length = room.draft.text().chars().count();
        return (format!("{length} of {} characters", limit(model)), Role::ComposerHint);
    }
    (String::new(), Role::Typing)
}

fn limit(model: &Model) -> u64 {
    model.server().map_or(u64::MAX / 10, |server| server.limits.body_max_chars)
}

/// Who types, in words.
fn typing(model: &Model) -> Option<String> {
    let (_, room) = model.room()?;
    let server = model.server()?;
    let people = room.typing.people(model.now);
    let name = |index: usize| people.get(index).map(|id| server.name(*id)).unwrap_or_default();
    Some(match people.len() {
        0 => return None,
        1 => format!("{} is typing …", name(0).as_str()),
        2 => format!("{} and {} are typing …", name(0).as_str(), name(1).as_str()),
        3 => format!("{}, {} and {} are typing …", name(0).as_str(), name(1).as_str(), name(2).as_str()),
        more => format!("{more} people are typing …"),
    })
}

/// What waits to be sent while the server is away.
fn waiting(model: &Model) -> Option<String> {
    let server = model.server()?;
    let is_waiting = |state: &PendingState| !matches!(state, PendingState::Failed { .. });
    let waiting: usize =
        model.rooms.values().map(|room| room.pending.iter().filter(|pending| is_waiting(&pending.state)).count()).sum();
    match &server.link {
        LinkState::Down { reason, .. } if waiting == 0 => Some(reason.as_str().to_owned()),
        LinkState::Down { .. } | LinkState::Connecting if waiting > 0 => {
            Some(format!("{waiting} to send once the server is back"))
        }
        _ => None,
    }
}
