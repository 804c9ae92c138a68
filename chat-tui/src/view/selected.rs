//! Describes the selected message: its name, its time, and the keys that mean something for it. Must not know where that
//! is shown.

use chat_proto::ids::Seq;

use super::time;
use crate::app::{Model, TimelineEntry, may_delete, may_edit};
use crate::text::addresses;

/// Returns the message's name and its time: `general/12 · Thu 20 Nov 14:02:07`.
pub(super) fn name_and_time(model: &Model, seq: Seq) -> Option<String> {
    let (room_key, room) = model.room()?;
    let entry = room.timeline.get(seq)?;
    let mark = if room.is_direct() { "@" } else { "" };
    let at = time::moment(entry.at, model.now, &model.setup.zone);
    Some(format!("{mark}{}/{seq} · {at}", model.title(room_key).as_str()))
}

/// Names the mode, and the keys of what this account may do with the message.
pub(super) fn keys(model: &Model, seq: Seq) -> String {
    let found = model.room().and_then(|(_, room)| Some((room, room.timeline.get(seq)?)));
    let entry = found.map(|(_, entry)| entry);
    let may = |is_allowed: fn(&TimelineEntry, &crate::app::Room, &crate::app::Server) -> bool| {
        found.zip(model.server()).is_some_and(|((room, entry), server)| is_allowed(entry, room, server))
    };
    let content = entry.and_then(TimelineEntry::content);
    let has_history = content.is_some_and(|content| content.is_edited && content.expires_at().is_none());
    let has_link = content.is_some_and(|content| !addresses(&content.text).is_empty());
    let keys = [
        ("e edit", may(may_edit)),
        ("D delete", may(may_delete)),
        ("v before", has_history),
        ("o open", has_link),
        ("y copy", true),
        ("u unread", true),
    ];
    let keys = keys.iter().filter(|(_, is_offered)| *is_offered).map(|(key, _)| *key);
    // The input box shows the name, unless a draft stands there.
    let has_draft = found.is_some_and(|(room, _)| !room.writing.draft.is_empty());
    let name = if has_draft { name_and_time(model, seq) } else { None };
    let mode = name.map_or_else(|| "SELECTED".to_owned(), |name| format!("SELECTED {name}"));
    let all: Vec<_> = std::iter::once("j k move").chain(keys).chain(["Esc back"]).collect();
    format!("{mode}: {}", all.join(" · "))
}
