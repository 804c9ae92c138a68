//! Shows the earlier texts of a message; they leave the screen with the message. Must not know drawing.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::{Versions, VersionsAnswer};

use super::outcomes::Outcomes;
use super::overlays::{EditHistory, Overlay, Overlays};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::text::SafeText;

impl Overlays {
    /// Shows the earlier texts of a message that was last changed at `changed`, unless something else is open.
    pub fn on_versions(
        &mut self,
        (room_key, seq): (RoomKey, Seq),
        changed: Seq,
        answer: &VersionsAnswer,
        out: &mut Outcomes,
    ) {
        let top = match &self.open {
            None => 0,
            Some(Overlay::EditHistory(shown)) if (shown.room_key, shown.seq) == (room_key, seq) => shown.top,
            Some(_) => return,
        };
        if answer.versions.is_empty() {
            return out.show_info("That message has no earlier versions.");
        }
        let texts = answer.versions.iter().map(|version| (SafeText::block(version.body.as_str()), version.replaced_at));
        let shown = EditHistory { room_key, seq, texts: texts.collect(), changed, top };
        self.open = Some(Overlay::EditHistory(shown));
    }

    /// The message whose earlier texts are shown.
    pub fn shown_message(&self) -> Option<(RoomKey, Seq)> {
        match &self.open {
            Some(Overlay::EditHistory(shown)) => Some((shown.room_key, shown.seq)),
            Some(
                Overlay::Switcher(_)
                | Overlay::HistorySearch(_)
                | Overlay::Links(_)
                | Overlay::Help { .. }
                | Overlay::Info { .. }
                | Overlay::Deletion { .. },
            )
            | None => None,
        }
    }

    /// Follows the shown message, last changed at `changed`: if it is gone, its texts leave the screen; if it was edited
    /// again, they are requested again.
    pub fn follow_message(&mut self, changed: Option<Seq>, is_ready: bool, out: &mut Outcomes) {
        let Some(Overlay::EditHistory(shown)) = &mut self.open else { return };
        match changed {
            None => {
                self.close();
                out.show_info("That message is gone, and its earlier versions with it.");
            }
            Some(now) if now != shown.changed => {
                shown.changed = now;
                if is_ready {
                    let (key, seq) = (shown.room_key, shown.seq);
                    out.ask(key.server, Versions { room: key.room, seq }, Purpose::Versions(key, seq));
                }
            }
            Some(_) => {}
        }
    }
}
