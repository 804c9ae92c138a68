//! Who is there, and what they say of themselves. Must not know connections or leases.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::text::StatusText;
use crate::time::UnixMillis;

/// What others see of an account's availability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// At least one connection that counts, and a key was pressed lately.
    Online,
    /// Connected, but away from the keyboard, or said so.
    Away,
    /// Connected, and asked not to be disturbed.
    Dnd,
    /// No connection that counts.
    #[default]
    Offline,
    /// Known only through another server that cannot be heard just now.
    Unknown,
}

/// An account's availability with what it says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whether they are there.
    pub availability: Availability,
    /// Their own words; survive connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusText>,
    /// When their last connection ended; only while offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<UnixMillis>,
}

/// One account's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPresence {
    /// Whose.
    pub user: UserId,
    /// What it is.
    #[serde(flatten)]
    pub presence: Presence,
}

/// What an account chooses for itself; offline is never chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenAvailability {
    /// By activity: online, or away after ten minutes without a key.
    #[default]
    Auto,
    /// Away whatever the activity.
    Away,
    /// Not to be disturbed.
    Dnd,
}
