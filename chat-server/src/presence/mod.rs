//! Who is there: rules over connections, choices and leases, and the service that drives them by the clock.

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
