//! Operations over many or large keys, in more than one round trip: loading a room, sweeping, counting. Must not know rooms'
//! rules.

use std::collections::BTreeMap;

use chat_proto::ids::RoomId;
use chat_proto::time::UnixMillis;
use redis::{Value, cmd};

use super::operation::Operation;
use super::store::RedisLive;
use super::values::{self, one, read};
use crate::live::{EphemeralEntry, Evicted, LiveError, LiveReply, Usage};

/// Entries of one page when a room is loaded; other operations are carried out in between.
const LOAD_PAGE: usize = 400;
/// The most entries that one call of the sweep removes.
const SWEPT_MAX: u64 = 1_000;
/// Rooms swept in one operation.
const SWEEP_AT_ONCE: usize = 64;
/// How often one sweep returns to rooms that have more; the next sweep does the rest.
const SWEEP_TURNS: usize = 200;

impl RedisLive {
    /// Rooms with entries.
    fn rooms(&self) -> LiveReply<Vec<RoomId>> {
        let mut range = cmd("ZRANGE");
        range.arg(self.keys.rooms()).arg(0).arg(-1);
        self.submit(vec![range], read_rooms)
    }

    /// Rooms whose last entry ends after `now`.
    pub(super) fn rooms_after(&self, now: UnixMillis) -> LiveReply<Vec<RoomId>> {
        let mut range = cmd("ZRANGE");
        range.arg(self.keys.rooms()).arg(format!("({}", now.0)).arg("+inf").arg("BYSCORE");
        self.submit(vec![range], read_rooms)
    }

    /// A page of a room's entries, and the cursor of the next; 0 after the last.
    pub(super) fn scan(&self, room: RoomId, cursor: u64) -> LiveReply<(u64, Vec<(String, String)>)> {
        let mut scan = cmd("HSCAN");
        scan.arg(self.keys.entries(room)).arg(cursor).arg("COUNT").arg(LOAD_PAGE);
        self.queue(Operation::bulky, vec![scan], |values| {
            let (next, pairs): (u64, Vec<(String, String)>) = one(values)?;
            Some(Ok((next, pairs)))
        })
    }

    /// A room's alive entries, from the first page on.
    pub(super) async fn load_pages(
        self,
        room: RoomId,
        first: LiveReply<(u64, Vec<(String, String)>)>,
        now: UnixMillis,
    ) -> Result<Vec<EphemeralEntry>, LiveError> {
        let mut entries = BTreeMap::new();
        let (mut cursor, mut pairs) = first.await?;
        loop {
            for (field, value) in &pairs {
                match values::read_entry(room, field, value) {
                    // An entry may come twice.
                    Ok(entry) if entry.is_alive(now) => drop(entries.insert(entry.seq(), entry)),
                    Ok(_) => {}
                    // A room that starts without one message is better than a room that does not start.
                    Err(error) => {
                        tracing::warn!(%room, field, %error, "an ephemeral message in Redis cannot be read; it is left out");
                    }
                }
            }
            if cursor == 0 {
                return Ok(entries.into_values().collect());
            }
            (cursor, pairs) = self.scan(room, cursor).await?;
        }
    }

    /// Removes everything that has ended.
    pub(super) async fn sweep_all(self, now: UnixMillis) -> Result<Evicted, LiveError> {
        let mut rooms = self.rooms().await?;
        let mut entries = 0;
        for _ in 0..SWEEP_TURNS {
            let mut unswept = Vec::new();
            for some in rooms.chunks(SWEEP_AT_ONCE) {
                let gone = match self.sweep_rooms(some, now).await {
                    // One of them holds another program's value; the others were swept.
                    Err(LiveError::KeyConflict) => continue,
                    gone => gone?,
                };
                entries += gone.iter().sum::<u64>();
                unswept.extend(some.iter().zip(gone).filter(|(_, gone)| *gone >= SWEPT_MAX).map(|(room, _)| *room));
            }
            rooms = unswept;
            if rooms.is_empty() {
                break;
            }
        }
        let mut leases = self.scripts.sweep_leases.over(&[self.keys.leases()]);
        leases.arg(now.0);
        let mut commands = vec![leases];
        // A room with entries left is visited again.
        if rooms.is_empty() {
            let mut ended = cmd("ZREMRANGEBYSCORE");
            ended.arg(self.keys.rooms()).arg("-inf").arg(now.0);
            commands.push(ended);
        }
        let others = self.submit(commands, |values| Some(Ok(read(values.into_iter().next()?)?))).await?;
        Ok(Evicted { entries, others })
    }

    /// Removes expired entries. Returns how many, for each room.
    fn sweep_rooms(&self, rooms: &[RoomId], now: UnixMillis) -> LiveReply<Vec<u64>> {
        let sweep = |room: &RoomId| {
            let mut call = self.scripts.sweep.over(&self.with_room(*room, []));
            call.arg(now.0);
            call
        };
        self.submit(rooms.iter().map(sweep).collect(), |values| Some(Ok(values.into_iter().filter_map(read).collect())))
    }

    /// Counts alive messages and the bytes held.
    pub(super) async fn count(self, now: UnixMillis) -> Result<Usage, LiveError> {
        let rooms = self.rooms().await?;
        if rooms.is_empty() {
            return Ok(Usage::default());
        }
        let bytes = ["all", "d:all"].map(|whose| {
            let mut bytes = cmd("HGET");
            bytes.arg(self.keys.all_shares()).arg(whose);
            bytes
        });
        let alive = rooms.into_iter().map(|room| {
            let mut alive = cmd("ZCOUNT");
            alive.arg(self.keys.alive(room)).arg(format!("({}", now.0)).arg("+inf");
            alive
        });
        let commands = bytes.into_iter().chain(alive).collect();
        self.submit(commands, |values| {
            let mut numbers = values.into_iter().map(|value| read::<u64>(value).unwrap_or(0));
            let bytes = numbers.by_ref().take(2).sum();
            Some(Ok(Usage { alive: numbers.sum(), bytes }))
        })
        .await
    }
}

fn read_rooms(values: Vec<Value>) -> Option<Result<Vec<RoomId>, LiveError>> {
    let names: Vec<String> = one(values)?;
    Some(Ok(names.iter().filter_map(|name| name.parse().ok().map(RoomId)).collect()))
}
