//! Presence: the rules over connections, chosen availability and leases, and the service that runs them. Must not know
//! rooms' contents or how frames travel.

mod counts;
mod person;
mod room_presence;
mod roster;
mod service;

pub use counts::{LargeRoomCounts, is_there};
pub use person::{AWAY_AFTER_MS, GRACE_MS, PresenceEvent, Profile, QUIET_MS};
pub use room_presence::RoomPresence;
pub use roster::{Due, Roster};
pub use service::{Audience, Clock, PresenceDriver, PresenceService};
