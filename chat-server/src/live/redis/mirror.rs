//! The commands that mirror leases, typing and trending words for other processes; must not know how they are sent. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::RoomId;
use chat_proto::time::UnixMillis;
use redis::{Cmd, cmd};

use super::keys::Keys;
use super::values;
use crate::live::{Lease, LeaseId, TRENDING_KEPT_MS, TrendingMirror, Typist};

/// The key of all leases outlives the last renewal by this time.
const LEASES_KEPT_MS: u64 = 120_000;
/// A room's key of typing outlives the last report by this time.
const TYPING_KEPT_MS: u64 = 10_000;

pub(super) fn renewing(keys: &Keys, leases: &[Lease]) -> Vec<Cmd> {
    if leases.is_empty() {
        return Vec::new();
    }
    let (mut set, mut keep) = (cmd("HSET"), cmd("PEXPIRE"));
    set.arg(keys.leases());
    for lease in leases {
        set.arg(values::lease_field(lease.id)).arg(values::lease(lease));
    }
    keep.arg(keys.leases()).arg(LEASES_KEPT_MS);
    vec![set, keep]
}

pub(super) fn ending(keys: &Keys, ids: &[LeaseId]) -> Vec<Cmd> {
    if ids.is_empty() {
        return Vec::new();
    }
    let mut delete = cmd("HDEL");
    delete.arg(keys.leases());
    for id in ids {
        delete.arg(values::lease_field(*id));
    }
    vec![delete]
}

/// The leases that hold at `now`, by id.
pub(super) fn leases(pairs: &[(String, String)], now: UnixMillis) -> Vec<Lease> {
    let read = |(field, value): &(String, String)| values::read_lease(field, value);
    let mut leases: Vec<Lease> = pairs.iter().filter_map(read).filter(|lease| now < lease.expires_at).collect();
    leases.sort_unstable_by_key(|lease| lease.id);
    leases
}

pub(super) fn typing(keys: &Keys, mut typists: Vec<Typist>, now: UnixMillis) -> Vec<Cmd> {
    typists.sort_unstable_by_key(|typist| typist.room);
    let mut commands = Vec::new();
    for in_room in typists.chunk_by(|one, next| one.room == next.room) {
        let Some(first) = in_room.first() else { continue };
        let key = keys.typing(first.room);
        let (mut set, mut trim, mut keep) = (cmd("ZADD"), cmd("ZREMRANGEBYSCORE"), cmd("PEXPIRE"));
        set.arg(&key);
        for typist in in_room {
            set.arg(typist.until.0).arg(values::typist(typist));
        }
        trim.arg(&key).arg("-inf").arg(now.0);
        keep.arg(&key).arg(TYPING_KEPT_MS);
        commands.extend([set, trim, keep]);
    }
    commands
}

/// Those who type in a room, by connection.
pub(super) fn typists(room: RoomId, pairs: &[(String, i64)]) -> Vec<Typist> {
    let read = |(value, until): &(String, i64)| values::read_typist(room, value, UnixMillis(*until));
    let mut typists: Vec<Typist> = pairs.iter().filter_map(read).collect();
    typists.sort_unstable_by_key(|typist| typist.id);
    typists
}

pub(super) fn trending(keys: &Keys, room: RoomId, mirror: &TrendingMirror) -> Cmd {
    let key = keys.trending(room);
    if mirror.words.is_empty() {
        let mut delete = cmd("DEL");
        delete.arg(key);
        return delete;
    }
    let mut set = cmd("SET");
    set.arg(key).arg(values::trending(mirror)).arg("PX").arg(TRENDING_KEPT_MS);
    set
}
