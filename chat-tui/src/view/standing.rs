//! The words beside a message on its way: what it waits for. Knows neither place nor colour.

use crate::app::Standing;

/// How a server begins that says why it did not take a message; beside the message that needs no saying.
const LEAD: &str = "The message was not taken: ";

/// The words.
pub(super) fn note(standing: &Standing) -> String {
    match standing {
        Standing::Answer => "(sending)".to_owned(),
        Standing::Link => "(waits for the link)".to_owned(),
        Standing::Expiring(reason) => {
            let reason = reason.as_str();
            let reason = reason.strip_prefix(LEAD).unwrap_or(reason).trim_end_matches('.');
            format!("(waits: {reason} · /discard)")
        }
        Standing::Pause(reason) => format!("(put off: {})", reason.as_str()),
        Standing::Turn => "(waits for the one before it)".to_owned(),
        Standing::Person(reason) => format!("(not sent: {} · /retry or /discard)", reason.as_str()),
    }
}

/// Whether it may be over within the blink of an eye: then nothing is said at first.
pub(super) fn may_be_brief(standing: &Standing) -> bool {
    match standing {
        Standing::Answer | Standing::Link | Standing::Pause(_) => true,
        Standing::Expiring(_) | Standing::Turn | Standing::Person(_) => false,
    }
}
