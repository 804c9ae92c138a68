//! Arguments as people type them, read in one way by the command line and by slash commands. Pure: must not know which
//! of them asked. Errors are clauses without a capital or a full stop, such as `the topic is empty`.

#![deny(clippy::disallowed_methods)]

mod availability;
mod choice;
mod code_language;
mod count;
mod duration;
mod message;
mod moment;
mod person;
mod room;
mod rsvp;
mod sentence;
mod text;
mod ttl;

pub use availability::AVAILABILITIES;
pub use choice::{Choice, choose};
pub use code_language::is_language;
pub use count::whole_number;
pub use duration::{duration_ms, duration_text};
pub use message::{MessageRef, SeqRef};
pub use moment::{Moment, Since};
pub use person::person_name;
pub use room::{RoomRef, room_name};
pub use rsvp::RSVPS;
pub use sentence::sentence;
pub use text::text;
pub use ttl::{TTL_PRESETS, ttl_ms};
