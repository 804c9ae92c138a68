//! Requests and shows the earlier texts of a message; they leave the screen with the message. Must not know drawing.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::{Versions, VersionsAnswer};

use crate::app::model::Model;
use crate::app::parts::overlays::{EditHistory, Overlay};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::text::SafeText;

/// Requests the earlier texts of a message.
pub fn request(model: &mut Model, room_key: RoomKey, seq: Seq) {
    model.ask(room_key.server, Versions { room: room_key.room, seq }, Purpose::Versions(room_key, seq));
}

/// Shows the earlier texts, if the user still looks at that room and nothing else lies over it.
pub fn on_versions(model: &mut Model, (room_key, seq): (RoomKey, Seq), answer: &VersionsAnswer) {
    let top = match &model.overlay {
        None => 0,
        Some(Overlay::EditHistory(shown)) if (shown.room_key, shown.seq) == (room_key, seq) => shown.top,
        Some(_) => return,
    };
    let Some(changed) = last_change(model, room_key, seq).filter(|_| model.current == Some(room_key)) else { return };
    if answer.versions.is_empty() {
        return model.show_info("That message has no earlier versions.");
    }
    let texts = answer.versions.iter().map(|version| (SafeText::block(version.body.as_str()), version.replaced_at));
    model.overlay = Some(Overlay::EditHistory(EditHistory { room_key, seq, texts: texts.collect(), changed, top }));
}

/// Follows the shown message: if it is gone, its texts leave the screen; if it was edited again, they are requested
/// again.
pub fn refresh(model: &mut Model) {
    let Some(Overlay::EditHistory(shown)) = &model.overlay else { return };
    let (room_key, seq) = (shown.room_key, shown.seq);
    match last_change(model, room_key, seq) {
        None => {
            model.overlay = None;
            model.show_info("That message is gone, and its earlier versions with it.");
        }
        Some(now) if now != shown.changed => {
            if let Some(Overlay::EditHistory(shown)) = &mut model.overlay {
                shown.changed = now;
            }
            if model.is_ready(room_key.server) {
                request(model, room_key, seq);
            }
        }
        Some(_) => {}
    }
}

/// The last change of a message; `None` if its text is gone.
fn last_change(model: &Model, room_key: RoomKey, seq: Seq) -> Option<Seq> {
    let entry = model.rooms.get(&room_key)?.timeline.get(seq)?;
    entry.content().map(|_| entry.changed)
}
