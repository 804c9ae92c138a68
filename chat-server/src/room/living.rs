//! The living ephemeral messages of all rooms, as far as unread counts need them; also those of rooms whose actor has
//! stopped. Must not know actors or the live store, or any text.

use std::collections::HashMap;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;
use chat_proto::unread::{Reader, UnreadEphemeral};
use parking_lot::Mutex;

/// Expired messages are removed when a room holds at least this many.
const PRUNE_FROM: usize = 16;

/// The living ephemeral messages of all rooms.
#[derive(Debug, Default)]
pub(super) struct Living(Mutex<HashMap<RoomId, RoomMessages>>);

#[derive(Debug, Default)]
struct RoomMessages {
    /// By rising number, without deleted ones. Some may have expired.
    messages: Vec<Message>,
    /// The accounts that they mention; few messages mention any.
    mentions: HashMap<Seq, Box<[UserId]>>,
    /// Expired messages are removed when there are more than this.
    prune_at: usize,
    /// How often the live store had lost its data when all messages became known; `None` if some are not.
    known_at_loss: Option<u64>,
}

#[derive(Debug)]
struct Message {
    seq: Seq,
    by: UserId,
    expires_at: UnixMillis,
}

impl Living {
    /// A room has started with all its ephemeral messages.
    pub(super) fn load(&self, room: RoomId, items: impl Iterator<Item = Item>, losses: u64) {
        let mut held = RoomMessages { known_at_loss: Some(losses), ..RoomMessages::default() };
        for item in items {
            held.messages.extend(Message::of(&item));
            held.set_mentions(&item);
        }
        held.messages.sort_unstable_by_key(|message| message.seq);
        held.prune_at = PRUNE_FROM.max(2 * held.messages.len());
        self.0.lock().insert(room, held);
    }

    /// A running room knows all its ephemeral messages.
    pub(super) fn know(&self, room: RoomId, losses: u64) {
        self.0.lock().entry(room).or_default().known_at_loss = Some(losses);
    }

    /// A room that does not run has no ephemeral messages.
    pub(super) fn know_empty(&self, room: RoomId, losses: u64) {
        self.load(room, std::iter::empty(), losses);
    }

    /// A room shows an ephemeral message in its new state.
    pub(super) fn show(&self, room: RoomId, item: &Item, now: UnixMillis) {
        self.0.lock().entry(room).or_default().show(item, now);
    }

    /// A room has closed.
    pub(super) fn close(&self, room: RoomId) {
        self.0.lock().remove(&room);
    }

    /// Whether all messages of a room are known. A room that does not run may have lost some with the live store.
    pub(super) fn is_known(&self, room: RoomId, losses: u64, is_running: impl FnOnce() -> bool) -> bool {
        let known_at_loss = self.0.lock().get(&room).and_then(|held| held.known_at_loss);
        known_at_loss.is_some_and(|known| known == losses || is_running())
    }

    /// Returns a reader's unread messages of a room; `None` if not all are known.
    pub(super) fn unread(&self, room: RoomId, reader: Reader, now: UnixMillis) -> Option<Vec<UnreadEphemeral>> {
        let rooms = self.0.lock();
        let held = rooms.get(&room)?;
        held.known_at_loss?;
        let from = held.messages.partition_point(|message| message.seq <= reader.read_seq);
        let unread = held.messages[from..]
            .iter()
            .filter(|message| reader.has_unread(message.seq, message.by, Some(message.expires_at), now));
        let listed = unread.map(|message| UnreadEphemeral {
            seq: message.seq,
            expires_at: message.expires_at,
            is_mention: held.mentions.get(&message.seq).is_some_and(|mentions| mentions.contains(&reader.user)),
        });
        Some(listed.collect())
    }
}

impl RoomMessages {
    fn show(&mut self, item: &Item, now: UnixMillis) {
        let at = self.messages.binary_search_by_key(&item.seq, |message| message.seq);
        match (Message::of(item), at) {
            (Some(message), Ok(at)) => self.messages[at] = message,
            (Some(message), Err(at)) => self.messages.insert(at, message),
            (None, Ok(at)) => drop(self.messages.remove(at)),
            (None, Err(_)) => {}
        }
        self.set_mentions(item);
        if self.messages.len() > self.prune_at.max(PRUNE_FROM) {
            self.messages.retain(|message| now < message.expires_at);
            let messages = &self.messages;
            self.mentions.retain(|seq, _| messages.binary_search_by_key(seq, |message| message.seq).is_ok());
            self.prune_at = 2 * self.messages.len();
        }
    }
}

impl RoomMessages {
    fn set_mentions(&mut self, item: &Item) {
        match item.content.message().map(|message| message.mentions.as_slice()) {
            Some(mentions) if !mentions.is_empty() => drop(self.mentions.insert(item.seq, mentions.into())),
            Some(_) | None => drop(self.mentions.remove(&item.seq)),
        }
    }
}

impl Message {
    /// `None` for anything but an ephemeral message.
    fn of(item: &Item) -> Option<Self> {
        let Content::Message(message) = &item.content else { return None };
        let expires_at = message.expires_at?;
        Some(Self { seq: item.seq, by: item.by, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);
    const ANA: UserId = UserId(1);
    const BEN: UserId = UserId(2);
    const NOW: UnixMillis = UnixMillis(1_763_560_927_120);

    fn message(seq: u64, by: UserId, ttl_ms: u64, mentions: &[UserId]) -> Item {
        let plain = chat_proto::message::Message::plain("x".parse().expect("a body"));
        let expires_at = Some(NOW.plus_ms(ttl_ms));
        let content =
            Content::Message(chat_proto::message::Message { expires_at, mentions: mentions.to_vec(), ..plain });
        Item { seq: Seq(seq), changed: Seq(seq), at: NOW, by, content }
    }

    fn unread(living: &Living, read_seq: u64, now: UnixMillis) -> Option<Vec<(u64, bool)>> {
        let unread = living.unread(ROOM, Reader { user: ANA, read_seq: Seq(read_seq) }, now)?;
        Some(unread.iter().map(|message| (message.seq.0, message.is_mention)).collect())
    }

    #[test]
    fn others_messages_count_while_they_live() {
        let living = Living::default();
        assert_eq!(unread(&living, 0, NOW), None, "nothing is known yet");
        living.load(ROOM, [message(3, BEN, 1_000, &[]), message(2, ANA, 9_000, &[])].into_iter(), 0);
        living.show(ROOM, &message(5, BEN, 5_000, &[ANA]), NOW);
        living.show(ROOM, &message(6, BEN, 5_000, &[]), NOW);
        assert_eq!(unread(&living, 0, NOW), Some(vec![(3, false), (5, true), (6, false)]));
        assert_eq!(unread(&living, 3, NOW), Some(vec![(5, true), (6, false)]));
        assert_eq!(unread(&living, 0, NOW.plus_ms(1_000)), Some(vec![(5, true), (6, false)]));
        // An edit mentions nobody any more, a deletion takes the other out.
        living.show(ROOM, &Item { changed: Seq(7), ..message(5, BEN, 5_000, &[]) }, NOW);
        let content = Content::Deleted { deleted_at: NOW, deleted_by: BEN };
        living.show(ROOM, &Item { changed: Seq(8), content, ..message(6, BEN, 5_000, &[]) }, NOW);
        assert_eq!(unread(&living, 3, NOW), Some(vec![(5, false)]));
        living.close(ROOM);
        assert_eq!(unread(&living, 0, NOW), None);
    }

    #[test]
    fn expired_messages_do_not_pile_up() {
        let living = Living::default();
        for seq in 1..10_000 {
            let now = NOW.plus_ms(seq * 100);
            living.show(ROOM, &Item { at: now, ..message(seq, BEN, seq * 100 + 1_000, &[]) }, now);
            assert!(living.0.lock()[&ROOM].messages.len() <= 2 * PRUNE_FROM);
        }
    }

    #[test]
    fn a_room_that_does_not_run_is_unknown_after_a_loss() {
        let living = Living::default();
        assert!(!living.is_known(ROOM, 0, || true));
        living.know(ROOM, 0);
        assert!(living.is_known(ROOM, 0, || false));
        assert!(living.is_known(ROOM, 1, || true), "the actor refills the live store");
        assert!(!living.is_known(ROOM, 1, || false));
        living.know_empty(ROOM, 1);
        assert!(living.is_known(ROOM, 1, || false));
    }
}
