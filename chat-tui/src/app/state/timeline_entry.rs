//! One item of a room as the screen needs it: its text is made safe for a terminal once, here. Must not know drawing.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item, JoinRun, Message};
use chat_proto::room::Rsvp;
use chat_proto::time::UnixMillis;

use crate::text::SafeText;

/// One item of a room in its present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// Its place in the room's order.
    pub seq: Seq,
    /// The number of its last change.
    pub changed: Seq,
    /// When it was accepted, by the server's clock.
    pub at: UnixMillis,
    /// Its author.
    pub by: UserId,
    /// Its kind.
    pub kind: EntryKind,
}

/// The kinds of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A message.
    Message(MessageContent),
    /// A deleted message.
    Deleted,
    /// An expired message; none of its text is kept.
    Expired,
    /// An item that the server cannot read any more.
    Damaged,
    /// An event that is no message.
    Event(RoomEvent),
}

/// The content of a message. A room holds many, so what few have is boxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageContent {
    /// The text, safe for a terminal.
    pub text: SafeText,
    /// The fields that few messages have; `None` if it would be empty.
    extras: Option<Box<Extras>>,
    /// Whether it was edited.
    pub is_edited: bool,
    /// Whether it mentions this account.
    pub mentions_me: bool,
}

/// The fields that few messages have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Extras {
    /// The text as written, if that differs; for editing only.
    raw: Option<Box<str>>,
    /// The language, if it is code.
    code: Option<SafeText>,
    /// When it expires, by the server's clock.
    expires_at: Option<UnixMillis>,
}

/// The events that are no messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// Someone joined.
    Join,
    /// Someone left.
    Leave,
    /// People joined or left, condensed; the entry stands at the place of the last.
    Joins(Box<JoinRun>),
    /// The topic was set, or cleared.
    Topic(Option<SafeText>),
    /// The description was set, or cleared.
    Description(bool),
    /// The room was renamed.
    Renamed(SafeText),
    /// Someone answered whether they take part.
    Rsvp(Rsvp),
}

impl MessageContent {
    /// The text as written.
    pub fn written(&self) -> &str {
        self.extras.as_ref().and_then(|extras| extras.raw.as_deref()).unwrap_or(self.text.as_str())
    }

    /// The language, if it is code.
    pub fn code(&self) -> Option<&SafeText> {
        self.extras.as_ref()?.code.as_ref()
    }

    /// When it ends, by the server's clock.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.extras.as_ref()?.expires_at
    }

    fn of(message: &Message, me: Option<UserId>) -> Self {
        let body = message.body.as_str();
        let text = SafeText::block(body);
        let extras = Extras {
            raw: (text.as_str() != body).then(|| body.into()),
            code: message.code.as_ref().map(|language| SafeText::line(language.as_str())),
            expires_at: message.expires_at,
        };
        Self {
            text,
            extras: (extras != Extras::default()).then(|| extras.into()),
            is_edited: message.edited_at.is_some(),
            mentions_me: me.is_some_and(|me| message.mentions.contains(&me)),
        }
    }
}

impl TimelineEntry {
    /// An item as the screen of `me` needs it.
    pub fn of(item: &Item, me: Option<UserId>) -> Self {
        let kind = match &item.content {
            Content::Message(message) => EntryKind::Message(MessageContent::of(message, me)),
            Content::Deleted { .. } => EntryKind::Deleted,
            Content::Expired { .. } => EntryKind::Expired,
            Content::Damaged => EntryKind::Damaged,
            Content::Join => EntryKind::Event(RoomEvent::Join),
            Content::Leave => EntryKind::Event(RoomEvent::Leave),
            Content::Topic { topic } => {
                EntryKind::Event(RoomEvent::Topic(topic.as_ref().map(|topic| SafeText::line(topic.as_str()))))
            }
            Content::Description { description } => EntryKind::Event(RoomEvent::Description(description.is_some())),
            Content::Renamed { name } => EntryKind::Event(RoomEvent::Renamed(SafeText::line(name.as_str()))),
            Content::Rsvp { answer, .. } => EntryKind::Event(RoomEvent::Rsvp(*answer)),
        };
        Self { seq: item.seq, changed: item.changed, at: item.at, by: item.by, kind }
    }

    /// Joins and leaves as the screen needs them.
    pub fn of_run(run: &JoinRun) -> Self {
        let by = run.users.first().copied().unwrap_or(UserId(0));
        let kind = EntryKind::Event(RoomEvent::Joins(Box::new(run.clone())));
        Self { seq: run.to_seq, changed: run.to_seq, at: run.at, by, kind }
    }

    /// Whether it is a join or a leave, or several.
    pub fn is_join_or_leave(&self) -> bool {
        matches!(&self.kind, EntryKind::Event(RoomEvent::Join | RoomEvent::Leave | RoomEvent::Joins(_)))
    }

    /// The message's content; `None` if it is no message, or its text is gone.
    pub fn content(&self) -> Option<&MessageContent> {
        match &self.kind {
            EntryKind::Message(content) => Some(content),
            EntryKind::Deleted | EntryKind::Expired | EntryKind::Damaged | EntryKind::Event(_) => None,
        }
    }

    /// When it expires, by the server's clock.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        self.content().and_then(MessageContent::expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(by: UserId, message: Message) -> Item {
        Item { seq: Seq(1), changed: Seq(1), at: UnixMillis(0), by, content: Content::Message(message) }
    }

    #[test]
    fn a_plain_message_takes_no_more_than_its_entry_and_its_text() {
        let (me, other) = (UserId(1), UserId(2));
        let message = Message { key: "k-1".parse().ok(), ..Message::plain("hello".parse().expect("a body")) };
        let entry = TimelineEntry::of(&item(other, message), Some(me));
        assert!(entry.content().is_some_and(|content| content.extras.is_none()), "{entry:?}");
        assert!(size_of::<TimelineEntry>() <= 64, "{} bytes", size_of::<TimelineEntry>());
    }

    #[test]
    fn the_text_as_written_and_the_extras_are_at_hand() {
        let me = UserId(1);
        let message = Message {
            code: "rust".parse().ok(),
            key: "k-1".parse().ok(),
            mentions: vec![me],
            ..Message::plain("a\tb".parse().expect("a body"))
        };
        let own = item(me, message);
        let entry = TimelineEntry::of(&own, Some(me));
        let content = entry.content().expect("a message");
        assert_eq!((content.text.as_str(), content.written()), ("a   b", "a\tb"));
        assert_eq!(content.code().map(SafeText::as_str), Some("rust"));
        assert!(content.mentions_me && !content.is_edited);
    }
}
