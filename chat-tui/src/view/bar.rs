//! The line at the top: room, topic, and how the link is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{draw, time};
use crate::app::{LinkState, Model, Server};
use crate::theme::{Role, Theme};

/// Draws the line.
pub(super) fn draw(model: &Model, theme: &Theme, bar: Rect, buffer: &mut Buffer) {
    draw::clear(buffer, bar, theme.style(Role::Bar));
    let inner = Rect { x: bar.x + 1, width: bar.width.saturating_sub(2), ..bar };
    let (text, role) = model.server().map_or_else(|| (String::new(), Role::LinkDown), |server| link(model, server));
    let used = draw::text_right(buffer, inner, &text, theme.style(role));
    let rest = Rect { width: inner.width.saturating_sub(used + 2), ..inner };
    let Some((place, room)) = model.room() else { return };
    let mark = if room.is_direct() {
        "@"
    } else if room.is_ephemeral() {
        "~"
    } else {
        "#"
    };
    let name = format!("{mark}{}", model.title(place).as_str());
    let used = draw::text(buffer, rest, &name, theme.style(Role::BarRoom));
    let rest = draw::after(rest, used + 2);
    if let Some(topic) = room.info.topic.as_ref().filter(|_| rest.width > 4) {
        let topic = crate::text::SafeText::line(topic.text.as_str());
        draw::text(buffer, rest, topic.as_str(), theme.style(Role::BarTopic));
    }
}

/// The link in a few words; what is said never hangs on a colour alone.
fn link(model: &Model, server: &Server) -> (String, Role) {
    match &server.link {
        LinkState::Ready => match server.lag_ms {
            Some(lag) if lag >= 300 => (format!("● online, slow: {} ms", step(lag)), Role::LinkSlow),
            Some(lag) => (format!("● online {} ms", step(lag)), Role::LinkGood),
            None => ("● online".to_owned(), Role::LinkGood),
        },
        LinkState::Connecting => ("◌ connecting".to_owned(), Role::LinkSlow),
        LinkState::Down { retry_at, .. } => match retry_at.since_ms(model.now) {
            0 => ("○ offline".to_owned(), Role::LinkDown),
            ms => (format!("○ offline, again in {}", time::countdown(ms)), Role::LinkDown),
        },
        LinkState::Denied { .. } => ("✗ signed out".to_owned(), Role::LinkDown),
    }
}

/// A lag in steps, so that the screen does not change with each measure.
fn step(lag_ms: u64) -> u64 {
    let step = match lag_ms {
        0..10 => 1,
        10..100 => 10,
        100..500 => 50,
        _ => 100,
    };
    (lag_ms / step * step).max(1)
}
