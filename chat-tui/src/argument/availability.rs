//! The availability a person chooses, as typed. Pure: must not know accounts.

#![deny(clippy::disallowed_methods)]

use chat_proto::presence::ChosenAvailability;

use super::choice::Choice;

/// The availabilities.
pub const AVAILABILITIES: &[Choice<ChosenAvailability>] = &[
    Choice { word: "online", value: ChosenAvailability::Auto, help: "Online or away, by your activity" },
    Choice { word: "away", value: ChosenAvailability::Away, help: "Away" },
    Choice { word: "dnd", value: ChosenAvailability::Dnd, help: "Do not disturb" },
];
