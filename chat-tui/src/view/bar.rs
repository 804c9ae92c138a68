//! The bar at the top: room, topic, account and server, and the state of the connection. Must not know the parts below it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{badge, draw, rooms, time};
use crate::app::{LinkState, Model, Room, Server};
use crate::text::{SafeText, width};
use crate::theme::{Role, Theme};

/// Columns of the topic that account and server leave to it.
const TOPIC: u16 = 40;
/// Below this width the connection is described in a word.
const NARROW: u16 = 60;

/// Draws the bar; if the list of rooms is hidden, it includes the unread counts of the other rooms.
pub(super) fn draw(model: &Model, theme: &Theme, (bar, lists_rooms): (Rect, bool), buffer: &mut Buffer) {
    draw::clear(buffer, bar, theme.style(Role::Bar));
    let inner = Rect { x: bar.x + 1, width: bar.width.saturating_sub(2), ..bar };
    let is_narrow = bar.width < NARROW;
    let (text, role) =
        model.server().map_or_else(|| (String::new(), Role::LinkDown), |server| link(model, server, is_narrow));
    let used = draw::text_right(buffer, inner, &text, theme.style(role));
    let mut rest = Rect { width: inner.width.saturating_sub(used + 2), ..inner };
    let waits = if lists_rooms { Vec::new() } else { elsewhere(model) };
    for (text, role) in waits.iter().rev() {
        let used = draw::text_right(buffer, rest, text, theme.style(*role));
        rest.width = rest.width.saturating_sub(used);
    }
    if !waits.is_empty() {
        rest.width = rest.width.saturating_sub(2);
    }
    let Some((room_key, room)) = model.room() else {
        draw_identity(model, theme, rest, buffer);
        return;
    };
    let name = format!("{}{}", rooms::mark(room), model.title(room_key).as_str());
    let used = draw::text(buffer, rest, &name, theme.style(Role::BarRoom));
    let mut rest = draw::after(rest, used + 2);
    let topic = room.info.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str()));
    let kept = topic.as_ref().map_or(0, |topic| (width(topic.as_str()) as u16).min(TOPIC) + 2);
    let used = draw_identity(model, theme, draw::after(rest, kept), buffer);
    if used > 0 {
        rest.width = rest.width.saturating_sub(used + 2);
    }
    if let Some(topic) = topic.filter(|_| rest.width > 4) {
        draw::text(buffer, rest, topic.as_str(), theme.style(Role::BarTopic));
    }
}

/// Draws account and server at the right of `row`, or the account alone, or nothing if there is no room for it. Returns
/// its columns.
fn draw_identity(model: &Model, theme: &Theme, row: Rect, buffer: &mut Buffer) -> u16 {
    let Some(server) = model.server() else { return 0 };
    let label = server.label.as_str();
    let (both, account) = match &server.me {
        // The name of a host follows the account as in an address.
        Some(me) if label.contains(' ') => (format!("{} · {label}", me.name), me.name.to_string()),
        Some(me) => (format!("{}@{label}", me.name), me.name.to_string()),
        None => (label.to_owned(), String::new()),
    };
    let fitting = [both, account].into_iter().find(|text| width(text) <= usize::from(row.width));
    fitting.map_or(0, |text| draw::text_right(buffer, row, &text, theme.style(Role::TextDim)))
}

/// The rooms that are not open.
fn others(model: &Model) -> impl Iterator<Item = &Room> {
    model.rooms.values().filter(|room| model.navigation.current != Some(room.key))
}

/// Whether [`draw()`] shows a countdown if the list of rooms is hidden.
pub(super) fn has_countdown(model: &Model) -> bool {
    others(model).any(|room| room.reading.mention_expiry().is_some())
}

/// Unread messages and mentions in the other rooms, and when the first of these expires: `3 · @1 ◷24s`.
fn elsewhere(model: &Model) -> Vec<(String, Role)> {
    let unread: u32 = others(model).map(|room| room.reading.unread()).sum();
    let mentions: u32 = others(model).map(|room| room.reading.mentions()).sum();
    let ends = others(model).filter_map(|room| Some((room.reading.mention_expiry()?, room)));
    let first = ends.min_by_key(|(end, _)| *end);
    let countdown = first.and_then(|(_, room)| badge::countdown(&room.reading, model.server_now(room.key)));
    let countdown = countdown.map_or_else(String::new, |countdown| format!(" {countdown}"));
    let unread = (unread > 0).then(|| (draw::count(unread), Role::BadgeUnread));
    let mentions = (mentions > 0).then(|| (format!("@{}{countdown}", draw::count(mentions)), Role::BadgeMention));
    let between = (unread.is_some() && mentions.is_some()).then(|| (" · ".to_owned(), Role::TextDim));
    [unread, between, mentions].into_iter().flatten().collect()
}

/// Describes the connection in a few words or in one; the text never depends on a colour alone.
fn link(model: &Model, server: &Server, is_narrow: bool) -> (String, Role) {
    if let Some(text) = silence(model, server, is_narrow) {
        return (text, Role::LinkSlow);
    }
    match (&server.link, server.lag_ms) {
        (LinkState::Ready, Some(lag)) if lag >= 300 && !is_narrow => {
            (format!("● online, slow: {} ms", step(lag)), Role::LinkSlow)
        }
        (LinkState::Ready, Some(lag)) if lag >= 300 => (format!("● slow {} ms", step(lag)), Role::LinkSlow),
        (LinkState::Ready, Some(lag)) if !is_narrow => (format!("● online {} ms", step(lag)), Role::LinkGood),
        (LinkState::Ready, _) => ("● online".to_owned(), Role::LinkGood),
        (LinkState::Connecting, _) => ("◌ connecting".to_owned(), Role::LinkSlow),
        (LinkState::Down { retry_at, .. }, _) => match retry_at.since_ms(model.now) {
            0 => ("○ offline".to_owned(), Role::LinkDown),
            ms if is_narrow => (format!("○ offline {}", time::countdown(ms)), Role::LinkDown),
            ms => (format!("○ offline, again in {}", time::countdown(ms)), Role::LinkDown),
        },
        (LinkState::SignedOut { .. }, _) if server.me.is_none() => ("✗ not signed in".to_owned(), Role::LinkDown),
        (LinkState::SignedOut { .. }, _) => ("✗ signed out".to_owned(), Role::LinkDown),
        (LinkState::Denied { .. }, _) => ("✗ refused".to_owned(), Role::LinkDown),
    }
}

/// Counts the seconds of an outstanding answer: an old measurement says nothing about a server that is silent now.
fn silence(model: &Model, server: &Server, is_narrow: bool) -> Option<String> {
    let seconds = model.silence_s()?;
    match &server.link {
        LinkState::Ready if is_narrow => Some(format!("◌ silent {seconds} s")),
        LinkState::Ready => Some(format!("◌ {seconds} s without answer")),
        LinkState::Connecting => Some(format!("◌ connecting, {seconds} s")),
        LinkState::Down { .. } | LinkState::SignedOut { .. } | LinkState::Denied { .. } => None,
    }
}

/// Rounds a lag, so that the screen does not change with each measurement.
fn step(lag_ms: u64) -> u64 {
    let step = match lag_ms {
        0..10 => 1,
        10..100 => 10,
        100..500 => 50,
        _ => 100,
    };
    (lag_ms / step * step).max(1)
}
