//! The lines above the input box: outages, a notice, the current mode or the people who are typing. Must not know how
//! long a notice lasts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw;
use super::selected::{self, NO_BREAK};
use crate::action::{Action, KeyContext};
use crate::app::{FirstKey, Focus, LinkState, Model, PostState};
use crate::text::{fit, wrap_words};
use crate::theme::{Role, Theme};

/// Most lines of a notice, and of the other texts.
const NOTICE_ROWS: usize = 3;
const STATE_ROWS: usize = 2;

/// One line with its style.
pub(super) type Line = (String, Role);

/// Returns the lines for this width, at least one and at most `most`: a notice does not displace the people who are
/// typing.
pub(super) fn lines(model: &Model, width: u16, most: usize) -> Vec<Line> {
    let columns = usize::from(width.saturating_sub(2)).max(1);
    let most = most.max(1);
    let wrap = |(text, role): Line, rows: usize| -> Vec<Line> {
        wrapped(&text, columns, rows).into_iter().map(|line| (line.replace(NO_BREAK, " "), role)).collect()
    };
    let notice = notice(model).map_or_else(Vec::new, |notice| wrap(notice, NOTICE_ROWS.min(most)));
    let left = most - notice.len();
    let state =
        state(model, columns).filter(|_| left > 0).map_or_else(Vec::new, |state| wrap(state, STATE_ROWS.min(left)));
    let left = left - state.len();
    let outage = outage(model).filter(|_| left > 0).map_or_else(Vec::new, |outage| wrap(outage, STATE_ROWS.min(left)));
    let mut lines = outage;
    lines.extend(notice);
    lines.extend(state);
    if lines.is_empty() {
        let keys = if model.sign_in.is_some() { String::new() } else { first_keys(model, columns) };
        lines.push((keys, Role::TextFaint));
    }
    lines
}

/// The keys that were never used, in one row: without those that matter least, if there is no room for all.
fn first_keys(model: &Model, columns: usize) -> String {
    let label = |key: FirstKey| match (key, key.action()) {
        (FirstKey::Help, Some(action)) => bound(model, action, "keys"),
        (FirstKey::Go, Some(action)) => bound(model, action, "go"),
        (FirstKey::Leave, Some(action)) => bound(model, action, "leave"),
        (FirstKey::Command | FirstKey::Help | FirstKey::Go | FirstKey::Leave, _) => Some("/ commands".to_owned()),
    };
    let without = |left_out: &[FirstKey]| {
        let shown = model.first_keys.unused().filter(|key| !left_out.contains(key));
        shown.filter_map(label).collect::<Vec<_>>().join(" · ")
    };
    let rows = [&[][..], &[FirstKey::Command], &[FirstKey::Command, FirstKey::Go]].map(without);
    rows.into_iter().find(|row| crate::text::width(row) <= columns).unwrap_or_default()
}

fn bound(model: &Model, action: Action, verb: &str) -> Option<String> {
    model.setup.key(KeyContext::Everywhere, action).map(|key| format!("{key} {verb}"))
}

/// Draws the lines.
pub(super) fn draw(theme: &Theme, area: Rect, lines: &[Line], buffer: &mut Buffer) {
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    for ((text, role), row) in lines.iter().zip(draw::rows(inner)) {
        draw::text(buffer, row, text, theme.style(*role));
    }
}

/// Wraps a text into at most `rows` lines. A longer one loses its middle: a notice begins with the event and ends with
/// the advice.
fn wrapped(text: &str, columns: usize, rows: usize) -> Vec<String> {
    let lines: Vec<_> = wrap_words(text, columns).into_iter().map(|line| &text[line]).collect();
    if lines.len() <= rows {
        return lines.into_iter().map(str::to_owned).collect();
    }
    let Some(after) = rows.checked_sub(1).filter(|after| *after > 0) else {
        return vec![fit(text, columns).into_owned()];
    };
    let first = fit(&format!("{} …", lines[0]), columns).into_owned();
    let last = lines[lines.len() - after..].iter().map(ToString::to_string);
    std::iter::once(first).chain(last).collect()
}

fn notice(model: &Model) -> Option<Line> {
    let notice = model.notices.shown.as_ref()?;
    let role = if notice.is_error { Role::NoticeError } else { Role::NoticeInfo };
    Some((notice.text.as_str().to_owned(), role))
}

/// Describes an outage of the server as long as it lasts.
fn outage(model: &Model) -> Option<Line> {
    let server = model.server().filter(|server| server.is_ready())?;
    let text = match (server.service.is_store_available, server.service.is_live_available) {
        (true, true) => return None,
        (false, true) => "The server cannot write just now: messages wait.",
        (true, false) => "Ephemeral messages are unavailable; others still work.",
        (false, false) => "The server cannot write just now: messages wait, and ephemeral ones are unavailable.",
    };
    Some((text.to_owned(), Role::NoticeError))
}

/// Describes the current mode, the people who are typing, or the unsent messages.
fn state(model: &Model, columns: usize) -> Option<Line> {
    if let Focus::Message(seq) = model.focus {
        return Some((selected::keys(model, seq, (columns, STATE_ROWS)), Role::ComposerHint));
    }
    let (_, room) = model.room()?;
    if room.writing.editing.is_some() {
        return Some(("editing: Enter saves, Esc leaves it as it was".to_owned(), Role::ComposerMode));
    }
    if let Some(typing) = typing(model) {
        return Some((typing, Role::Typing));
    }
    if let Some(waiting) = waiting(model) {
        return Some((waiting, Role::NoticeInfo));
    }
    let length = room.writing.draft.text().chars().count();
    let is_near_end = length as u64 * 10 >= limit(model) * 9;
    is_near_end.then(|| (format!("{length} of {} characters", limit(model)), Role::ComposerHint))
}

fn limit(model: &Model) -> u64 {
    model.server().map_or(u64::MAX / 10, |server| server.limits.body_max_chars)
}

/// Names the people who are typing; `None` if nobody is.
fn typing(model: &Model) -> Option<String> {
    let (_, room) = model.room()?;
    let server = model.server()?;
    let people = room.people.typing.people(model.now);
    let name = |index: usize| people.get(index).map(|id| server.name(*id)).unwrap_or_default();
    Some(match people.len() {
        0 => return None,
        1 => format!("{} is typing …", name(0).as_str()),
        2 => format!("{} and {} are typing …", name(0).as_str(), name(1).as_str()),
        3 => format!("{}, {} and {} are typing …", name(0).as_str(), name(1).as_str(), name(2).as_str()),
        more => format!("{more} people are typing …"),
    })
}

/// Names the reason for a lost connection, the advice and the number of unsent messages.
fn waiting(model: &Model) -> Option<String> {
    let server = model.server()?;
    let is_waiting = |state: &PostState| !matches!(state, PostState::Failed { .. });
    let waiting: usize = model
        .rooms
        .values()
        .map(|room| room.writing.pending.iter().filter(|pending| is_waiting(&pending.state)).count())
        .sum();
    match &server.link {
        LinkState::Down { reason, .. } => {
            let reason = reason.as_str();
            let hint = if reason.contains("/retry") { "" } else { "; /retry tries now" };
            let to_send = if waiting > 0 { format!(" · {waiting} to send") } else { String::new() };
            Some(format!("{reason}{hint}{to_send}"))
        }
        LinkState::Connecting => match (&server.fault, waiting) {
            (Some(fault), 0) => Some(fault.as_str().to_owned()),
            (Some(fault), waiting) => Some(format!("{} · {waiting} to send", fault.as_str())),
            (None, 0) => None,
            (None, waiting) => Some(format!("{waiting} to send once the server is back")),
        },
        LinkState::Ready | LinkState::SignedOut { .. } | LinkState::Denied { .. } => None,
    }
}
