//! The words beside a message on its way: what it waits for. Knows neither place nor colour.

use crate::app::DeliveryStatus;

/// How a server begins that says why it did not take a message; beside the message that needs no saying.
const LEAD: &str = "The message was not taken: ";

/// The words.
pub(super) fn note(status: &DeliveryStatus) -> String {
    match status {
        DeliveryStatus::Sending => "(sending)".to_owned(),
        DeliveryStatus::Offline => "(waits for the link)".to_owned(),
        DeliveryStatus::EphemeralUnavailable(reason) => {
            let reason = reason.as_str();
            let reason = reason.strip_prefix(LEAD).unwrap_or(reason).trim_end_matches('.');
            format!("(waits: {reason} · /discard)")
        }
        DeliveryStatus::Deferred(reason) => format!("(put off: {})", reason.as_str()),
        DeliveryStatus::Queued => "(waits for the one before it)".to_owned(),
        DeliveryStatus::Failed(reason) => format!("(not sent: {} · /retry or /discard)", reason.as_str()),
    }
}

/// Whether it may be over within the blink of an eye: then nothing is said at first.
pub(super) fn is_often_brief(status: &DeliveryStatus) -> bool {
    match status {
        DeliveryStatus::Sending | DeliveryStatus::Offline | DeliveryStatus::Deferred(_) => true,
        DeliveryStatus::EphemeralUnavailable(_) | DeliveryStatus::Queued | DeliveryStatus::Failed(_) => false,
    }
}
