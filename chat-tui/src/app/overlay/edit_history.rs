//! What a message said before it was edited: asked for, shown, and gone from the screen with the message.

use chat_proto::ids::Seq;
use chat_proto::request::{Versions, VersionsAnswer};
use chat_proto::time::UnixMillis;

use super::Overlay;
use crate::app::answers::Purpose;
use crate::app::model::Model;
use crate::app::room_key::RoomKey;
use crate::text::SafeText;

/// The texts of a message.
#[derive(Clone, Debug)]
pub struct EditHistory {
    /// Where.
    pub room_key: RoomKey,
    /// Which message.
    pub seq: Seq,
    /// What it said, and until when, by the server's clock; oldest first.
    pub texts: Vec<(SafeText, UnixMillis)>,
    /// The message's last change when this was asked for.
    changed: Seq,
    /// The first row in sight.
    pub top: usize,
}

/// Asks for the former texts of a message.
pub(in crate::app) fn request(model: &mut Model, room_key: RoomKey, seq: Seq) {
    model.ask(room_key.server, Versions { room: room_key.room, seq }, Purpose::Versions(room_key, seq));
}

/// The former texts have come. They are shown where the person still looks at that room, over nothing else.
pub(in crate::app) fn on_versions(model: &mut Model, (room_key, seq): (RoomKey, Seq), answer: &VersionsAnswer) {
    let top = match &model.overlay {
        None => 0,
        Some(Overlay::EditHistory(shown)) if (shown.room_key, shown.seq) == (room_key, seq) => shown.top,
        Some(_) => return,
    };
    let Some(changed) = last_change(model, room_key, seq).filter(|_| model.current == Some(room_key)) else { return };
    if answer.versions.is_empty() {
        return model.show_info("That message has no former texts.");
    }
    let texts = answer.versions.iter().map(|version| (SafeText::block(version.body.as_str()), version.replaced_at));
    model.overlay = Some(Overlay::EditHistory(EditHistory { room_key, seq, texts: texts.collect(), changed, top }));
}

/// What follows from a change of the message: the texts of one that was deleted leave the screen, and those of one
/// that was edited again are asked for again.
pub(in crate::app) fn refresh(model: &mut Model) {
    let Some(Overlay::EditHistory(shown)) = &model.overlay else { return };
    let (room_key, seq) = (shown.room_key, shown.seq);
    match last_change(model, room_key, seq) {
        None => {
            model.overlay = None;
            model.show_info("That message is gone, and its former texts with it.");
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

/// The last change of a message; none where there is no text of it any more.
fn last_change(model: &Model, room_key: RoomKey, seq: Seq) -> Option<Seq> {
    let entry = model.rooms.get(&room_key)?.timeline.get(seq)?;
    entry.content().map(|_| entry.changed)
}
