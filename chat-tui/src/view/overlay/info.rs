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

/// Draws the details.
pub(super) fn draw(model: &Model, theme: &Theme, outer: Rect, (info, buffer): (&RoomInfoAnswer, &mut Buffer)) {
    let room = &info.listing.room;
    let name = room.name.as_ref().map_or_else(|| "conversation".to_owned(), |name| format!("#{name}"));
    let inner = frame::draw(theme, outer, (&name, "Esc close"), buffer);
    let mut rows = draw::rows(inner);
    for (label, value) in facts(model, info) {
        let value = SafeText::block(&value);
        let text = value.as_str();
        let columns = usize::from(inner.width.saturating_sub(LABELS));
        for (index, line) in wrap_words(text, columns).into_iter().enumerate() {
            let Some(row) = rows.next() else { return };
            if index == 0 {
                draw::text(buffer, row, label, theme.style(Role::OverlayDim));
            }
            draw::text(buffer, draw::after(row, LABELS), &text[line], theme.style(Role::Overlay));
        }
    }
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
