//! The draft of a room: who learns that it is written, and when it goes to disk. Must not know keys, or sending.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::SetTyping;
use chat_proto::time::UnixMillis;

use super::room::Room;
use crate::action::Action;
use crate::app::parts::command_line::{self, ParsedLine};
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::Server;
use crate::app::state::effect::PersistOp;
use crate::app::state::purpose::Purpose;
use crate::app::state::timeline_entry::TimelineEntry;

impl Room {
    /// Whether a text written here would become an ephemeral message, which no file may hold.
    pub fn would_expire(&self, text: &str) -> bool {
        let is_command =
            matches!(command_line::parse(text), Some(ParsedLine::Command { action: Action::SendEphemeral, .. }));
        is_command || self.is_ephemeral()
    }

    /// Whether the text in the input box is, or would become, an ephemeral message. A message whose text is gone may have
    /// been one.
    pub fn is_draft_ephemeral(&self) -> bool {
        match self.writing.editing {
            Some(seq) => {
                let content = self.timeline.get(seq).and_then(TimelineEntry::content);
                content.is_none_or(|content| content.expires_at().is_some())
            }
            None => self.would_expire(self.writing.draft.text()),
        }
    }

    /// The user changed the draft: the server learns that they are typing, or have stopped.
    pub fn on_draft_changed(&mut self, server: &Server, now: UnixMillis, out: &mut Outcomes) {
        self.writing.is_draft_saved = false;
        let (draft, editing) = (&self.writing.draft, self.writing.editing);
        // Commands are private, and an edit is no new message.
        let is_typing = !draft.is_empty() && !draft.text().starts_with('/') && editing.is_none();
        self.report_typing(is_typing, server, now, out);
    }

    /// The user opened another room: they type in this one no longer.
    pub fn stop_typing(&mut self, server: &Server, now: UnixMillis, out: &mut Outcomes) {
        self.report_typing(false, server, now, out);
    }

    fn report_typing(&mut self, is_typing: bool, server: &Server, now: UnixMillis, out: &mut Outcomes) {
        if server.is_ready() && self.people.typing.on_draft(is_typing, server.limits.typing_every_ms, now) {
            out.ask(self.key.server, SetTyping { room: self.key.room, is_typing }, Purpose::Nothing);
        }
    }

    /// Puts the draft on disk if it has changed; one that would expire is removed from there. The text of an edit is no
    /// draft.
    pub fn save_draft(&mut self, out: &mut Outcomes) {
        if self.writing.is_draft_saved {
            return;
        }
        self.writing.is_draft_saved = true;
        let text = self.writing.message_draft();
        let saved = if self.would_expire(text) { String::new() } else { text.to_owned() };
        out.persist(self.key.server, PersistOp::StoreDraft(self.key.room, saved));
    }
}
