//! Posts that expire and were refused while the live store may have kept them. They are taken back there; should this
//! process end before that is done, the next one knows their numbers from the database, and takes them back.

use std::collections::BTreeSet;

use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};

use super::registry::Services;
use crate::live::{EphemeralEntry, EphemeralKey, KEY_KEPT_MS};
use crate::store::{RefusedPost, StoreReply};

/// Numbers held; of more the oldest are forgotten here. The database has them.
const HELD_MAX: usize = 4_096;

/// The refused posts of one room.
pub(super) struct Compensation(BTreeSet<Seq>);

impl Compensation {
    /// Those the database knows of.
    pub(super) fn new(numbers: Vec<Seq>) -> Self {
        Self(numbers.into_iter().collect())
    }

    /// Whether a post was refused.
    pub(super) fn contains(&self, seq: Seq) -> bool {
        self.0.contains(&seq)
    }

    /// Takes a post back that was refused. It may be answered once the database knows of it.
    pub(super) fn undo(&mut self, services: &Services, key: EphemeralKey, item: &Item) -> StoreReply<()> {
        let (room, seq, now) = (key.room, item.seq, (services.clock)());
        self.0.insert(seq);
        if self.0.len() > HELD_MAX {
            self.0.pop_first();
        }
        drop(services.live.undo(key, seq));
        let end = match &item.content {
            Content::Message(message) => message.expires_at,
            _ => None,
        };
        // A retry finds its key for so long.
        let until = end.unwrap_or(now).plus_ms(KEY_KEPT_MS);
        services.store.note_refused(RefusedPost { room, seq, at: now, until })
    }

    /// The acknowledged entries of what the live store holds: what was refused, and what was never acknowledged, is taken
    /// back.
    pub(super) fn compensate(
        &self,
        services: &Services,
        entries: Vec<EphemeralEntry>,
        is_unacknowledged: impl Fn(Seq) -> bool,
    ) -> Vec<EphemeralEntry> {
        let is_refused =
            |entry: &EphemeralEntry| self.contains(entry.item().seq) || is_unacknowledged(entry.item().seq);
        let (refused, acknowledged): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_refused);
        for entry in refused {
            drop(services.live.undo(entry.key().clone(), entry.item().seq));
        }
        acknowledged
    }
}
