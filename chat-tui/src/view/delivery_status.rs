//! The note beside a message that is not acknowledged: the reason why it waits. Must not know its place or style.

use crate::app::DeliveryStatus;

/// Prefix of refusal texts, removed beside the message.
const LEAD: &str = "The message was not accepted: ";

/// Returns the note.
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

/// Returns whether the state usually ends at once; then the note is hidden at first.
pub(super) fn is_often_brief(status: &DeliveryStatus) -> bool {
    match status {
        DeliveryStatus::Sending | DeliveryStatus::Offline | DeliveryStatus::Deferred(_) => true,
        DeliveryStatus::EphemeralUnavailable(_) | DeliveryStatus::Queued | DeliveryStatus::Failed(_) => false,
    }
}
