//! Whether somebody takes part, as typed. Pure: must not know rooms.

#![deny(clippy::disallowed_methods)]

use chat_proto::room::Rsvp;

use super::choice::Choice;

/// The answers.
pub const RSVPS: &[Choice<Rsvp>] = &[
    Choice { word: "attending", value: Rsvp::Attending, help: "You will take part" },
    Choice { word: "interested", value: Rsvp::Interested, help: "You might take part" },
    Choice { word: "none", value: Rsvp::None, help: "You withdraw your answer" },
];
