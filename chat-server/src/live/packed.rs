//! An ephemeral message in one allocation: a small head, then its key, its text and the values it has. Messages are held by
//! the hundred thousand, and apart from its text each may cost little. Pure. Must not know who holds it, or rooms' rules.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::time::UnixMillis;
use triomphe::ThinArc;

use super::error::LiveError;
use super::key::EphemeralKey;
use crate::post_digest::{self, PostDigest};

// The values that a message may have; those it has stand in this order.
const CHANGED: u8 = 1 << 0;
const BY: u8 = 1 << 1;
const EDITED_AT: u8 = 1 << 2;
const REPLY_TO: u8 = 1 << 3;
/// It is a tombstone: when it was deleted, and by whom.
const DELETED: u8 = 1 << 4;
/// The digest of the text it was posted with; without it, that of the present text.
const DIGEST: u8 = 1 << 5;
/// The message repeats the key of its address.
const HAS_KEY: u8 = 1 << 6;
const IS_CODE: u8 = 1 << 7;

/// Bytes that the allocator adds to an allocation, and to which it rounds.
const MALLOC_BYTES: usize = 16;
/// The counter and the length before the head.
const COUNTERS_BYTES: usize = 16;

/// The packed message. A clone shares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed(ThinArc<Head, u8>);

/// The numbers that every message has, and how to read the bytes: the values, the mentions, the key, the language of code, and
/// the text.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    room: RoomId,
    sender: UserId,
    seq: Seq,
    at: UnixMillis,
    former: Option<Box<Former>>,
    life_ms: u32,
    mentions: u16,
    values: u8,
    key_bytes: u8,
}

/// The states before the changes that are not confirmed, newest first. Rare, and kept for a moment.
#[derive(Debug, PartialEq, Eq)]
struct Former(Vec<Item>);

/// The parts of the bytes.
struct Parts<'a> {
    values: &'a [u8],
    mentions: &'a [u8],
    key: &'a str,
    code: &'a str,
    body: &'a str,
}

impl Packed {
    /// Packs a state of a message. Its key and its end are those of the address; without a `digest` it is as it was posted.
    ///
    /// # Errors
    /// [`LiveError::NotEphemeral`] if `item` is neither a message nor a tombstone, or lives for longer than a month.
    pub(super) fn new(
        key: &EphemeralKey,
        item: &Item,
        expires_at: UnixMillis,
        digest: Option<PostDigest>,
        former: Vec<Item>,
    ) -> Result<Self, LiveError> {
        let mut packing = Packing::default();
        packing.number(CHANGED, (item.changed != item.seq).then_some(item.changed.0));
        packing.number(BY, (item.by != key.sender).then_some(item.by.0));
        let (code, body) = match &item.content {
            Content::Message(message) => packing.message(message),
            Content::Deleted { deleted_at, deleted_by } => {
                packing.number(DELETED, Some(deleted_at.0.cast_unsigned()));
                packing.number(DELETED, Some(deleted_by.0));
                ("", "")
            }
            Content::Expired { .. }
            | Content::Join
            | Content::Leave
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Rsvp { .. }
            | Content::Damaged => return Err(LiveError::NotEphemeral),
        };
        if let Some(digest) = digest.filter(|digest| *digest != post_digest::of(key.room, body)) {
            packing.flag(DIGEST);
            packing.bytes.extend_from_slice(&digest);
        }
        let mentions = item.content.message().map_or(&[][..], |message| &message.mentions);
        packing.bytes.extend(mentions.iter().flat_map(|user| user.0.to_le_bytes()));
        let key_text = key.key.as_str();
        packing.bytes.extend_from_slice(key_text.as_bytes());
        if packing.values & IS_CODE != 0 {
            packing.bytes.push(code.len() as u8);
            packing.bytes.extend_from_slice(code.as_bytes());
        }
        packing.bytes.extend_from_slice(body.as_bytes());
        let life_ms = expires_at.0.checked_sub(item.at.0).and_then(|life_ms| u32::try_from(life_ms).ok());
        let head = Head {
            room: key.room,
            sender: key.sender,
            seq: item.seq,
            at: item.at,
            life_ms: life_ms.ok_or(LiveError::NotEphemeral)?,
            former: (!former.is_empty()).then(|| Box::new(Former(former))),
            mentions: u16::try_from(mentions.len()).map_err(|_| LiveError::NotEphemeral)?,
            values: packing.values,
            key_bytes: key_text.len() as u8,
        };
        Ok(Self(ThinArc::from_header_and_slice(head, &packing.bytes)))
    }

    fn head(&self) -> &Head {
        &self.0.header.header
    }

    fn has(&self, value: u8) -> bool {
        self.head().values & value != 0
    }

    fn parts(&self) -> Parts<'_> {
        let head = self.head();
        let sizes = [(CHANGED, 8), (BY, 8), (EDITED_AT, 8), (REPLY_TO, 8), (DELETED, 16), (DIGEST, 16)];
        let values_bytes = sizes.iter().filter(|(value, _)| self.has(*value)).map(|(_, bytes)| bytes).sum();
        let (values, rest) = self.0.slice.split_at(values_bytes);
        let (mentions, rest) = rest.split_at(8 * usize::from(head.mentions));
        let (key, rest) = rest.split_at(usize::from(head.key_bytes));
        let (code, body) = match rest.split_first() {
            Some((code_bytes, rest)) if self.has(IS_CODE) => rest.split_at(usize::from(*code_bytes)),
            Some(_) | None => (&[][..], rest),
        };
        let text = |bytes| std::str::from_utf8(bytes).expect("invariant: packed from texts");
        Parts { values, mentions, key: text(key), code: text(code), body: text(body) }
    }

    pub(super) fn room(&self) -> RoomId {
        self.head().room
    }

    pub(super) fn sender(&self) -> UserId {
        self.head().sender
    }

    pub(super) fn seq(&self) -> Seq {
        self.head().seq
    }

    pub(super) fn at(&self) -> UnixMillis {
        self.head().at
    }

    pub(super) fn expires_at(&self) -> UnixMillis {
        self.at().plus_ms(self.head().life_ms.into())
    }

    pub(super) fn changed(&self) -> Seq {
        if self.has(CHANGED) { Seq(Values(self.parts().values).number()) } else { self.head().seq }
    }

    pub(super) fn is_message(&self) -> bool {
        !self.has(DELETED)
    }

    pub(super) fn former(&self) -> &[Item] {
        self.head().former.as_ref().map_or(&[], |former| &former.0)
    }

    /// The text of the key.
    pub(super) fn key_text(&self) -> &str {
        self.parts().key
    }

    pub(super) fn key(&self) -> ClientKey {
        self.key_text().parse().expect("invariant: packed from a key")
    }

    pub(super) fn digest(&self) -> PostDigest {
        let Parts { values, body, .. } = self.parts();
        match values.last_chunk::<{ size_of::<PostDigest>() }>() {
            Some(digest) if self.has(DIGEST) => *digest,
            Some(_) | None => post_digest::of(self.room(), body),
        }
    }

    /// Unpacks the state.
    pub(super) fn item(&self) -> Item {
        let (head, parts) = (self.head(), self.parts());
        let mut values = Values(parts.values);
        let mut number = |value| self.has(value).then(|| values.number());
        let changed = number(CHANGED).map_or(head.seq, Seq);
        let by = number(BY).map_or(head.sender, UserId);
        let at = |number: u64| UnixMillis(number.cast_signed());
        let (edited_at, reply_to) = (number(EDITED_AT).map(at), number(REPLY_TO).map(Seq));
        let content = if let (Some(deleted_at), Some(deleted_by)) = (number(DELETED), number(DELETED)) {
            Content::Deleted { deleted_at: at(deleted_at), deleted_by: UserId(deleted_by) }
        } else {
            let mentions = parts.mentions.as_chunks().0.iter();
            Content::Message(Message {
                body: parts.body.parse().expect("invariant: packed from a body"),
                code: self.has(IS_CODE).then(|| parts.code.parse().expect("invariant: packed from a language")),
                key: self.has(HAS_KEY).then(|| self.key()),
                expires_at: Some(self.expires_at()),
                edited_at,
                mentions: mentions.map(|user| UserId(u64::from_le_bytes(*user))).collect(),
                reply_to,
            })
        };
        Item { seq: head.seq, changed, at: head.at, by, content }
    }

    /// The memory that it takes.
    pub(super) fn held_bytes(&self) -> usize {
        let texts = |item: &Item| item.content.message().map_or(0, |message| message.body.as_str().len());
        let former: usize = self.former().iter().map(|item| size_of::<Item>() + MALLOC_BYTES + texts(item)).sum();
        COUNTERS_BYTES + size_of::<Head>() + self.0.slice.len() + MALLOC_BYTES + former
    }
}

/// A message that is being packed.
#[derive(Default)]
struct Packing {
    values: u8,
    bytes: Vec<u8>,
}

impl Packing {
    fn flag(&mut self, value: u8) {
        self.values |= value;
    }

    fn number(&mut self, value: u8, number: Option<u64>) {
        if let Some(number) = number {
            self.flag(value);
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// Adds what stands in the head of a message; returns its language, and its text.
    fn message<'a>(&mut self, message: &'a Message) -> (&'a str, &'a str) {
        // The end is in the head, the mentions follow.
        let Message { body, code, key, expires_at: _, edited_at, mentions: _, reply_to } = message;
        self.number(EDITED_AT, edited_at.map(|at| at.0.cast_unsigned()));
        self.number(REPLY_TO, reply_to.map(|seq| seq.0));
        if key.is_some() {
            self.flag(HAS_KEY);
        }
        if code.is_some() {
            self.flag(IS_CODE);
        }
        (code.as_ref().map_or("", |code| code.as_str()), body.as_str())
    }
}

/// The values, read from the front.
struct Values<'a>(&'a [u8]);

impl Values<'_> {
    fn number(&mut self) -> u64 {
        let (number, rest) = self.0.split_first_chunk().expect("invariant: its flag is set");
        self.0 = rest;
        u64::from_le_bytes(*number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END: UnixMillis = UnixMillis(1_763_560_957_120);

    fn message() -> impl Strategy<Value = Content> {
        let numbers = prop::option::of(any::<u32>().prop_map(u64::from));
        let code = prop::option::of("[a-z]{1,32}");
        let mentions = prop::collection::vec(any::<u64>().prop_map(UserId), 0..4);
        ("[a-zäß😀]{1,200}", code, any::<bool>(), numbers.clone(), mentions, numbers).prop_map(
            |(body, code, has_key, edited_at, mentions, reply_to)| {
                Content::Message(Message {
                    code: code.map(|code| code.parse().expect("a language")),
                    key: has_key.then(|| "k-1".parse().expect("a key")),
                    expires_at: Some(END),
                    edited_at: edited_at.map(|at| UnixMillis(at as i64)),
                    mentions,
                    reply_to: reply_to.map(Seq),
                    ..Message::plain(body.parse().expect("a body"))
                })
            },
        )
    }

    fn content() -> impl Strategy<Value = Content> {
        let deleted = (any::<u32>(), any::<u64>())
            .prop_map(|(at, by)| Content::Deleted { deleted_at: UnixMillis(at.into()), deleted_by: UserId(by) });
        prop_oneof![3 => message(), 1 => deleted]
    }

    proptest! {
        #[test]
        fn a_packed_state_is_unpacked_as_it_was(
            content in content(),
            numbers in (any::<u32>(), 0..3_u64, 0..2_000_000_000_i64, 6..9_u64),
            (is_edited, has_former) in any::<(bool, bool)>(),
        ) {
            let (seq, later, at, by) = numbers;
            let (seq, changed) = (Seq(seq.into()), Seq(u64::from(seq) + later));
            let item = Item { seq, changed, at: UnixMillis(END.0 - at), by: UserId(by), content };
            let key = EphemeralKey { room: RoomId(5), sender: UserId(7), key: "k-1".parse().expect("a key") };
            let body = item.content.message().map_or("", |message| message.body.as_str());
            let digest = post_digest::of(key.room, if is_edited { "first" } else { body });
            let former = if has_former { vec![item.clone()] } else { Vec::new() };
            let packed = Packed::new(&key, &item, END, Some(digest), former.clone()).expect("it is ephemeral");
            prop_assert_eq!(packed.item(), item.clone());
            prop_assert_eq!((packed.changed(), packed.digest(), packed.former()), (changed, digest, &former[..]));
            prop_assert_eq!((packed.key(), packed.room(), packed.sender()), (key.key, key.room, key.sender));
            prop_assert_eq!((packed.seq(), packed.at(), packed.expires_at()), (seq, item.at, END));
            prop_assert_eq!(packed.is_message(), item.content.message().is_some());
        }
    }

    #[test]
    fn an_item_without_an_end_cannot_be_packed() {
        let key = EphemeralKey { room: RoomId(5), sender: UserId(7), key: "k-1".parse().expect("a key") };
        let join = Item { seq: Seq(1), changed: Seq(1), at: END, by: UserId(7), content: Content::Join };
        assert_eq!(Packed::new(&key, &join, END, None, Vec::new()), Err(LiveError::NotEphemeral));
    }
}
