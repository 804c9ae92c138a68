//! Sends the text in the input box: a message, an edit or a command. Must not know how messages travel, or what commands
//! do.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Edit;
use chat_proto::text::{MessageBody, TextError};
use chat_proto::time::UnixMillis;

use super::command_line::{self, ParsedLine};
use super::composer::Composer;
use super::open_room::OpenRoom;
use super::outcomes::Outcomes;
use super::server::Server;
use crate::app::state::draft::Draft;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::{Purpose, WrittenText};

impl Composer {
    /// Sends the draft, or runs the command in it.
    pub(super) fn send(&mut self, open: Option<OpenRoom>, now: UnixMillis, out: &mut Outcomes) {
        let Some(mut open) = open else { return };
        let text = open.room.writing.draft.text().to_owned();
        if text.trim().is_empty() {
            return;
        }
        if let Some(seq) = open.room.writing.editing {
            return send_edit(seq, &text, &mut open, out);
        }
        match command_line::parse(&text) {
            Some(ParsedLine::Command { action, argument }) => out.push(Outcome::Run(action, argument)),
            Some(ParsedLine::Advice(advice)) => out.show_error(advice),
            Some(ParsedLine::Unknown { word }) => {
                out.show_error(&format!(
                    "There is no /{word}; /help shows what there is. Begin with // to send a slash."
                ));
            }
            Some(ParsedLine::Text(message)) => self.send_text((&text, &message), &mut open, now, out),
            None => self.send_text((&text, &text), &mut open, now, out),
        }
    }

    /// Sends the message of a line, and empties the draft.
    fn send_text(&mut self, (line, message): (&str, &str), open: &mut OpenRoom, now: UnixMillis, out: &mut Outcomes) {
        let body = match body_of(message.trim_end(), open.server) {
            Ok(body) => body,
            Err(error) => return show_text_error(&error, out),
        };
        let key = open.room.key;
        out.push(Outcome::Post(key, Draft { body, code: None, life: None }));
        self.remember(line, open.room, out);
        self.clear(open, now, out);
    }
}

/// Saves an edit, and puts the draft back that it interrupted.
fn send_edit(seq: Seq, text: &str, open: &mut OpenRoom, out: &mut Outcomes) {
    if !open.server.is_ready() {
        return out.show_error("Server unreachable; save your edit once you are connected.");
    }
    match body_of(text, open.server) {
        Ok(body) => {
            open.room.writing.stop_editing();
            let written = WrittenText {
                text: text.to_owned(),
                editing: Some(seq),
                draft_after: open.room.writing.draft.text().to_owned(),
                failure: "could not edit the message",
            };
            let key = open.room.key;
            out.ask(key.server, Edit { room: key.room, seq, body }, Purpose::Written(key, written));
        }
        Err(error) => show_text_error(&error, out),
    }
}

/// The text as a message, as long as the server allows.
fn body_of(text: &str, server: &Server) -> Result<MessageBody, TextError> {
    let body: MessageBody = text.parse()?;
    body.check_within(&server.limits)?;
    Ok(body)
}

/// Says why a text cannot be sent; the draft stays.
fn show_text_error(error: &TextError, out: &mut Outcomes) {
    out.show_error(&format!("The message {error}. It is still here; shorten it, or send it in parts."));
}
