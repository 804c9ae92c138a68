//! The events that the server sends unasked: typed values, each shared by everyone who gets it and encoded at most once. Must not know
//! how a door encodes them, or who gets them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chat_proto::message::{Content, Item};
use chat_proto::presence::UserPresence;
use chat_proto::server_frame::{AccountEvent, Counts, Event, Gap, Service, TrendingWords, Typing, Update};

/// About what an encoded push needs besides the texts in it.
const ENVELOPE_BYTES: usize = 200;

/// One thing that is pushed.
#[derive(Clone, Debug, PartialEq)]
pub enum PushEvent {
    /// An item of a room in its new state.
    Event(Event),
    /// Events of a room were left out; its reader has to catch up.
    Gap(Gap),
    /// An account is typing in a room, or has stopped.
    Typing(Typing),
    /// An account's presence has changed.
    Presence(UserPresence),
    /// The counts of a large room have changed.
    Counts(Counts),
    /// A room's trending words have changed.
    Trending(TrendingWords),
    /// Something concerns the account on all its devices.
    Account(AccountEvent),
    /// The server accepts more or less than before.
    Service(Service),
}

/// A [`PushEvent`] on its way to many doors. Doors that speak the same encoding share one copy of the bytes.
#[derive(Debug)]
pub struct Push {
    event: PushEvent,
    size_bytes: usize,
    encoded: OnceLock<Bytes>,
}

impl Push {
    /// An event to be shared.
    pub fn new(event: impl Into<PushEvent>) -> Arc<Self> {
        let event = event.into();
        let size_bytes = ENVELOPE_BYTES + text_bytes(&event);
        Arc::new(Self { event, size_bytes, encoded: OnceLock::new() })
    }

    /// The value.
    pub fn event(&self) -> &PushEvent {
        &self.event
    }

    /// About how many bytes it has once it is encoded: what queues count.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Its bytes. Only the first caller's `encode` runs: all callers must encode alike.
    pub fn encoded(&self, encode: impl FnOnce(&PushEvent) -> Bytes) -> &Bytes {
        self.encoded.get_or_init(|| encode(&self.event))
    }

    /// An event that counts as `size_bytes`, whatever it is.
    #[cfg(test)]
    pub(crate) fn of_size(event: impl Into<PushEvent>, size_bytes: usize) -> Arc<Self> {
        Arc::new(Self { event: event.into(), size_bytes, encoded: OnceLock::new() })
    }
}

/// The length of the texts that may be long.
fn text_bytes(event: &PushEvent) -> usize {
    match event {
        PushEvent::Event(event) => match &event.update {
            Update::Item(item) => item_bytes(item),
            Update::Change(_) => 0,
        },
        PushEvent::Presence(person) => person.presence.status.as_ref().map_or(0, |status| status.as_str().len()),
        PushEvent::Trending(trending) => trending.words.iter().map(|word| word.word.len() + 32).sum(),
        // A room with its topic is the longest of them.
        PushEvent::Account(_) => 2 * ENVELOPE_BYTES,
        PushEvent::Gap(_) | PushEvent::Typing(_) | PushEvent::Counts(_) | PushEvent::Service(_) => 0,
    }
}

fn item_bytes(item: &Item) -> usize {
    match &item.content {
        Content::Message(message) => message.body.as_str().len() + 16 * message.mentions.len(),
        Content::Topic { topic } => topic.as_ref().map_or(0, |topic| topic.as_str().len()),
        Content::Description { description } => description.as_ref().map_or(0, |text| text.as_str().len()),
        Content::Deleted { .. }
        | Content::Expired { .. }
        | Content::Join
        | Content::Leave
        | Content::Renamed { .. }
        | Content::Rsvp { .. }
        | Content::Damaged => 0,
    }
}

macro_rules! from_each {
    ($($name:ident($body:ty)),+) => {
        $(impl From<$body> for PushEvent {
            fn from(body: $body) -> Self {
                Self::$name(body)
            }
        })+
    };
}

from_each!(
    Event(Event),
    Gap(Gap),
    Typing(Typing),
    Presence(UserPresence),
    Counts(Counts),
    Trending(TrendingWords),
    Account(AccountEvent),
    Service(Service)
);

#[cfg(test)]
mod tests {
    use chat_proto::ids::RoomId;

    use super::*;

    #[test]
    fn a_push_is_encoded_once_for_all_who_get_it() {
        let push = Push::new(Gap { room: RoomId(3) });
        let other = Arc::clone(&push);
        assert_eq!(push.encoded(|_| Bytes::from_static(b"first")), "first");
        assert_eq!(other.encoded(|_| unreachable!("it is encoded already")), "first");
        assert_eq!(other.event(), &PushEvent::Gap(Gap { room: RoomId(3) }));
    }
}
