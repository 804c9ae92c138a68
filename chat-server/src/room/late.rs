//! What is alive in a room, learned late: the live store was away when the room began.

use std::time::Duration;

use chat_proto::ids::RoomId;
use futures_util::future::BoxFuture;

use super::registry::Services;
use crate::live::Entry;

/// Pause before the live store is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// It answers within this time.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// The entries to come.
pub(super) type Late = BoxFuture<'static, Vec<Entry>>;

/// Asks for what is alive once the live store can be used, until it answers.
pub(super) fn entries(services: Services, room: RoomId) -> Late {
    Box::pin(async move {
        let mut availability = services.live.availability();
        loop {
            if availability.wait_for(|is_available| *is_available).await.is_err() {
                // It never comes back.
                return std::future::pending().await;
            }
            let loading = services.live.load(room, (services.clock)());
            if let Ok(Ok(entries)) = tokio::time::timeout(ANSWER_LIMIT, loading).await {
                return entries;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    })
}

/// Waits for them; for ever where none are to come.
pub(super) async fn arrived(late: &mut Option<Late>) -> Vec<Entry> {
    match late {
        Some(late) => late.await,
        None => std::future::pending().await,
    }
}
