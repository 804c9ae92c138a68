//! Presence: who is online, and the status texts people set. Must not know connections or leases.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::text::StatusText;
use crate::time::UnixMillis;

/// An account's availability as others see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// At least one connection that counts, and recent activity.
    Online,
    /// Connected, but idle, or set to away.
    Away,
    /// Connected, and not to be disturbed.
    Dnd,
    /// No connection that counts.
    #[default]
    Offline,
    /// Known only through another server that is unreachable.
    Unknown,
}

/// An account's availability and status text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The availability.
    pub availability: Availability,
    /// The status text; it outlives connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusText>,
    /// When the last connection ended; only while offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<UnixMillis>,
}

/// One account's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPresence {
    /// The account.
    pub user: UserId,
    /// Its presence.
    #[serde(flatten)]
    pub presence: Presence,
}

/// The availability an account chooses; offline cannot be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenAvailability {
    /// By activity: online, or away after ten minutes without a key.
    #[default]
    Auto,
    /// Away, whatever the activity.
    Away,
    /// Not to be disturbed.
    Dnd,
}
