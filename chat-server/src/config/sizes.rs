//! The settings that are numbers: each within its range, which is never wider than the protocol's. Must not know where they
//! came from, or what obeys them.

use std::ops::RangeInclusive;

use chat_proto::limits::{
    BODY_MAX_BYTES, BODY_MAX_CHARS, Limits, PAGE_MAX, TRENDING_MAX, TTL_MAX_MS, TTL_MIN_MS, TYPING_TTL_MAX_MS,
    TYPING_TTL_MIN_MS,
};

use super::raw::{self, Raw};
use crate::limits::BucketRule;
use crate::live::MemoryCaps;
use crate::server::{PostRates, ServerConfig};

/// Posts of an account, a second or at once: more than any server takes.
const POSTS: RangeInclusive<u64> = 1..=1_000_000;
/// Half-lives of trending words, in minutes: up to a week.
const HALF_LIFE_MINUTES: RangeInclusive<u64> = 1..=7 * 24 * 60;
/// Memory of ephemeral messages.
const MEMORY_MIB: RangeInclusive<u64> = 1..=64 * 1024;

/// Puts the checked numbers into the settings that connections obey.
pub(super) fn apply(raw: &Raw, server: &mut ServerConfig, problems: &mut Vec<String>) {
    let mut numbers = Numbers { problems };
    let rates = rates(&raw.limits, &mut numbers);
    server.rates = raw.limits.enabled.then_some(rates);
    server.limits = limits(raw, &mut numbers);
    server.ring_events = numbers.within("rooms.ring_events", raw.rooms.ring_events, 16..=4_096) as usize;
    server.keep_days = match raw.rooms.keep_days {
        0 => None,
        days => Some(numbers.within("rooms.keep_days", days, 1..=36_500) as u32),
    };
    let trending = &raw.trending;
    let longest = numbers.within("trending.word_max_chars", trending.word_max_chars, 4..=40);
    server.trending.word_max_chars = longest as usize;
    let minutes = numbers.within("trending.half_life_minutes", trending.half_life_minutes, HALF_LIFE_MINUTES);
    server.trending.half_life_ms = minutes * 60_000;
}

/// The memory of ephemeral messages.
pub(super) fn memory(raw: &raw::Ephemeral, problems: &mut Vec<String>) -> MemoryCaps {
    let mut numbers = Numbers { problems };
    let mut bytes = |name, mib| numbers.within(name, mib, MEMORY_MIB) * 1024 * 1024;
    MemoryCaps {
        account_bytes: bytes("ephemeral.account_mib", raw.account_mib),
        room_bytes: bytes("ephemeral.room_mib", raw.room_mib),
        total_bytes: bytes("ephemeral.total_mib", raw.total_mib),
        ..MemoryCaps::default()
    }
}

fn rates(limits: &raw::Limits, numbers: &mut Numbers<'_>) -> PostRates {
    let mut posts = |name, value| numbers.within(name, value, POSTS) as u32;
    let local = BucketRule {
        per_second: posts("limits.local_posts_per_second", limits.local_posts_per_second),
        burst: posts("limits.local_posts_burst", limits.local_posts_burst),
    };
    let remote = BucketRule {
        per_second: posts("limits.posts_per_second", limits.posts_per_second),
        burst: posts("limits.posts_burst", limits.posts_burst),
    };
    PostRates { own_uid: Some(rustix::process::geteuid().as_raw()), local, remote }
}

/// The limits that `welcome` publishes.
fn limits(raw: &Raw, numbers: &mut Numbers<'_>) -> Limits {
    let limits = &raw.limits;
    let connections = numbers.within("limits.connections_per_account", limits.connections_per_account, 1..=100_000);
    let typing = numbers.within("rooms.typing_ttl_ms", raw.rooms.typing_ttl_ms, TYPING_TTL_MIN_MS..=TYPING_TTL_MAX_MS);
    let default_ttl_ms = match raw.rooms.default_ttl_seconds {
        0 => None,
        seconds => {
            let range = TTL_MIN_MS / 1_000..=TTL_MAX_MS / 1_000;
            Some(numbers.within("rooms.default_ttl_seconds", seconds, range) * 1_000)
        }
    };
    Limits {
        body_max_bytes: numbers.within("limits.body_max_bytes", limits.body_max_bytes, 800..=BODY_MAX_BYTES as u64),
        body_max_chars: numbers.within("limits.body_max_chars", limits.body_max_chars, 200..=BODY_MAX_CHARS as u64),
        page_max: numbers.within("limits.page_max", limits.page_max, 10..=u64::from(PAGE_MAX)) as u32,
        connections_max: limits.enabled.then_some(connections as u32),
        typing_ttl_ms: typing,
        typing_every_ms: typing / 2,
        trending_max: numbers.within("trending.words", raw.trending.words, 1..=u64::from(TRENDING_MAX)) as u32,
        default_ttl_ms,
        ..Limits::default()
    }
}

struct Numbers<'a> {
    problems: &'a mut Vec<String>,
}

impl Numbers<'_> {
    /// Returns a number, and reports it if it is out of its range.
    fn within(&mut self, name: &str, value: u32, range: RangeInclusive<u64>) -> u64 {
        let value = u64::from(value);
        if !range.contains(&value) {
            self.problems.push(format!("{name}: {value} is not from {} to {}", range.start(), range.end()));
        }
        value
    }
}
