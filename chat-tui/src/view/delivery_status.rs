//! The note beside a message that is not acknowledged: the reason why it waits. Must not know its place or style.

use crate::app::DeliveryStatus;

/// Prefix of refusal texts, removed beside the message.
const LEAD: &str = "The message was not accepted: ";

/// Returns the note.
pub(super) fn note(status: &DeliveryStatus) -> String {
    match status {
        DeliveryStatus::Sending => "(sending)".to_owned(),
        DeliveryStatus::Offline => "(offline)".to_owned(),
        DeliveryStatus::EphemeralUnavailable(reason) => format!("(waits: {} · /discard)", clause(reason.as_str())),
        DeliveryStatus::Deferred(reason) => format!("(delayed: {})", clause(reason.as_str())),
        DeliveryStatus::Queued => "(queued)".to_owned(),
        DeliveryStatus::Failed(reason) => format!("(not sent: {} · /retry or /discard)", clause(reason.as_str())),
    }
}

/// Returns a refusal's reason without its lead and full stop.
fn clause(reason: &str) -> &str {
    reason.strip_prefix(LEAD).unwrap_or(reason).trim_end_matches('.')
}

/// Returns whether the state usually ends at once; then the note is hidden at first.
pub(super) fn is_often_brief(status: &DeliveryStatus) -> bool {
    match status {
        DeliveryStatus::Sending | DeliveryStatus::Offline | DeliveryStatus::Deferred(_) => true,
        DeliveryStatus::EphemeralUnavailable(_) | DeliveryStatus::Queued | DeliveryStatus::Failed(_) => false,
    }
}
