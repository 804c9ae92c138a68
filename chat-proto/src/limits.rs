//! The limits of the protocol, with their units. Must not know which are in force: clients read those from `welcome`.

use serde::{Deserialize, Serialize};

/// The version of the protocol this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;
/// The WebSocket subprotocol's name.
pub const SUBPROTOCOL: &str = "chat.v1";

/// Longest message text in bytes of UTF-8.
pub const BODY_MAX_BYTES: usize = 16 * 1024;
/// Longest message text in characters (Unicode scalar values).
pub const BODY_MAX_CHARS: usize = 8_000;
/// Longest frame a client may send, in bytes.
pub const CLIENT_FRAME_MAX_BYTES: usize = 64 * 1024;
/// Longest frame a server sends, in bytes; pages are cut before it.
pub const SERVER_FRAME_MAX_BYTES: usize = 1024 * 1024;
/// A page stops growing after this many bytes of encoded items.
pub const PAGE_BUDGET_BYTES: usize = 256 * 1024;
/// The most accounts that condensed joins and leaves name.
pub const JOIN_RUN_USERS_MAX: usize = 5;
/// Of so many condensed joins and leaves everyone is named, unless they are too many people.
pub const JOIN_RUN_NAMED_MAX: u32 = 16;
/// Most entries on one page: messages of a room's history, changes, members, rooms.
pub const PAGE_MAX: u32 = 200;
/// Longest room or user name in characters.
pub const NAME_MAX_CHARS: usize = 32;
/// Longest room or user name in bytes of UTF-8.
pub const NAME_MAX_BYTES: usize = 64;
/// Longest topic line in characters.
pub const TOPIC_MAX_CHARS: usize = 250;
/// Longest room description in characters.
pub const DESCRIPTION_MAX_CHARS: usize = 2_000;
/// Longest status text in characters.
pub const STATUS_MAX_CHARS: usize = 100;
/// Longest client key in characters.
pub const KEY_MAX_CHARS: usize = 64;
/// Longest language name of a code block in characters.
pub const CODE_LANGUAGE_MAX_CHARS: usize = 32;
/// Longest password in bytes of UTF-8.
pub const PASSWORD_MAX_BYTES: usize = 256;
/// Shortest password in characters.
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Shortest life of an ephemeral message, in milliseconds.
pub const TTL_MIN_MS: u64 = 1_000;
/// Longest life of an ephemeral message, in milliseconds.
pub const TTL_MAX_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// The preset `low`, in milliseconds.
pub const TTL_LOW_MS: u64 = 30_000;
/// The preset `normal`, in milliseconds.
pub const TTL_NORMAL_MS: u64 = 60 * 60 * 1_000;
/// The preset `high`, in milliseconds.
pub const TTL_HIGH_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long typing is shown unless it is sent again, in milliseconds, if the server's settings do not differ.
pub const TYPING_TTL_MS: u64 = 6_000;
/// Shortest time between two `set_typing` of a client, in milliseconds, if the server's settings do not differ.
pub const TYPING_EVERY_MS: u64 = TYPING_TTL_MS / 2;
/// Shortest time that typing is shown on any server, in milliseconds.
pub const TYPING_TTL_MIN_MS: u64 = 2_000;
/// Longest time that typing is shown on any server, in milliseconds.
pub const TYPING_TTL_MAX_MS: u64 = 60_000;
/// Most trending words in one answer.
pub const TRENDING_MAX: u32 = 50;
/// Time between two heartbeats, in milliseconds (the client adds jitter).
pub const HEARTBEAT_MS: u64 = 25_000;
/// A connection without traffic for this long is dead, in milliseconds.
pub const DEAD_AFTER_MS: u64 = 55_000;
/// Rooms with more members push presence as a count and list members on request.
pub const PRESENCE_ROOM_MAX: u32 = 200;
/// Most ids in one `users`, `resolve` or `subscribe` request.
pub const IDS_MAX: usize = 200;
/// Most unread ephemeral messages listed with a read marker.
pub const UNREAD_EPHEMERAL_MAX: usize = 10;

/// The most items on a page of history with so many messages: a page that is full of other items ends, too.
pub const fn page_items_max(messages: u32) -> u32 {
    messages.saturating_mul(2)
}

/// The limits in force on one server, as `welcome` publishes them. None is wider than the protocol's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest message text in bytes of UTF-8.
    pub body_max_bytes: u64,
    /// Longest message text in characters.
    pub body_max_chars: u64,
    /// Longest frame a client may send, in bytes.
    pub frame_max_bytes: u64,
    /// Longest name in characters.
    pub name_max_chars: u64,
    /// Longest topic in characters.
    pub topic_max_chars: u64,
    /// Most entries on one page: messages of a room's history, changes, members, rooms.
    pub page_max: u32,
    /// Shortest life of an ephemeral message, in milliseconds.
    pub ttl_min_ms: u64,
    /// Longest life of an ephemeral message, in milliseconds.
    pub ttl_max_ms: u64,
    /// Posts per second this account may send on average; absent if not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posts_per_second: Option<u32>,
    /// Posts this account may send at once; absent if not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posts_burst: Option<u32>,
    /// Time between two heartbeats, in milliseconds.
    pub heartbeat_ms: u64,
    /// How long typing is shown unless it is sent again, in milliseconds.
    pub typing_ttl_ms: u64,
    /// Shortest time between two `set_typing` of a connection, in milliseconds.
    pub typing_every_ms: u64,
    /// Most trending words in one answer.
    pub trending_max: u32,
    /// The `default_ttl_ms` of a new room that names none, in milliseconds; absent if messages persist there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_ttl_ms: Option<u64>,
    /// Connections an account may have at once; absent if not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u32>,
}

impl Default for Limits {
    /// The protocol's own limits, without rates.
    fn default() -> Self {
        Self {
            body_max_bytes: BODY_MAX_BYTES as u64,
            body_max_chars: BODY_MAX_CHARS as u64,
            frame_max_bytes: CLIENT_FRAME_MAX_BYTES as u64,
            name_max_chars: NAME_MAX_CHARS as u64,
            topic_max_chars: TOPIC_MAX_CHARS as u64,
            page_max: PAGE_MAX,
            ttl_min_ms: TTL_MIN_MS,
            ttl_max_ms: TTL_MAX_MS,
            posts_per_second: None,
            posts_burst: None,
            heartbeat_ms: HEARTBEAT_MS,
            typing_ttl_ms: TYPING_TTL_MS,
            typing_every_ms: TYPING_EVERY_MS,
            trending_max: TRENDING_MAX,
            default_ttl_ms: None,
            connections_max: None,
        }
    }
}
