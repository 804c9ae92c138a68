//! What a message said before it was edited: asked for, shown, and gone from the screen with the message.

use chat_proto::ids::Seq;
use chat_proto::request::{Versions, VersionsAnswer};
use chat_proto::time::UnixMillis;

use super::Overlay;
use crate::app::answers::Purpose;
use crate::app::model::Model;
use crate::app::place::Place;
use crate::text::SafeText;

/// The texts of a message.
#[derive(Clone, Debug)]
pub struct FormerTexts {
    /// Where.
    pub place: Place,
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
pub(in crate::app) fn ask(model: &mut Model, place: Place, seq: Seq) {
    model.ask(place.server, Versions { room: place.room, seq }, Purpose::Versions(place, seq));
}

/// The former texts have come. They are shown where the person still looks at that room, over nothing else.
pub(in crate::app) fn came(model: &mut Model, (place, seq): (Place, Seq), answer: &VersionsAnswer) {
    let top = match &model.overlay {
        None => 0,
        Some(Overlay::Former(shown)) if (shown.place, shown.seq) == (place, seq) => shown.top,
        Some(_) => return,
    };
    let Some(changed) = changed(model, place, seq).filter(|_| model.current == Some(place)) else { return };
    if answer.versions.is_empty() {
        return model.tell("That message has no former texts.");
    }
    let texts = answer.versions.iter().map(|version| (SafeText::block(version.body.as_str()), version.replaced_at));
    model.overlay = Some(Overlay::Former(FormerTexts { place, seq, texts: texts.collect(), changed, top }));
}

/// What follows from a change of the message: the texts of one that was deleted leave the screen, and those of one
/// that was edited again are asked for again.
pub(in crate::app) fn settle(model: &mut Model) {
    let Some(Overlay::Former(shown)) = &model.overlay else { return };
    let (place, seq) = (shown.place, shown.seq);
    match changed(model, place, seq) {
        None => {
            model.overlay = None;
            model.tell("That message is gone, and its former texts with it.");
        }
        Some(now) if now != shown.changed => {
            if let Some(Overlay::Former(shown)) = &mut model.overlay {
                shown.changed = now;
            }
            if model.is_ready(place.server) {
                ask(model, place, seq);
            }
        }
        Some(_) => {}
    }
}

/// The last change of a message; none where there is no text of it any more.
fn changed(model: &Model, place: Place, seq: Seq) -> Option<Seq> {
    let entry = model.rooms.get(&place)?.timeline.get(seq)?;
    entry.said().map(|_| entry.changed)
}
