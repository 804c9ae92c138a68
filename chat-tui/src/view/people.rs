//! The people of a room with their presence, and its trending words. Must not know where the pane lies.

use chat_proto::ids::UserId;
use chat_proto::presence::{Availability, Presence};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::drawn::Drawn;
use super::layout::Pane;
use super::{draw, time};
use crate::app::{Model, Room, RoomKey, Server, Target};
use crate::text::{self, SafeText};
use crate::theme::{Role, Theme};

/// Most rows for trending words.
const TRENDING_ROWS: usize = 6;

struct Line {
    mark: &'static str,
    mark_role: Role,
    text: String,
    style: Style,
    note: String,
    /// The person; `None` for a title or a gap.
    user: Option<UserId>,
}

/// Draws the pane.
pub(super) fn draw(model: &Model, theme: &Theme, pane: Pane, (buffer, drawn): (&mut Buffer, &mut Drawn)) {
    draw::clear(buffer, pane.area, theme.style(Role::Text));
    if let Some(x) = pane.border {
        draw::line_down(buffer, x, (pane.area.top(), pane.area.bottom()), theme.style(Role::Border));
    }
    let (Some((room_key, room)), Some(server)) = (model.room(), model.server()) else { return };
    let lines = lines(model, theme, (room_key, room), server);
    let words = trending_words(room, pane.area.width.saturating_sub(2));
    let height = usize::from(pane.area.height);
    let for_trending = if words.is_empty() { 0 } else { (words.len() + 2).min(TRENDING_ROWS + 2).min(height / 2) };
    let for_people = height - for_trending;
    let mut rows = draw::rows(pane.area);
    let hidden = lines.len().saturating_sub(for_people);
    let shown = if hidden > 0 { for_people.saturating_sub(1) } else { lines.len() };
    for (line, row) in lines.iter().take(shown).zip(&mut rows) {
        draw_line(theme, line, row, buffer);
        drawn.viewport.targets.extend(line.user.map(|user| (draw::area(row), Target::Person(user))));
    }
    if hidden > 0
        && let Some(row) = rows.next()
    {
        // Titles and gaps do not count.
        let people = lines.iter().skip(shown).filter(|line| !line.mark.is_empty()).count();
        let more = format!("and {people} more");
        draw::text(buffer, draw::after(row, 1), &more, theme.style(Role::TextDim));
    }
    if for_trending > 0 {
        rows.next();
        if let Some(row) = rows.next() {
            draw::text(buffer, draw::after(row, 1), "trending", theme.style(Role::PaneTitle));
        }
        for (word, row) in words.iter().zip(&mut rows) {
            draw::text(buffer, draw::after(row, 1), word, theme.style(Role::Topic));
        }
    }
}

fn draw_line(theme: &Theme, line: &Line, row: Rect, buffer: &mut Buffer) {
    let inner = Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row };
    if line.mark.is_empty() {
        draw::text(buffer, inner, &line.text, line.style);
        return;
    }
    draw::text(buffer, inner, line.mark, theme.style(line.mark_role));
    let rest = draw::after(inner, 2);
    let used = draw::text(buffer, rest, &line.text, line.style);
    let rest = draw::after(rest, used + 1);
    if rest.width >= 2 {
        draw::text(buffer, rest, &line.note, theme.style(Role::TextFaint));
    }
}

/// Lists the people by availability, each group with a title and a count.
fn lines(model: &Model, theme: &Theme, (room_key, room): (RoomKey, &Room), server: &Server) -> Vec<Line> {
    let mut people: Vec<(UserId, SafeText, Presence)> =
        room.people.members.iter().map(|id| (*id, server.name(*id), server.presence(*id))).collect();
    people.sort_by(|a, b| a.1.as_str().cmp(b.1.as_str()));
    let groups = [
        ("here", &[Availability::Online, Availability::Dnd][..]),
        ("away", &[Availability::Away]),
        ("offline", &[Availability::Offline]),
        ("not known", &[Availability::Unknown]),
    ];
    let mut lines = Vec::new();
    for (title, members) in groups {
        let group: Vec<_> = people.iter().filter(|(.., presence)| members.contains(&presence.availability)).collect();
        // In a large room only some members are followed; the server counts them all.
        let count = match (title, room.people.online) {
            ("here", Some(online)) => online as usize,
            _ => group.len(),
        };
        if group.is_empty() && count == 0 {
            continue;
        }
        let style = theme.style(Role::PaneTitle);
        if !lines.is_empty() {
            lines.push(title_line(String::new(), style));
        }
        lines.push(title_line(format!("{title} · {count}"), style));
        for (id, name, presence) in group {
            let note = if server.my_id() == Some(*id) { own_note(presence) } else { note(model, room_key, presence) };
            let is_there =
                matches!(presence.availability, Availability::Online | Availability::Dnd | Availability::Away);
            let style = theme.style(if is_there { Role::Text } else { Role::TextDim });
            let (mark, mark_role) = mark(presence.availability);
            lines.push(Line { mark, mark_role, text: name.as_str().to_owned(), style, note, user: Some(*id) });
        }
    }
    lines
}

fn title_line(text: String, style: Style) -> Line {
    Line { mark: "", mark_role: Role::Text, text, style, note: String::new(), user: None }
}

/// Each availability has its own symbol; the colour only helps.
fn mark(availability: Availability) -> (&'static str, Role) {
    match availability {
        Availability::Online => ("●", Role::PresenceOnline),
        Availability::Away => ("◐", Role::PresenceAway),
        Availability::Dnd => ("⊖", Role::PresenceDnd),
        Availability::Offline => ("○", Role::PresenceOffline),
        Availability::Unknown => ("?", Role::PresenceOffline),
    }
}

/// Returns one's own status behind the mark that it is oneself.
fn own_note(presence: &Presence) -> String {
    presence
        .status
        .as_ref()
        .map_or_else(|| "you".to_owned(), |status| format!("you · {}", SafeText::line(status.as_str()).as_str()))
}

/// Returns the person's status, or the time since they were last seen.
fn note(model: &Model, room_key: RoomKey, presence: &Presence) -> String {
    match (&presence.status, presence.last_seen) {
        (Some(status), _) => SafeText::line(status.as_str()).as_str().to_owned(),
        (None, Some(seen)) => time::span(model.server_now(room_key).since_ms(seen)),
        (None, None) => String::new(),
    }
}

/// Arranges the words in lines, separated by dots.
fn trending_words(room: &Room, columns: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for topic in &room.trending {
        let word = SafeText::line(&topic.word);
        let word = text::fit(word.as_str(), usize::from(columns)).into_owned();
        match lines.last_mut() {
            Some(line) if text::width(line) + 3 + text::width(&word) <= usize::from(columns) => {
                line.push_str(" · ");
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.truncate(TRENDING_ROWS);
    lines
}
