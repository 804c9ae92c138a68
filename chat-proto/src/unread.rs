//! Unread messages: the one rule for what counts, and how long. Must not know where messages are kept or shown.

use serde::{Deserialize, Serialize};

use crate::ids::{Seq, UserId};
use crate::limits::UNREAD_EPHEMERAL_MAX;
use crate::time::UnixMillis;

/// An account and how far it has read a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The account.
    pub user: UserId,
    /// Its read marker.
    pub read_seq: Seq,
}

impl Reader {
    /// Whether a message that was not deleted is unread at `now`: it stands after the read marker, another account
    /// posted it, and it has not expired.
    pub fn has_unread(&self, seq: Seq, by: UserId, expires_at: Option<UnixMillis>, now: UnixMillis) -> bool {
        seq > self.read_seq && by != self.user && expires_at.is_none_or(|end| now < end)
    }
}

/// An unread ephemeral message: it counts until it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadEphemeral {
    /// The message.
    pub seq: Seq,
    /// When it ceases to count, by the server's clock.
    pub expires_at: UnixMillis,
    /// Whether it mentions the reader.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_mention: bool,
}

/// How far one account has read one room, and what is unread at this moment. Posting does not move it; only `read` does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMarker {
    /// Everything up to here has been read.
    pub read_seq: Seq,
    /// Messages of other accounts after it, persistent and ephemeral, that are neither deleted nor expired.
    pub unread: u32,
    /// Those among them that mention this account.
    pub mentions: u32,
    /// The counts include every persistent message and every deletion up to this number, and none after it.
    #[serde(default)]
    pub counted_to: Seq,
    /// The ephemeral messages among them, those that expire first; at most [`UNREAD_EPHEMERAL_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ephemeral: Vec<UnreadEphemeral>,
    /// Present if more ephemeral messages are counted than `ephemeral` lists: all of them up to this number. Ask again
    /// when the last listed one has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted_to: Option<Seq>,
    /// Whether the ephemeral messages of the room are unknown while the live store is unreachable: the counts hold
    /// persistent messages only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_ephemeral: bool,
}

impl ReadMarker {
    /// Adds unread ephemeral messages to counts of persistent ones. Lists those that expire first.
    #[must_use]
    pub fn with_ephemeral(mut self, mut unread: Vec<UnreadEphemeral>) -> Self {
        let mentions = unread.iter().filter(|message| message.is_mention).count();
        self.unread = self.unread.saturating_add(unread.len() as u32);
        self.mentions = self.mentions.saturating_add(mentions as u32);
        unread.sort_unstable_by_key(|message| (message.expires_at, message.seq));
        let newest = unread.iter().map(|message| message.seq).max();
        self.unlisted_to = newest.filter(|_| unread.len() > UNREAD_EPHEMERAL_MAX);
        unread.truncate(UNREAD_EPHEMERAL_MAX);
        self.ephemeral = unread;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: UserId = UserId(1);
    const BEN: UserId = UserId(2);
    const NOW: UnixMillis = UnixMillis(1_763_560_927_120);

    #[test]
    fn others_messages_after_the_marker_are_unread_until_they_expire() {
        let ana = Reader { user: ANA, read_seq: Seq(5) };
        assert!(ana.has_unread(Seq(6), BEN, None, NOW));
        assert!(!ana.has_unread(Seq(5), BEN, None, NOW), "it is read");
        assert!(!ana.has_unread(Seq(6), ANA, None, NOW), "it is her own");
        assert!(ana.has_unread(Seq(6), BEN, Some(NOW.plus_ms(1)), NOW));
        assert!(!ana.has_unread(Seq(6), BEN, Some(NOW), NOW), "it has expired");
    }

    #[test]
    fn all_ephemeral_messages_count_and_those_that_expire_first_are_listed() {
        let message =
            |seq: u64, is_mention| UnreadEphemeral { seq: Seq(seq), expires_at: NOW.plus_ms(1_000 - seq), is_mention };
        let persistent = ReadMarker { unread: 2, mentions: 1, ..ReadMarker::default() };
        let few = persistent.clone().with_ephemeral(vec![message(1, false), message(2, true)]);
        assert_eq!((few.unread, few.mentions, few.unlisted_to), (4, 2, None));
        assert_eq!(few.ephemeral, [message(2, true), message(1, false)]);
        let many = persistent.with_ephemeral((1..=50).map(|seq| message(seq, true)).collect());
        assert_eq!((many.unread, many.mentions, many.unlisted_to), (52, 51, Some(Seq(50))));
        assert_eq!(many.ephemeral.len(), UNREAD_EPHEMERAL_MAX);
        assert_eq!(many.ephemeral[0], message(50, true));
    }
}
