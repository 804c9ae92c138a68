//! The limits of ephemeral messages. Pure. Must not know who keeps to them.

#![deny(clippy::disallowed_methods)]

/// The tombstones of a share may take this part of its bytes, beside them.
const TOMBSTONES_PART: u64 = 4;

/// The limits of ephemeral messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryCaps {
    /// Bytes of one account, in all rooms.
    pub account_bytes: u64,
    /// Bytes of one room.
    pub room_bytes: u64,
    /// Bytes of all rooms.
    pub total_bytes: u64,
    /// Keys remembered. Those of ended messages are forgotten first, oldest end first.
    pub keys: usize,
}

impl Default for MemoryCaps {
    fn default() -> Self {
        let mib = 1024 * 1024;
        Self { account_bytes: 4 * mib, room_bytes: 16 * mib, total_bytes: 128 * mib, keys: 200_000 }
    }
}

impl MemoryCaps {
    /// The limits of the tombstones beside the messages.
    pub(in crate::live) fn of_tombstones(self) -> Self {
        let Self { account_bytes, room_bytes, total_bytes, keys } = self;
        let part = |bytes: u64| bytes / TOMBSTONES_PART;
        Self { account_bytes: part(account_bytes), room_bytes: part(room_bytes), total_bytes: part(total_bytes), keys }
    }
}
