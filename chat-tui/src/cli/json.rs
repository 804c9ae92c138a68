//! The JSON lines of `--json`: one object a line, `"v":1`, and a `type`. A contract: fields are added, never changed.

use std::io;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::Rsvp;
use chat_proto::time::UnixMillis;
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter};

use super::exit::ErrorReport;

/// The version of this output.
const VERSION: u8 = 1;

/// Something with a place in a room: a message, or a change that is told as a line of its own.
#[derive(Debug, Serialize)]
pub(super) struct ItemLine<'a> {
    v: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    room: &'a str,
    room_id: RoomId,
    seq: Seq,
    from: &'a str,
    from_id: UserId,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    /// The number of the change itself, where it is not the message's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Rsvp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
}

/// Where an item stands and who made it, by the names of this moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemNames<'a> {
    /// The room's id.
    pub room_id: RoomId,
    /// The room's name.
    pub room: &'a str,
    /// The author's name.
    pub from: &'a str,
}

impl<'a> ItemLine<'a> {
    /// The line for an item. `is_change` where it is told because of a change to something told before.
    pub fn new(item: &'a Item, names: ItemNames<'a>, is_change: bool) -> Self {
        let mut line = Self {
            v: VERSION,
            kind: kind_of(item, is_change),
            id: format!("{}/{}", names.room, item.seq),
            room: names.room,
            room_id: names.room_id,
            seq: item.seq,
            from: names.from,
            from_id: item.by,
            at: rfc3339(item.at),
            body: None,
            code: None,
            expires_at: None,
            edited_at: None,
            deleted: None,
            key: None,
            reply_to: None,
            changed: (item.changed != item.seq).then_some(item.changed),
            topic: None,
            answer: None,
            duplicate: false,
        };
        line.fill(&item.content);
        line
    }

    /// The same line, marked as accepted before under the same key.
    #[must_use]
    pub fn duplicate(mut self, is_duplicate: bool) -> Self {
        self.duplicate = is_duplicate;
        self
    }

    fn fill(&mut self, content: &'a Content) {
        match content {
            Content::Message(message) => {
                self.body = Some(message.body.as_str());
                self.code = message.code.as_ref().map(chat_proto::text::CodeLanguage::as_str);
                self.expires_at = message.expires_at.map(rfc3339);
                self.edited_at = message.edited_at.map(rfc3339);
                self.key = message.key.as_ref().map(chat_proto::ids::ClientKey::as_str);
                self.reply_to = message.reply_to;
            }
            Content::Deleted { .. } => self.deleted = Some(true),
            Content::Expired { expired_at } => self.expires_at = Some(rfc3339(*expired_at)),
            Content::Topic { topic } => self.topic = topic.as_ref().map(chat_proto::text::TopicText::as_str),
            Content::Description { description } => {
                self.body = description.as_ref().map(chat_proto::text::Description::as_str);
            }
            Content::Renamed { name } => self.body = Some(name.as_str()),
            Content::Rsvp { answer } => self.answer = Some(*answer),
            Content::Join | Content::Leave => {}
        }
    }
}

/// The `type` of an item's line.
fn kind_of(item: &Item, is_change: bool) -> &'static str {
    match &item.content {
        Content::Message(message) if is_change && message.edited_at.is_some() => "edit",
        Content::Message(_) => "message",
        Content::Deleted { .. } => "delete",
        Content::Expired { .. } => "expire",
        Content::Join => "join",
        Content::Leave => "leave",
        Content::Topic { .. } => "topic",
        Content::Description { .. } => "description",
        Content::Renamed { .. } => "renamed",
        Content::Rsvp { .. } => "rsvp",
    }
}

/// Any other line: a `type` and the fields of `body`.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a, T> {
    v: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

impl<'a, T: Serialize> Line<'a, T> {
    /// A line of type `kind`.
    pub fn new(kind: &'static str, body: &'a T) -> Self {
        Self { v: VERSION, kind, body }
    }
}

/// What a command did, with the name of what it did it to.
#[derive(Debug, Serialize)]
pub(super) struct ResultLine<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    room: String,
    room_id: RoomId,
    #[serde(flatten)]
    answer: &'a T,
}

impl<'a, T: Serialize> ResultLine<'a, T> {
    /// An answer about a room.
    pub fn room(room: String, room_id: RoomId, answer: &'a T) -> Self {
        Self { id: None, room, room_id, answer }
    }

    /// An answer about a message of a room.
    pub fn message(room: String, room_id: RoomId, seq: Seq, answer: &'a T) -> Self {
        Self { id: Some(format!("{room}/{seq}")), room, room_id, answer }
    }
}

/// A line of type `kind`, with the moments in it as people and scripts read them.
pub(super) fn line<T: Serialize>(kind: &'static str, value: &T) -> String {
    let mut body = serde_json::to_value(value).expect("invariant: output types have string keys");
    format_timestamps(&mut body);
    to_line(&Line::new(kind, &body))
}

/// Writes moments as RFC 3339. The protocol counts milliseconds; it calls them `at`, `…_at` and `last_seen`, and
/// nothing else.
fn format_timestamps(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let is_timestamp = name == "at" || name.ends_with("_at") || name == "last_seen";
                match member.as_i64().filter(|_| is_timestamp) {
                    Some(ms) => *member = Value::String(rfc3339(UnixMillis(ms))),
                    None => format_timestamps(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(format_timestamps),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An error as `--json` prints it on standard error.
pub(super) fn error_line(error: &ErrorReport) -> String {
    to_line(&Line::new("error", error))
}

/// RFC 3339 in UTC with milliseconds: `2026-11-19T14:02:07.120Z`.
pub(super) fn rfc3339(at: UnixMillis) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{timestamp:.3}")
}

/// One line of JSON, in which control, bidi and tag characters stand as `\u` escapes, so that it may be shown.
pub(super) fn to_line<T: Serialize>(value: &T) -> String {
    let mut bytes = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, EscapingFormatter);
    value.serialize(&mut serializer).expect("invariant: output types have string keys and memory takes every byte");
    String::from_utf8(bytes).expect("invariant: JSON is UTF-8")
}

/// Compact JSON that leaves no character in a string raw that could steer a terminal or reorder its text.
struct EscapingFormatter;

impl Formatter for EscapingFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| must_escape(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(writer, escape)
    }
}

/// Control characters, bidi controls, line separators and tag characters.
fn must_escape(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_proto::message::Message;

    fn message(body: &str) -> Item {
        let content = Content::Message(Message::plain(body.parse().expect("a body")));
        Item { seq: Seq(12), changed: Seq(12), at: UnixMillis(1_763_560_927_120), by: UserId(5), content }
    }

    #[test]
    fn a_message_line_has_the_promised_fields() {
        let item = message("hi");
        let names = ItemNames { room_id: RoomId(1), room: "general", from: "ana" };
        assert_eq!(
            to_line(&ItemLine::new(&item, names, false)),
            r#"{"v":1,"type":"message","id":"general/12","room":"general","room_id":"R1","seq":12,"from":"ana","from_id":"U5","at":"2025-11-19T14:02:07.120Z","body":"hi"}"#
        );
    }

    #[test]
    fn terminal_control_characters_are_escaped_and_read_back_the_same() {
        let body = "a\u{202e}b\u{e0041}c\n\t\u{2028}d";
        let line = to_line(&body);
        assert_eq!(line, r#""a\u202eb\udb40\udc41c\n\t\u2028d""#);
        assert_eq!(serde_json::from_str::<String>(&line).ok().as_deref(), Some(body));
    }
}
