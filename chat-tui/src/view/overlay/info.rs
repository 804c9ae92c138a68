//! The details of a room. Must not know how they are requested.

use chat_proto::request::RoomInfoAnswer;
use chat_proto::room::{Role as MemberRole, RoomKind, Rsvp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame;
use crate::app::Model;
use crate::text::{SafeText, wrap_words};
use crate::theme::{Role, Theme};
use crate::view::{draw, time};

/// Columns of the labels.
const LABELS: u16 = 14;

/// Columns of the frame.
pub(super) const COLUMNS: u16 = 64;

/// A row: the label, if it is the first of its fact, and a line of the value.
type Row = (&'static str, String);

/// Returns the rows of the frame on a screen of this width.
pub(super) fn height(model: &Model, info: &RoomInfoAnswer, columns: u16) -> u16 {
    let inner = columns.min(COLUMNS).saturating_sub(4);
    u16::try_from(rows(model, info, inner).len()).unwrap_or(u16::MAX).saturating_add(2)
}

/// Draws the details from row `top` on. Returns the last row that may be at the top.
pub(super) fn draw(
    model: &Model,
    theme: &Theme,
    outer: Rect,
    (info, top, buffer): (&RoomInfoAnswer, usize, &mut Buffer),
) -> usize {
    let room = &info.listing.room;
    let name = room.name.as_ref().map_or_else(|| "conversation".to_owned(), |name| format!("#{name}"));
    let is_whole = height(model, info, outer.width) <= outer.height;
    let hint = if is_whole { "Esc close" } else { "↑↓ scroll · Esc close" };
    let inner = frame::draw(theme, outer, (&name, hint), buffer);
    let rows = rows(model, info, inner.width);
    let last = rows.len().saturating_sub(usize::from(inner.height));
    for ((label, line), area) in rows.iter().skip(top.min(last)).zip(draw::rows(inner)) {
        draw::text(buffer, area, label, theme.style(Role::OverlayDim));
        draw::text(buffer, draw::after(area, LABELS), line, theme.style(Role::Overlay));
    }
    last
}

fn rows(model: &Model, info: &RoomInfoAnswer, columns: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    for (label, value) in facts(model, info) {
        let value = SafeText::block(&value);
        let lines = wrap_words(value.as_str(), usize::from(columns.saturating_sub(LABELS)).max(1));
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        rows.extend(labels.zip(lines.into_iter().map(|line| value.as_str()[line].to_owned())));
    }
    rows
}

fn facts(model: &Model, info: &RoomInfoAnswer) -> Vec<(&'static str, String)> {
    let room = &info.listing.room;
    let zone = &model.setup.zone;
    let made_on = time::day(room.created_at, zone).map_or_else(String::new, |day| day.to_string());
    let made_by = model.server().map(|server| server.name(room.created_by)).unwrap_or_default();
    let kind = match room.kind {
        RoomKind::Public => "everyone may read and join",
        RoomKind::Private => "members only",
        RoomKind::Direct => "between its people",
    };
    let own = match info.own_rsvp {
        Rsvp::None => "",
        Rsvp::Interested => "; you: interested",
        Rsvp::Attending => "; you: attending",
    };
    let role = match info.role {
        Some(MemberRole::Member) => "member",
        Some(MemberRole::Moderator) => "moderator",
        Some(MemberRole::Owner) => "owner",
        None => "not a member",
    };
    let life = room
        .default_ttl_ms
        .map_or_else(|| "persistent messages".to_owned(), |ms| format!("messages expire after {}", time::span(ms)));
    let mut facts = Vec::new();
    if let Some(topic) = &room.topic {
        facts.push(("topic", topic.text.to_string()));
    }
    if let Some(description) = &room.description {
        facts.push(("about", description.to_string()));
    }
    facts.extend([
        ("people", format!("{} members, {} here", room.members, info.listing.online)),
        ("RSVP", format!("{} attending, {} interested{own}", info.rsvp.attending, info.rsvp.interested)),
        ("messages", info.messages.to_string()),
        ("kind", format!("{kind}; {life}")),
        ("you are", role.to_owned()),
        ("made", format!("{made_on} by {}", made_by.as_str())),
        ("id", room.id.to_string()),
    ]);
    facts
}
