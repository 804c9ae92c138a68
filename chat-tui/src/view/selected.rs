//! Describes the selected message: its name, its time, and the keys that mean something for it. Must not know where that
//! is shown.

use chat_proto::ids::Seq;

use super::time;
use crate::action::{Action, KeyContext};
use crate::app::{Model, TimelineEntry, may_delete, may_edit};
use crate::text::{addresses, wrap_words};

/// A space at which no row ends.
pub(super) const NO_BREAK: &str = "\u{a0}";

/// Returns the message's name and its time: `general/12 · Thu 20 Nov 14:02:07`.
pub(super) fn name_and_time(model: &Model, seq: Seq) -> Option<String> {
    let (room_key, room) = model.room()?;
    let entry = room.timeline.get(seq)?;
    let mark = if room.is_direct() { "@" } else { "" };
    let at = time::moment(entry.at, model.now, &model.setup.zone);
    Some(format!("{mark}{}/{seq} · {at}", model.title(room_key).as_str()))
}

/// Names the mode, and the keys of what this account may do with the message, in so many rows: without those that matter
/// least, if there is no room for all.
pub(super) fn keys(model: &Model, seq: Seq, (columns, rows): (usize, usize)) -> String {
    let Some((room, server)) = model.room().map(|(_, room)| room).zip(model.server()) else { return String::new() };
    let entry = room.timeline.get(seq);
    let content = entry.and_then(TimelineEntry::content);
    let key = |action, usual| model.setup.usual_key(KeyContext::Messages, action, usual);
    let keys = [key(Action::SelectDown, "j"), key(Action::SelectUp, "k")];
    let move_keys = keys.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let can_edit = entry.is_some_and(|entry| may_edit(entry, room, server));
    let can_delete = entry.is_some_and(|entry| may_delete(entry, room, server));
    let has_versions = content.is_some_and(|content| content.is_edited && content.expires_at().is_none());
    let has_link = content.is_some_and(|content| !addresses(&content.text).is_empty());
    let offered = [
        (Some(move_keys.as_str()).filter(|keys| !keys.is_empty()), "move"),
        (key(Action::EditMessage, "e").filter(|_| can_edit), "edit"),
        (key(Action::DeleteMessage, "D").filter(|_| can_delete), "delete"),
        (key(Action::Versions, "v").filter(|_| has_versions), "before"),
        (key(Action::OpenLink, "o").filter(|_| has_link), "open"),
        (key(Action::CopyMessage, "y"), "copy"),
        (key(Action::MarkUnread, "u"), "unread"),
        (key(Action::Back, "Esc"), "back"),
    ];
    // The input box shows the name, unless a draft stands there.
    let name = name_and_time(model, seq).filter(|_| !room.writing.draft.is_empty());
    let line = |has_name: bool, left_out: &[&str]| {
        let name = name.as_deref().filter(|_| has_name).map_or_else(String::new, |name| format!(" {name}"));
        let keys = offered.iter().filter(|(_, verb)| !left_out.contains(verb));
        // A key stays on one row with its meaning.
        let keys = keys.filter_map(|(key, verb)| Some(format!("{} {verb}", (*key)?).replace(' ', NO_BREAK)));
        let keys: Vec<_> = keys.collect();
        format!("SELECTED{name}: {}", keys.join(&format!("{NO_BREAK}· ")))
    };
    let fewer = [&[][..], &["unread"], &["unread", "before"], &["unread", "before", "copy"]];
    let lines = std::iter::once(line(true, &[])).chain(fewer.into_iter().map(|left_out| line(false, left_out)));
    let fits = |line: &String| wrap_words(line, columns).len() <= rows;
    lines.clone().find(fits).or_else(|| lines.last()).unwrap_or_default()
}
