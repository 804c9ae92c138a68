//! Arguments as people type them, read in one way by the command line and by slash commands. Pure: must not know which
//! of them asked. Errors are clauses without a capital or a full stop, such as `the topic is empty`.

#![deny(clippy::disallowed_methods)]

mod availability;
mod choice;
mod duration;
mod message;
mod room;
mod rsvp;
mod sentence;
mod text;
mod ttl;

pub use availability::AVAILABILITIES;
pub use choice::{Choice, choose};
pub use duration::duration_ms;
pub use message::{MessageRef, SeqRef};
pub use room::{RoomRef, room_name};
pub use rsvp::RSVPS;
pub use sentence::sentence;
pub use text::text;
pub use ttl::{TTL_PRESETS, ttl_ms};
