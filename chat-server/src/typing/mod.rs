//! Typing indicators: the rules, keyed by room and connection, and the service that holds them for the whole process.
//! Must not know how frames travel.

mod rules;
mod service;

pub use rules::{ROOMS_MAX, TypingRules};
pub use service::{Clock, TypingAudience, TypingDriver, TypingService};
