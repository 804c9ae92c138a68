//! The contract of the live store's port as tests, for every store. Time is passed in; nothing sleeps. Must
//! not know how a store works.
//!
//! `suite!(fresh)` makes one test per case, each with the store that `fresh` gives for its limits.

pub(crate) mod tombstones;

use std::sync::Arc;

use chat_proto::ids::{ClientKey, ConnectionId, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::presence::Availability;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

use super::{
    BucketKey, EphemeralEntry, EphemeralKey, KEY_KEPT_MS, Lease, LeaseId, Live, LiveError, NodeId, Put, TrendingMirror,
    Typist,
};
use crate::limits::{BucketRule, Take};

/// Makes the suite's tests for one store.
macro_rules! suite {
    ($fresh:expr) => {
        crate::live::conformance::suite!(@cases $fresh;
            an_entry_is_alive_until_its_own_end_and_not_at_it
            writing_to_a_room_without_pause_lengthens_no_life
            a_retry_is_there_once_and_answers_the_first_number
            a_key_is_unique_over_all_rooms_and_remembered_after_the_end
            an_edit_keeps_the_end_and_a_late_older_state_changes_nothing
            a_deletion_leaves_a_tombstone_without_text_until_the_end
            a_tombstone_takes_no_edit_and_no_second_deletion
            a_deletion_that_was_refused_is_undone
            the_states_before_a_change_are_kept_until_it_is_confirmed_or_revoked
            nothing_brings_back_what_expired
            undo_takes_back_one_try_and_not_the_next
            a_post_undone_before_it_came_is_not_there
            a_closed_room_is_empty_and_others_are_not
            rooms_are_listed_while_an_entry_is_alive
            usage_counts_alive_messages_and_returns_to_nothing
            an_entry_without_an_end_is_refused
            a_lease_holds_until_its_end_and_is_renewed
            leases_of_two_connections_and_two_processes_stand_apart
            who_types_is_mirrored_until_their_end_or_their_last_word
            mirrored_trending_words_are_kept_whole_and_end
            a_shared_bucket_is_one_for_all_who_take);

        #[tokio::test]
        async fn deleted_messages_free_their_share_and_the_oldest_tombstones_go_first() {
            let live = $fresh(crate::live::conformance::tombstones::NARROW).await;
            crate::live::conformance::tombstones::deleted_messages_free_their_share_and_the_oldest_tombstones_go_first(live).await;
        }
    };
    (@cases $fresh:expr; $($case:ident)+) => {
        $(#[tokio::test]
        async fn $case() {
            crate::live::conformance::$case($fresh(crate::live::MemoryCaps::default()).await).await;
        })+
    };
}
pub(crate) use suite;

type Store = Arc<dyn Live>;

const ROOM: RoomId = RoomId(1);

fn at(ms: i64) -> UnixMillis {
    UnixMillis(ms)
}

fn key(text: &str) -> ClientKey {
    text.parse().expect("a plain key")
}

fn message_item(seq: u64, body: &str, created: UnixMillis, expires_at: Option<UnixMillis>) -> Item {
    let message = Message { expires_at, ..Message::plain(body.parse().expect("a body")) };
    Item { seq: Seq(seq), changed: Seq(seq), at: created, by: UserId(7), content: Content::Message(message) }
}

fn keyed(room: RoomId, key_text: &str, item: &Item) -> EphemeralEntry {
    EphemeralEntry::message(&EphemeralKey { room, sender: UserId(7), key: key(key_text) }, item).expect("an entry")
}

/// A short message of user 7 in `room` with the key `kSEQ`.
pub(crate) fn entry(room: u64, seq: u64, created: UnixMillis, ttl_ms: u64) -> EphemeralEntry {
    let item = message_item(seq, "hello", created, Some(created.plus_ms(ttl_ms)));
    keyed(RoomId(room), &format!("k{seq}"), &item)
}

async fn alive_seqs(live: &Store, room: RoomId, now: UnixMillis) -> Vec<u64> {
    live.load(room, now).await.expect("a load").iter().map(|entry| entry.seq().0).collect()
}

pub(crate) async fn an_entry_is_alive_until_its_own_end_and_not_at_it(live: Store) {
    assert_eq!(live.put(entry(1, 3, at(0), 9_000), at(0)).await, Ok(Put::Stored));
    assert_eq!(live.put(entry(1, 2, at(0), 2_000), at(0)).await, Ok(Put::Stored));
    assert_eq!(alive_seqs(&live, ROOM, at(1_999)).await, [2, 3], "by rising number");
    assert_eq!(alive_seqs(&live, ROOM, at(2_000)).await, [3]);
    assert_eq!(live.load(ROOM, at(2_000)).await, Ok(vec![entry(1, 3, at(0), 9_000)]), "as it was put");
    assert_eq!(alive_seqs(&live, ROOM, at(9_000)).await, [0; 0]);
}

pub(crate) async fn writing_to_a_room_without_pause_lengthens_no_life(live: Store) {
    for step in 0..40 {
        let now = at(step * 500);
        assert_eq!(live.put(entry(1, step as u64 + 1, now, 3_000), now).await, Ok(Put::Stored));
        let alive = alive_seqs(&live, ROOM, now).await;
        assert_eq!(alive.len() as i64, (step + 1).min(6));
    }
}

pub(crate) async fn a_retry_is_there_once_and_answers_the_first_number(live: Store) {
    let first = keyed(ROOM, "retry", &message_item(4, "hello", at(0), Some(at(5_000))));
    assert_eq!(live.put(first.clone(), at(0)).await, Ok(Put::Stored));
    let again = keyed(ROOM, "retry", &message_item(9, "hello", at(100), Some(at(5_100))));
    let Ok(Put::KeyHeld(held)) = live.put(again, at(100)).await else { panic!("the key is held") };
    assert_eq!((held.room, held.seq, held.at, held.expires_at), (ROOM, Seq(4), at(0), at(5_000)));
    assert_eq!(held.digest, first.digest());
    assert_eq!(alive_seqs(&live, ROOM, at(100)).await, [4]);
}

pub(crate) async fn a_key_is_unique_over_all_rooms_and_remembered_after_the_end(live: Store) {
    let first = keyed(ROOM, "once", &message_item(4, "hello", at(0), Some(at(1_000))));
    let digest = first.digest();
    assert_eq!(live.put(first, at(0)).await, Ok(Put::Stored));
    let elsewhere = |now| keyed(RoomId(2), "once", &message_item(1, "hello", now, Some(now.plus_ms(1_000))));
    let Ok(Put::KeyHeld(held)) = live.put(elsewhere(at(5_000)), at(5_000)).await else { panic!("still held") };
    assert_eq!(
        (held.room, held.seq, held.digest),
        (ROOM, Seq(4), digest),
        "the room and the text are still distinguished"
    );
    assert_ne!(digest, elsewhere(at(0)).digest());
    assert_eq!(live.key_use(UserId(8), key("once"), at(0)).await, Ok(None), "another sender's key is another key");
    let forgotten = at(1_000).plus_ms(KEY_KEPT_MS);
    assert_eq!(live.key_use(UserId(7), key("once"), forgotten).await, Ok(None));
    assert_eq!(live.put(elsewhere(forgotten), forgotten).await, Ok(Put::Stored));
}

pub(crate) async fn rooms_are_listed_while_an_entry_is_alive(live: Store) {
    let listed = async |now| {
        let mut rooms = live.rooms_with_entries(at(now)).await.expect("a list");
        rooms.sort_unstable();
        rooms
    };
    assert_eq!(listed(0).await, []);
    for (room, seq, ttl_ms) in [(1, 1, 2_000), (1, 2, 9_000), (2, 3, 2_000), (3, 4, 9_000)] {
        assert_eq!(live.put(entry(room, seq, at(0), ttl_ms), at(0)).await, Ok(Put::Stored));
    }
    assert_eq!(listed(1_999).await, [ROOM, RoomId(2), RoomId(3)]);
    assert_eq!(listed(2_000).await, [ROOM, RoomId(3)], "at its end an entry is not alive");
    live.clear_room(ROOM).await.expect("cleared");
    assert_eq!(listed(2_000).await, [RoomId(3)]);
}

pub(crate) async fn an_edit_keeps_the_end_and_a_late_older_state_changes_nothing(live: Store) {
    let first = entry(1, 4, at(0), 5_000);
    let key = first.key();
    assert_eq!(live.put(first, at(0)).await, Ok(Put::Stored));
    let edited = |changed, body: &str| Item { changed: Seq(changed), ..message_item(4, body, at(0), Some(at(5_000))) };
    assert_eq!(live.replace(key.clone(), edited(8, "newer"), at(10)).await, Ok(true));
    assert_eq!(live.replace(key.clone(), edited(6, "older"), at(20)).await, Ok(true));
    let items = live.load(ROOM, at(4_999)).await.expect("a load");
    assert_eq!(items.iter().map(EphemeralEntry::item).collect::<Vec<_>>(), [edited(8, "newer")]);
    let longer = Item { changed: Seq(9), ..message_item(4, "x", at(0), Some(at(6_000))) };
    assert_eq!(live.replace(key, longer, at(20)).await, Err(LiveError::NotEphemeral));
    assert_eq!(alive_seqs(&live, ROOM, at(5_000)).await, [0; 0]);
}

fn tombstone(seq: u64, changed: u64) -> Item {
    let content = Content::Deleted { deleted_at: at(50), deleted_by: UserId(7) };
    Item { seq: Seq(seq), changed: Seq(changed), at: at(0), by: UserId(7), content }
}

pub(crate) async fn a_deletion_leaves_a_tombstone_without_text_until_the_end(live: Store) {
    let first = entry(1, 4, at(0), 5_000);
    let key = first.key();
    assert_eq!(live.put(first, at(0)).await, Ok(Put::Stored));
    assert_eq!(live.replace(key.clone(), tombstone(4, 5), at(50)).await, Ok(true));
    let entries = live.load(ROOM, at(60)).await.expect("a load");
    assert_eq!(entries.iter().map(EphemeralEntry::item).collect::<Vec<_>>(), [tombstone(4, 5)]);
    assert_eq!(live.usage(at(60)).await.map(|usage| usage.alive), Ok(0), "a tombstone is not alive");
    let Ok(Put::KeyHeld(_)) = live.put(entry(1, 4, at(70), 5_000), at(70)).await else {
        panic!("a retry after the deletion brings nothing back")
    };
    assert_eq!(alive_seqs(&live, ROOM, at(5_000)).await, [0; 0]);
}

pub(crate) async fn a_tombstone_takes_no_edit_and_no_second_deletion(live: Store) {
    let first = entry(1, 4, at(0), 5_000);
    let key = first.key();
    assert_eq!(live.put(first, at(0)).await, Ok(Put::Stored));
    assert_eq!(live.replace(key.clone(), tombstone(4, 5), at(50)).await, Ok(true));
    let edited = Item { changed: Seq(6), ..message_item(4, "back", at(0), Some(at(5_000))) };
    assert_eq!(live.replace(key.clone(), edited, at(51)).await, Ok(false));
    assert_eq!(live.replace(key, tombstone(4, 7), at(52)).await, Ok(false));
    let entries = live.load(ROOM, at(60)).await.expect("a load");
    assert_eq!(entries.iter().map(EphemeralEntry::item).collect::<Vec<_>>(), [tombstone(4, 5)]);
}

pub(crate) async fn a_deletion_that_was_refused_is_undone(live: Store) {
    let first = entry(1, 4, at(0), 5_000);
    let (key, posted) = (first.key(), first.item());
    assert_eq!(live.put(first, at(0)).await, Ok(Put::Stored));
    assert_eq!(live.replace(key.clone(), tombstone(4, 5), at(50)).await, Ok(true));
    assert_eq!(live.restore(key.clone(), posted.clone(), at(51)).await, Ok(()), "an older state");
    assert_eq!(live.usage(at(52)).await.map(|usage| usage.alive), Ok(0));
    let restored = Item { changed: Seq(6), ..posted };
    assert_eq!(live.restore(key.clone(), restored.clone(), at(53)).await, Ok(()));
    let entries = live.load(ROOM, at(60)).await.expect("a load");
    assert_eq!(entries.iter().map(EphemeralEntry::item).collect::<Vec<_>>(), [restored]);
    assert_eq!(live.usage(at(60)).await.map(|usage| usage.alive), Ok(1), "it is alive again");
    assert_eq!(live.replace(key, tombstone(4, 7), at(70)).await, Ok(true), "it can be deleted again");
    assert_eq!(alive_seqs(&live, ROOM, at(5_000)).await, [0; 0]);
}

/// The numbers of the states of the one entry, newest first.
async fn states(live: &Store) -> Vec<u64> {
    let entry = live.load(ROOM, at(0)).await.expect("a load").pop().expect("an entry");
    entry.states().map(|item| item.changed.0).collect()
}

pub(crate) async fn the_states_before_a_change_are_kept_until_it_is_confirmed_or_revoked(live: Store) {
    let posted = entry(1, 4, at(0), 5_000);
    let (key, first) = (posted.key(), posted.item());
    assert_eq!(live.put(posted, at(0)).await, Ok(Put::Stored));
    let edited = |changed, body: &str| Item { changed: Seq(changed), ..message_item(4, body, at(0), Some(at(5_000))) };
    let usage = async || live.usage(at(0)).await.expect("a count");
    for item in [edited(5, "two\nlines"), edited(6, "three"), tombstone(4, 7)] {
        assert_eq!(live.replace(key.clone(), item, at(0)).await, Ok(true));
    }
    let loaded = live.load(ROOM, at(0)).await.expect("a load").pop().expect("an entry");
    assert_eq!((loaded.item(), usage().await.alive), (tombstone(4, 7), 0));
    assert_eq!(loaded.former(), [edited(6, "three"), edited(5, "two\nlines"), first.clone()]);
    assert_eq!(loaded.clone().standing(|changed| changed >= Seq(6)).item(), edited(5, "two\nlines"));
    assert_eq!(loaded.standing(|_| true).item(), first);
    for (seq, changed) in [(Seq(4), Seq(99)), (Seq(5), Seq(6))] {
        assert_eq!(live.confirm(key.clone(), seq, changed).await, Ok(()));
        assert_eq!(live.revoke(key.clone(), seq, changed).await, Ok(()));
    }
    assert_eq!(states(&live).await, [7, 6, 5, 4], "of no change, or of another message");
    assert_eq!(live.revoke(key.clone(), Seq(4), Seq(5)).await, Ok(()));
    assert_eq!(states(&live).await, [7, 6, 4], "later changes stay");
    assert_eq!(live.confirm(key.clone(), Seq(4), Seq(6)).await, Ok(()));
    assert_eq!(states(&live).await, [7, 6]);
    assert_eq!(live.revoke(key.clone(), Seq(4), Seq(7)).await, Ok(()));
    let back = live.load(ROOM, at(0)).await.expect("a load").pop().expect("an entry");
    assert_eq!((back.item(), back.former().len(), usage().await.alive), (edited(6, "three"), 0, 1), "it is back");
    assert_eq!(live.revoke(key.clone(), Seq(4), Seq(6)).await, Ok(()));
    assert_eq!(states(&live).await, [6], "nothing is known from before it");
    assert_eq!(live.replace(key.clone(), tombstone(4, 8), at(0)).await, Ok(true));
    let bytes = usage().await.bytes;
    assert_eq!(live.confirm(key.clone(), Seq(4), Seq(8)).await, Ok(()));
    assert_eq!(states(&live).await, [8], "no text is left of a deletion that stands");
    assert!(usage().await.bytes < bytes, "nor does it count");
    assert_eq!(live.restore(key, edited(9, "restored"), at(0)).await, Ok(()));
    assert_eq!(states(&live).await, [9]);
}

pub(crate) async fn nothing_brings_back_what_expired(live: Store) {
    let first = entry(1, 4, at(0), 1_000);
    let key = first.key();
    assert_eq!(live.put(first.clone(), at(0)).await, Ok(Put::Stored));
    let edited = Item { changed: Seq(6), ..message_item(4, "late", at(0), Some(at(1_000))) };
    assert_eq!(live.replace(key.clone(), edited, at(1_000)).await, Ok(false));
    assert_eq!(live.replace(key, tombstone(4, 7), at(1_000)).await, Ok(false));
    for seq in 10..60 {
        assert_eq!(live.put(entry(1, seq, at(2_000), 1_000), at(2_000)).await, Ok(Put::Stored));
    }
    let last = entry(1, 59, at(2_000), 1_000).key();
    assert_eq!(live.replace(last, tombstone(59, 60), at(3_000)).await, Ok(false), "swept or not");
    let Ok(Put::KeyHeld(_)) = live.put(first, at(3_000)).await else { panic!("a late retry is a duplicate") };
    assert_eq!(alive_seqs(&live, ROOM, at(3_000)).await, [0; 0]);
}

pub(crate) async fn undo_takes_back_one_try_and_not_the_next(live: Store) {
    let attempt = |seq| keyed(ROOM, "again", &message_item(seq, "hello", at(0), Some(at(9_000))));
    let key = attempt(1).key();
    assert_eq!(live.put(attempt(1), at(0)).await, Ok(Put::Stored));
    assert_eq!(live.undo(key.clone(), Seq(1)).await, Ok(()));
    assert_eq!(alive_seqs(&live, ROOM, at(1)).await, [0; 0]);
    assert_eq!(live.put(attempt(2), at(1)).await, Ok(Put::Stored), "the key is free again");
    assert_eq!(live.undo(key, Seq(1)).await, Ok(()));
    assert_eq!(alive_seqs(&live, ROOM, at(2)).await, [2], "a late undo does not touch the retry");
    let Ok(Put::KeyHeld(held)) = live.put(attempt(3), at(2)).await else { panic!("nor its key") };
    assert_eq!(held.seq, Seq(2));
}

pub(crate) async fn a_post_undone_before_it_came_is_not_there(live: Store) {
    let one = entry(1, 1, at(0), 9_000);
    assert_eq!(live.undo(one.key(), Seq(1)).await, Ok(()));
    assert_eq!(live.key_use(UserId(7), key("k1"), at(0)).await, Ok(None));
    assert_eq!(alive_seqs(&live, ROOM, at(0)).await, [0; 0]);
}

pub(crate) async fn a_closed_room_is_empty_and_others_are_not(live: Store) {
    assert_eq!(live.put(entry(1, 1, at(0), 9_000), at(0)).await, Ok(Put::Stored));
    assert_eq!(live.put(entry(2, 2, at(0), 9_000), at(0)).await, Ok(Put::Stored));
    assert_eq!(live.clear_room(ROOM).await, Ok(()));
    assert_eq!(alive_seqs(&live, ROOM, at(1)).await, [0; 0]);
    assert_eq!(alive_seqs(&live, RoomId(2), at(1)).await, [2]);
    let Ok(Put::KeyHeld(held)) = live.put(entry(1, 1, at(1), 9_000), at(1)).await else { panic!("keys stay") };
    assert_eq!(held.seq, Seq(1));
}

pub(crate) async fn usage_counts_alive_messages_and_returns_to_nothing(live: Store) {
    let floor = live.usage(at(0)).await.expect("a count");
    for seq in 1..=50 {
        assert_eq!(live.put(entry(seq % 3 + 1, seq, at(0), 1_000 + seq * 10), at(0)).await, Ok(Put::Stored));
    }
    let full = live.usage(at(0)).await.expect("a count");
    assert_eq!(full.alive, 50);
    assert!(full.bytes > floor.bytes);
    assert_eq!(live.usage(at(1_100)).await.map(|usage| usage.alive), Ok(40));
    live.sweep(at(1_500)).await.expect("a sweep");
    assert_eq!(live.usage(at(1_500)).await, Ok(floor));
}

pub(crate) async fn an_entry_without_an_end_is_refused(_live: Store) {
    let key = EphemeralKey { room: ROOM, sender: UserId(7), key: key("persistent") };
    let persistent = message_item(1, "hello", at(0), None);
    assert_eq!(EphemeralEntry::message(&key, &persistent), Err(LiveError::NotEphemeral));
    assert_eq!(EphemeralEntry::message(&key, &tombstone(1, 2)), Err(LiveError::NotEphemeral));
}

fn lease(node: u64, connection: u64, expires_at: i64) -> Lease {
    Lease {
        id: LeaseId { node: NodeId(node), connection: ConnectionId(connection) },
        user: UserId(7),
        availability: Availability::Online,
        expires_at: at(expires_at),
    }
}

pub(crate) async fn a_lease_holds_until_its_end_and_is_renewed(live: Store) {
    assert_eq!(live.renew_leases(vec![lease(1, 1, 1_000)]).await, Ok(()));
    assert_eq!(live.leases(at(999)).await, Ok(vec![lease(1, 1, 1_000)]));
    let renewed = Lease { availability: Availability::Away, ..lease(1, 1, 2_000) };
    assert_eq!(live.renew_leases(vec![renewed]).await, Ok(()));
    assert_eq!(live.leases(at(1_000)).await, Ok(vec![renewed]));
    live.sweep(at(1_500)).await.expect("a sweep");
    assert_eq!(live.leases(at(1_999)).await, Ok(vec![renewed]), "a sweep ends nothing that holds");
    assert_eq!(live.leases(at(2_000)).await, Ok(Vec::new()));
}

pub(crate) async fn leases_of_two_connections_and_two_processes_stand_apart(live: Store) {
    let all = [lease(1, 1, 9_000), lease(1, 2, 9_000), lease(2, 1, 9_000)];
    assert_eq!(live.renew_leases(all.to_vec()).await, Ok(()));
    assert_eq!(live.end_leases(vec![lease(1, 1, 0).id, lease(3, 1, 0).id]).await, Ok(()));
    assert_eq!(live.leases(at(0)).await, Ok(all[1..].to_vec()));
}

pub(crate) async fn who_types_is_mirrored_until_their_end_or_their_last_word(live: Store) {
    let typist = |room, connection, until| {
        let id = LeaseId { node: NodeId(u64::MAX), connection: ConnectionId(connection) };
        Typist { room: RoomId(room), id, user: UserId(7), until: at(until) }
    };
    let first = [typist(1, 1, 6_000), typist(1, 2, 6_000), typist(2, 1, 6_000)];
    assert_eq!(live.mirror_typing(first.to_vec(), at(0)).await, Ok(()));
    assert_eq!(live.typists(ROOM, at(1)).await, Ok(first[..2].to_vec()));
    let next = vec![typist(1, 2, 9_000), typist(2, 1, 3_000), typist(1, 3, 4_000)];
    assert_eq!(live.mirror_typing(next, at(3_000)).await, Ok(()));
    assert_eq!(live.typists(RoomId(2), at(3_000)).await, Ok(Vec::new()), "they stopped");
    assert_eq!(live.typists(ROOM, at(5_999)).await, Ok(vec![typist(1, 1, 6_000), typist(1, 2, 9_000)]));
    live.sweep(at(6_000)).await.expect("a sweep");
    assert_eq!(live.typists(ROOM, at(6_000)).await, Ok(vec![typist(1, 2, 9_000)]));
    assert_eq!(live.typists(ROOM, at(9_000)).await, Ok(Vec::new()));
}

pub(crate) async fn mirrored_trending_words_are_kept_whole_and_end(live: Store) {
    let words = |word: &str| vec![TrendingWord { word: word.to_owned(), score: 1.25 }];
    let mirror = |at_ms, words| TrendingMirror { at: at(at_ms), upto: Seq(9), words };
    assert_eq!(live.mirrored_trending(ROOM, at(0)).await, Ok(None));
    assert_eq!(live.mirror_trending(ROOM, mirror(0, words("clock"))).await, Ok(()));
    assert_eq!(live.mirror_trending(ROOM, mirror(10, words("C++"))).await, Ok(()));
    assert_eq!(live.mirrored_trending(ROOM, at(20)).await, Ok(Some(mirror(10, words("C++")))));
    let ended = at(10).plus_ms(super::TRENDING_KEPT_MS);
    assert_eq!(live.mirrored_trending(ROOM, ended).await, Ok(None));
    assert_eq!(live.mirror_trending(ROOM, mirror(20, Vec::new())).await, Ok(()));
    assert_eq!(live.mirrored_trending(ROOM, at(20)).await, Ok(None));
}

pub(crate) async fn a_shared_bucket_is_one_for_all_who_take(live: Store) {
    let rule = BucketRule { per_second: 10, burst: 3 };
    let posts = |user| BucketKey::of_user("posts", UserId(user));
    for _ in 0..3 {
        assert_eq!(live.take(posts(1), rule, 1, at(0)).await, Ok(Take::Granted));
    }
    assert_eq!(live.take(posts(1), rule, 1, at(0)).await, Ok(Take::Refused { retry_after_ms: Some(100) }));
    assert_eq!(live.take(posts(2), rule, 1, at(0)).await, Ok(Take::Granted), "another account's bucket");
    live.sweep(at(50)).await.expect("a sweep");
    assert_eq!(live.take(posts(1), rule, 1, at(50)).await, Ok(Take::Refused { retry_after_ms: Some(50) }));
    assert_eq!(live.take(posts(1), rule, 1, at(100)).await, Ok(Take::Granted));
    let mut seen = live.bucket(posts(1), at(150)).await.expect("an answer").expect("it is known");
    assert_eq!(seen.take(rule, 1, at(150)), Take::Refused { retry_after_ms: Some(50) }, "as it was left");
    let mut seen = live.bucket(posts(1), at(-9_000)).await.expect("an answer").expect("it is known");
    assert!(matches!(seen.take(rule, 1, at(-9_000)), Take::Refused { .. }));
    assert_eq!(live.bucket(posts(3), at(150)).await, Ok(None));
}
