//! The terminal's title. Must not know how a title is set.

use crate::app::Model;
use crate::text::SafeText;

/// Returns the title: the open room, with the mentions or unread messages of all rooms.
pub fn title(model: &Model) -> SafeText {
    let mentions: u32 = model.rooms.values().map(|room| room.reading.mentions()).sum();
    let unread: u32 = model.rooms.values().map(|room| room.reading.unread()).sum();
    let room =
        model.room().map_or_else(|| "chat".to_owned(), |(room_key, _)| format!("#{}", model.title(room_key).as_str()));
    SafeText::line(&match (mentions, unread) {
        (0, 0) => room,
        (0, unread) => format!("({unread}) {room}"),
        (mentions, _) => format!("(@{mentions}) {room}"),
    })
}
