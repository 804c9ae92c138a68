//! Keeps the state of an account, and the `welcome` that carries it, within one frame: shortens lists and topics, and leaves
//! rooms out of those that are resumed. Pure; must not know where the state comes from, or how it is sent.

#![deny(clippy::disallowed_methods)]

use chat_proto::codec::wire_size;
use chat_proto::limits::SERVER_FRAME_MAX_BYTES;
use chat_proto::room::{ReadMarker, Topic};
use chat_proto::server_frame::{AccountSnapshot, Resumed};
use unicode_segmentation::UnicodeSegmentation as _;

/// Bytes that an account's state should take at most: the rest of a frame is for what a `welcome` brings of its rooms.
const SNAPSHOT_MAX_BYTES: usize = 600 * 1024;
/// Bytes of a `welcome` beside the state and the resumed rooms, and more.
const WELCOME_REST_BYTES: usize = 16 * 1024;
/// Bytes of a topic that are left even so.
const TOPIC_MIN_BYTES: usize = 16;

/// What stands for the rest of a topic.
const MARK: &str = "…";

/// Shortens a state that is too long. The counts stay right, and `room_info` still answers the whole topic.
pub(super) fn fit(snapshot: &mut AccountSnapshot) {
    if wire_size(snapshot) > SNAPSHOT_MAX_BYTES {
        for membership in &mut snapshot.rooms {
            list_only_first(&mut membership.read_marker);
        }
        let excess = wire_size(snapshot).saturating_sub(SNAPSHOT_MAX_BYTES);
        shorten_topics(snapshot, excess);
    }
}

/// Leaves out the resumed rooms that do not fit beside the state: their clients ask for `changes`.
pub(super) fn fit_beside(snapshot: &AccountSnapshot, resumed: &mut Vec<Resumed>) {
    let mut left = SERVER_FRAME_MAX_BYTES.saturating_sub(WELCOME_REST_BYTES + wire_size(snapshot));
    resumed.retain(|room| match left.checked_sub(wire_size(room) + ",".len()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
}

/// Lists the one unread ephemeral message that expires first; then the client asks again.
fn list_only_first(read_marker: &mut ReadMarker) {
    if read_marker.ephemeral.len() > 1 {
        let newest = read_marker.ephemeral.iter().map(|message| message.seq).max();
        read_marker.unlisted_to = read_marker.unlisted_to.max(newest);
        read_marker.ephemeral.truncate(1);
    }
}

/// Cuts the topics until so many bytes are saved: the longest first, all of them to the same length.
fn shorten_topics(snapshot: &mut AccountSnapshot, excess_bytes: usize) {
    let topics = || snapshot.rooms.iter().filter_map(|membership| membership.room.topic.as_ref());
    let mut lengths: Vec<usize> = topics().map(|topic| wire_size(&topic.text)).collect();
    lengths.sort_unstable();
    let all: usize = lengths.iter().sum();
    let mut left = all.saturating_sub(excess_bytes);
    let mut share = usize::MAX;
    for (index, length) in lengths.iter().enumerate() {
        let even = left / (lengths.len() - index);
        if *length > even {
            share = even;
            break;
        }
        left -= length;
    }
    for membership in &mut snapshot.rooms {
        if let Some(topic) = membership.room.topic.as_mut().filter(|topic| wire_size(&topic.text) > share) {
            shorten(topic, share.max(TOPIC_MIN_BYTES));
        }
    }
}

/// Cuts a topic behind a whole character.
fn shorten(topic: &mut Topic, share: usize) {
    let mut kept = String::new();
    let mut left = share.saturating_sub(wire_size(&MARK));
    for character in topic.text.as_str().graphemes(true) {
        // Without the quotes; some characters are escaped.
        let Some(rest) = left.checked_sub(wire_size(&character) - 2) else { break };
        left = rest;
        kept.push_str(character);
    }
    kept.push_str(MARK);
    if let Ok(text) = kept.parse() {
        topic.text = text;
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::cursor::Cursor;
    use chat_proto::ids::{AccountSeq, RoomId, Run, Seq, UserId};
    use chat_proto::room::{Membership, Role, Room, RoomKind, User};
    use chat_proto::time::UnixMillis;
    use chat_proto::unread::UnreadEphemeral;

    use super::*;

    const AT: UnixMillis = UnixMillis(1_763_560_927_120);
    const LARGE: u64 = 1 << 40;

    fn membership(number: u64, topic: &str, unread: u64) -> Membership {
        let by = UserId(LARGE + number);
        let name = format!("{number:04}{}", "д".repeat(28));
        let room = Room {
            id: RoomId(LARGE + number),
            kind: RoomKind::Private,
            name: Some(name.parse().expect("a name")),
            people: Vec::new(),
            topic: Some(Topic { text: topic.parse().expect("a topic"), by, at: AT }),
            description: None,
            default_ttl_ms: Some(604_800_000),
            closes_when_empty: true,
            members: 100_000,
            created_at: AT,
            created_by: by,
            pruned_to: Seq::ZERO,
        };
        let message = |seq| UnreadEphemeral { seq: Seq(LARGE + seq), expires_at: AT, is_mention: true };
        let head = Cursor { run: Some(Run(u64::MAX >> 1)), seq: Seq(LARGE), persistent: Seq(LARGE) };
        let read_marker = ReadMarker { read_seq: Seq(LARGE), counted_to: Seq(LARGE), ..ReadMarker::default() };
        let read_marker = read_marker.with_ephemeral((1..=unread).map(message).collect());
        Membership { room, head, read_marker, role: Role::Moderator }
    }

    fn snapshot(rooms: u64, topic: &str, unread: u64) -> AccountSnapshot {
        let rooms: Vec<_> = (1..=rooms).map(|number| membership(number, topic, unread)).collect();
        let users = rooms.iter().map(|membership| User {
            id: membership.room.created_by,
            name: membership.room.name.as_ref().expect("a name").as_str().parse().expect("a name"),
        });
        AccountSnapshot { head: AccountSeq(LARGE), users: users.collect(), rooms }
    }

    #[test]
    fn the_longest_state_of_a_thousand_rooms_fits() {
        let mut longest = snapshot(1_000, &"😀".repeat(250), 10);
        fit(&mut longest);
        let size = wire_size(&longest);
        let resumed = |number| Resumed {
            room: RoomId(LARGE + number),
            is_complete: true,
            items: Vec::new(),
            head: longest.rooms[0].head,
            parted: None,
        };
        let mut few = vec![resumed(1)];
        fit_beside(&longest, &mut few);
        assert_eq!(few, [resumed(1)]);
        let mut many: Vec<_> = (0..5_000).map(resumed).collect();
        fit_beside(&longest, &mut many);
        let both = size + wire_size(&many);
        let most = SERVER_FRAME_MAX_BYTES - WELCOME_REST_BYTES;
        assert!(both <= most && both > most - 1_000, "{size} + {} of {most}", wire_size(&many));
        let marker = &longest.rooms[0].read_marker;
        assert_eq!((marker.unread, marker.ephemeral.len(), marker.unlisted_to), (10, 1, Some(Seq(LARGE + 10))));
    }

    #[test]
    fn only_topics_that_are_too_long_are_cut_and_at_whole_characters() {
        let family = "👨‍👩‍👧".repeat(50);
        let mut many = snapshot(1_000, &family, 0);
        many.rooms[7].room.topic.as_mut().expect("a topic").text = "short".parse().expect("a topic");
        fit(&mut many);
        let text = |number: usize| many.rooms[number].room.topic.as_ref().expect("a topic").text.as_str();
        assert!(wire_size(&many) <= SNAPSHOT_MAX_BYTES);
        assert_eq!(text(7), "short");
        let kept = text(0).strip_suffix('…').expect("it is cut");
        assert!(family.starts_with(kept) && kept.ends_with('👧'), "{kept}");
    }

    #[test]
    fn what_fits_is_left_alone() {
        let few = snapshot(100, &"😀".repeat(250), 10);
        let mut fitted = few.clone();
        fit(&mut fitted);
        assert_eq!(fitted, few);
    }
}
