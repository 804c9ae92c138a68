//! The contract of live stores about the space of deleted messages. Must not know how a store works.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item};

use super::{ROOM, Store, alive_seqs, at, entry, tombstone};
use crate::live::{EphemeralEntry, EphemeralKey, LiveError, MemoryCaps, Put};

/// Limits for some thirty short messages of an account.
pub(crate) const NARROW: MemoryCaps =
    MemoryCaps { account_bytes: 8_192, room_bytes: 12_288, total_bytes: 65_536, keys: 1_000 };

pub(crate) async fn deleted_messages_free_their_share_and_the_oldest_tombstones_go_first(live: Store) {
    let by = |sender: u64, seq: u64| {
        let short = entry(1, seq, at(0), 9_000);
        let key = EphemeralKey { sender: UserId(sender), ..short.key() };
        EphemeralEntry::message(&key, &short.item()).expect("an entry")
    };
    let gone = |seq: u64| {
        let content = Content::Deleted { deleted_at: at(seq as i64), deleted_by: UserId(7) };
        Item { changed: Seq(seq + 1), content, ..tombstone(seq, 0) }
    };
    let mut last = 0;
    for number in 0..200 {
        last = 2 * number + 1;
        let posted = by(7 + number % 2, last);
        assert_eq!(live.put(posted.clone(), at(0)).await, Ok(Put::Stored), "the post of number {last}");
        assert_eq!(live.replace(posted.key(), gone(last), at(0)).await, Ok(true));
        live.confirm(posted.key(), Seq(last), Seq(last + 1)).await.expect("confirmed");
    }
    let kept = alive_seqs(&live, ROOM, at(0)).await;
    assert!(kept.len() > 4 && kept.len() < 100, "{} tombstones", kept.len());
    let newest = (1..=last).step_by(2).skip(200 - kept.len());
    assert!(kept.iter().copied().eq(newest), "the newest are kept: {kept:?}");
    assert!(live.usage(at(0)).await.expect("counted").bytes <= NARROW.room_bytes / 4);
    for sender in [7, 8] {
        let first = by(sender, 1 + 2 * (sender - 7));
        let Ok(Put::KeyHeld(held)) = live.put(first.clone(), at(0)).await else { panic!("its key is known") };
        assert_eq!(held.seq, first.seq());
    }
    // A share that is full has space as soon as one message is deleted.
    let mut posted = Vec::new();
    let refused = loop {
        let next = by(9, 1_000 + 2 * posted.len() as u64);
        match live.put(next.clone(), at(0)).await {
            Ok(_) => posted.push(next),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, LiveError::AccountFull { limit_bytes: NARROW.account_bytes });
    assert_eq!(live.replace(posted[0].key(), gone(1_000), at(0)).await, Ok(true));
    live.confirm(posted[0].key(), Seq(1_000), Seq(1_001)).await.expect("confirmed");
    assert_eq!(live.put(by(9, 3_000), at(0)).await, Ok(Put::Stored));
    live.sweep(at(9_000)).await.expect("swept");
    assert_eq!(live.usage(at(9_000)).await.map(|usage| usage.bytes), Ok(0));
}
