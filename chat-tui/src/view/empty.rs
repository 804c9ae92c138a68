//! The message list without a message: an empty room explains itself. Must not know how messages are drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{draw, rooms};
use crate::action::{Action, KeyContext};
use crate::app::{History, Model, Room, RoomKey, Server};
use crate::text::wrap_words;
use crate::theme::{Role, Theme};

/// Draws the text of an empty list at its bottom.
pub(super) fn draw(model: &Model, theme: &Theme, list: Rect, buffer: &mut Buffer) {
    let lines = match model.room() {
        Some((room_key, room)) if room.backlog.history == History::Complete => explain(model, room_key, room),
        Some(_) => vec!["loading …".to_owned()],
        None if model.sign_in.is_some() => Vec::new(),
        None if model.rooms.is_empty() && !model.server().is_some_and(Server::is_ready) => {
            vec!["connecting …".to_owned()]
        }
        None => vec![format!("No room is open. {} finds one, /join enters one.", go(model))],
    };
    let inner = draw::after(Rect { width: list.width.saturating_sub(1), ..list }, 1);
    let columns = usize::from(inner.width).max(1);
    let wrapped = |line: &String| -> Vec<String> {
        wrap_words(line, columns).into_iter().map(|part| line[part].to_owned()).collect()
    };
    let texts: Vec<_> = lines.iter().flat_map(wrapped).take(usize::from(inner.height)).collect();
    let first = inner.bottom() - texts.len() as u16;
    for (text, y) in texts.iter().zip(first..) {
        draw::text(buffer, Rect { y, height: 1, ..inner }, text, theme.style(Role::TextFaint));
    }
}

/// Where one is, and how one goes on.
fn explain(model: &Model, room_key: RoomKey, room: &Room) -> Vec<String> {
    let name = format!("{}{}", rooms::mark(room), model.title(room_key).as_str());
    let mut lines = vec![format!("{name} is empty. Type a message and press Enter.")];
    if let Some((server, me)) = model.server().and_then(|server| Some((server, server.me.as_ref()?))) {
        let label = server.label.as_str();
        let at = if label.contains(' ') { "on" } else { "at" };
        lines.push(format!("You are {} {at} {label}.", me.name));
    }
    lines.push(format!("{} finds, joins or creates a room.", go(model)));
    if let Some(select) = model.setup.key(KeyContext::Composer, Action::Cancel) {
        lines.push(format!("{select} selects a message to edit or copy."));
    }
    let everywhere = |action| model.setup.key(KeyContext::Everywhere, action);
    let (help, leave) = (everywhere(Action::Help).unwrap_or("/help"), everywhere(Action::Quit).unwrap_or("/quit"));
    lines.push(format!("{help} shows all keys, {leave} leaves."));
    lines
}

fn go(model: &Model) -> &str {
    model.setup.key(KeyContext::Everywhere, Action::SwitchRoom).unwrap_or("/switch")
}
