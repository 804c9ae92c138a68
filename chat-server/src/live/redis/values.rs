//! The values of the keys, as text that people and scripts can read; must not know commands. Pure.
//!
//! Key uses and leases begin with their form, `v2`; without one they are of form 1, which is read, too. A value of a newer
//! form is passed over. Golden files hold samples of each form.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::presence::Availability;
use chat_proto::time::UnixMillis;
use redis::{FromRedisValue, Value};

use crate::limits::TokenBucket;
use crate::live::{
    EphemeralEntry, EphemeralKey, KeyUse, Lease, LeaseId, LiveError, MemoryCaps, NodeId, TrendingMirror, Typist,
};
use crate::post_digest::PostDigest;
use crate::stored::{self, StoredError};

/// A value of another type than Redis' own.
pub(super) fn read<T: FromRedisValue>(value: Value) -> Option<T> {
    redis::from_redis_value(value).ok()
}

/// The only answer.
pub(super) fn one<T: FromRedisValue>(values: Vec<Value>) -> Option<T> {
    values.into_iter().next().and_then(read)
}

/// `m` for a message, `d` for a tombstone.
pub(super) fn kind(item: &Item) -> &'static str {
    // The live store keeps messages and tombstones only.
    if item.content.message().is_some() { "m" } else { "d" }
}

pub(super) fn hex(digest: PostDigest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<PostDigest> {
    let mut digest = PostDigest::default();
    if text.len() != 2 * digest.len() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// `SEQ CHANGED KIND END DIGEST ITEM`; the scripts read all but the item. Below it, a line `CHANGED ITEM` for each former
/// state of a change that is not confirmed, newest first.
pub(super) fn entry(entry: &EphemeralEntry) -> String {
    let item = entry.item();
    let (seq, changed, end) = (item.seq.0, item.changed.0, entry.expires_at().0);
    format!("{seq} {changed} {} {end} {} {}", kind(&item), hex(entry.digest()), stored::item_to_text(&item))
}

/// Reads an entry.
///
/// # Errors
/// [`StoredError::Newer`] if a newer server wrote it; another one if it is damaged, or another program's.
pub(super) fn read_entry(room: RoomId, field: &str, value: &str) -> Result<EphemeralEntry, StoredError> {
    let (sender, key) = field.split_once(':').ok_or(StoredError::Missing)?;
    let key = EphemeralKey { room, sender: id(sender).ok_or(StoredError::Word)?, key: key.parse()? };
    let mut states = value.split('\n');
    let mut parts = states.next().unwrap_or_default().splitn(6, ' ').skip(3);
    let mut next = || parts.next().ok_or(StoredError::Missing);
    let end = UnixMillis(next()?.parse().map_err(|_| StoredError::Word)?);
    let digest = from_hex(next()?).ok_or(StoredError::Word)?;
    let item = stored::item_from_text(next()?)?;
    let former = states.map(|state| {
        let (_changed, item) = state.split_once(' ').ok_or(StoredError::Missing)?;
        stored::item_from_text(item)
    });
    let entry = EphemeralEntry::kept(&key, &item, end, digest).map_err(|_| StoredError::Word)?;
    Ok(entry.with_former(former.collect::<Result<_, _>>()?))
}

/// The form of the key uses and leases that are written.
const FORM: &str = "v2";

/// The fields of a value of the present form, or of form 1, which names none; `None` if it is of another form.
fn fields(value: &str) -> Option<std::str::Split<'_, char>> {
    let mut fields = value.split(' ');
    match fields.clone().next() {
        Some(FORM) => fields.next().map(|_| fields),
        Some(form) if form.starts_with('v') => None,
        Some(_) | None => Some(fields),
    }
}

/// `v2 ROOM SEQ AT END DIGEST`; the scripts read all but the digest.
pub(super) fn key_use(entry: &EphemeralEntry) -> String {
    let KeyUse { room, seq, at, expires_at, digest } = entry.key_use();
    format!("{FORM} {} {} {} {} {}", room.0, seq.0, at.0, expires_at.0, hex(digest))
}

pub(super) fn read_key_use(value: &str) -> Option<KeyUse> {
    let mut parts = fields(value)?;
    Some(KeyUse {
        room: RoomId(parts.next()?.parse().ok()?),
        seq: Seq(parts.next()?.parse().ok()?),
        at: UnixMillis(parts.next()?.parse().ok()?),
        expires_at: UnixMillis(parts.next()?.parse().ok()?),
        digest: from_hex(parts.next()?)?,
    })
}

/// `NODE:CONNECTION`
pub(super) fn lease_field(id: LeaseId) -> String {
    format!("{}:{}", id.node.0, id.connection.0)
}

/// `v2 USER AVAILABILITY END`; the scripts read the end.
pub(super) fn lease(lease: &Lease) -> String {
    let availability = match lease.availability {
        Availability::Away => "away",
        Availability::Dnd => "dnd",
        Availability::Online | Availability::Offline | Availability::Unknown => "online",
    };
    format!("{FORM} {} {availability} {}", lease.user.0, lease.expires_at.0)
}

fn read_lease_field(field: &str) -> Option<LeaseId> {
    let (node, connection) = field.split_once(':')?;
    Some(LeaseId { node: NodeId(node.parse().ok()?), connection: ConnectionId(connection.parse().ok()?) })
}

/// The share that a script found full; `None` if it is none.
pub(super) fn full_share(share: &str, room: RoomId, caps: MemoryCaps) -> Option<LiveError> {
    match share {
        "account" => Some(LiveError::AccountFull { limit_bytes: caps.account_bytes }),
        "room" => Some(LiveError::RoomFull { room, limit_bytes: caps.room_bytes }),
        "all" => Some(LiveError::Full { limit_bytes: caps.total_bytes }),
        _ => None,
    }
}

/// A bucket: `THOUSANDTHS FILLED_AT`.
pub(super) fn read_bucket(value: &str, now: UnixMillis) -> Option<TokenBucket> {
    let (parts, filled_at) = value.split_once(' ')?;
    Some(TokenBucket::kept(parts.parse().ok()?, UnixMillis(filled_at.parse().ok()?), now))
}

pub(super) fn read_lease(field: &str, value: &str) -> Option<Lease> {
    let id = read_lease_field(field)?;
    let mut parts = fields(value)?;
    let user = UserId(parts.next()?.parse().ok()?);
    let availability = match parts.next()? {
        "online" => Availability::Online,
        "away" => Availability::Away,
        "dnd" => Availability::Dnd,
        _ => return None,
    };
    Some(Lease { id, user, availability, expires_at: UnixMillis(parts.next()?.parse().ok()?) })
}

/// `NODE:CONNECTION:USER`
pub(super) fn typist(typist: &Typist) -> String {
    format!("{}:{}", lease_field(typist.id), typist.user.0)
}

pub(super) fn read_typist(room: RoomId, value: &str, until: UnixMillis) -> Option<Typist> {
    let (field, user) = value.rsplit_once(':')?;
    Some(Typist { room, id: read_lease_field(field)?, user: UserId(user.parse().ok()?), until })
}

pub(super) fn trending(mirror: &TrendingMirror) -> String {
    stored::trending_to_text(mirror.at, mirror.upto, &mirror.words)
}

pub(super) fn read_trending(value: &str) -> Result<TrendingMirror, StoredError> {
    stored::trending_from_text(value).map(|(at, upto, words)| TrendingMirror { at, upto, words })
}

fn id(text: &str) -> Option<UserId> {
    text.strip_prefix('U')?.parse().ok().map(UserId)
}

#[cfg(test)]
mod tests {
    use chat_proto::message::Content;

    use super::*;
    use crate::live::conformance;

    #[test]
    fn entries_of_a_former_server_read() {
        let lines = include_str!("../../../golden/stored-v1-entries.txt").lines();
        let read = lines.map(|line| {
            let (field, value) = line.split_once(' ').expect("a field and a value");
            read_entry(RoomId(1), field, value).expect("it reads")
        });
        let entries: Vec<_> = read.collect();
        let found: Vec<_> =
            entries.iter().map(|entry| (entry.seq().0, entry.changed().0, entry.is_message())).collect();
        assert_eq!(found, [(11, 11, true), (12, 15, false), (13, 13, true), (14, 16, true)]);
        let Content::Message(message) = &entries[0].item().content else { panic!("a message") };
        assert_eq!((message.body.as_str(), message.mentions.as_slice()), ("ephemeral, @root", [UserId(1)].as_slice()));
        assert_eq!(message.expires_at, Some(entries[0].expires_at()));
        // Written again, they have the present form.
        let again = entry(&entries[3]);
        assert!(again.contains("\"v\":2,") && again.contains("\"content\":"), "{again}");
        let newer = again.replace("\"v\":2", "\"v\":3");
        let error = read_entry(RoomId(1), "U1:ed", &newer).expect_err("a newer one");
        assert_eq!(error, StoredError::Newer { found: 3, known: 2 });
    }

    fn samples() -> (EphemeralEntry, [Lease; 3]) {
        let id = |connection| LeaseId { node: NodeId(7), connection: ConnectionId(connection) };
        let availabilities = [(1, Availability::Online), (2, Availability::Away), (3, Availability::Dnd)];
        let lease = |(connection, availability)| Lease {
            id: id(connection),
            user: UserId(5),
            availability,
            expires_at: UnixMillis(1_795_281_993_918),
        };
        (conformance::entry(3, 7, UnixMillis(5), 1_000), availabilities.map(lease))
    }

    #[test]
    fn a_key_use_and_a_lease_are_written_as_their_golden_files_say() {
        let (entry, leases) = samples();
        let written: String = leases.iter().map(|held| format!("{} {}\n", lease_field(held.id), lease(held))).collect();
        assert_eq!(format!("{}\n", key_use(&entry)), include_str!("../../../golden/stored-key-uses.txt"));
        assert_eq!(written, include_str!("../../../golden/stored-leases.txt"));
    }

    #[test]
    fn key_uses_and_leases_of_both_forms_read_and_those_of_a_newer_one_are_passed_over() {
        let (entry, leases) = samples();
        let used = KeyUse {
            room: RoomId(3),
            seq: Seq(7),
            at: UnixMillis(5),
            expires_at: entry.expires_at(),
            digest: entry.digest(),
        };
        let newer = |value: &str| value.replacen("v2", "v3", 1);
        for lines in [
            include_str!("../../../golden/stored-key-uses.txt"),
            include_str!("../../../golden/stored-v1-key-uses.txt"),
        ] {
            assert_eq!(read_key_use(lines.trim_end()), Some(used.clone()), "{lines}");
        }
        assert_eq!(read_key_use(&newer(&key_use(&entry))), None);
        for lines in
            [include_str!("../../../golden/stored-leases.txt"), include_str!("../../../golden/stored-v1-leases.txt")]
        {
            let read = lines.lines().map(|line| line.split_once(' ').expect("a field and a value"));
            let read: Option<Vec<_>> = read.map(|(field, value)| read_lease(field, value)).collect();
            assert_eq!(read.as_deref(), Some(leases.as_slice()), "{lines}");
        }
        assert_eq!(read_lease(&lease_field(leases[0].id), &newer(&lease(&leases[0]))), None);
    }

    #[test]
    fn what_is_kept_is_read_back_the_same_and_other_values_are_passed_over() {
        let kept = conformance::entry(3, 7, UnixMillis(5), 1_000);
        let field = super::super::keys::field(&kept.key());
        assert_eq!(read_entry(RoomId(3), &field, &entry(&kept)), Ok(kept.clone()));
        let used = read_key_use(&key_use(&kept)).expect("read");
        assert_eq!((used.room, used.seq, used.at, used.digest), (RoomId(3), Seq(7), UnixMillis(5), kept.digest()));
        for damaged in ["", "1 2 m", "x y z 1 2 3", "1 1 m 9 00 {}"] {
            assert!(read_entry(RoomId(3), &field, damaged).is_err());
            assert_eq!(read_key_use(damaged), None);
            assert_eq!(read_lease("1:2", damaged), None);
        }
    }
}
