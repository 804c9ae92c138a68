//! Removes messages that are older than the settings keep them, in small steps between which everyone posts on. Must not know
//! how a store removes them.

use std::sync::Arc;
use std::time::Duration;

use chat_proto::time::UnixMillis;

use super::state::Server;
use crate::store::StoreError;

/// The time between two looks for old messages.
const EVERY: Duration = Duration::from_hours(1);
/// The time between two looks at the setting, which may change.
const SETTING_EVERY: Duration = Duration::from_secs(1);
/// The pause between two steps: posts come first.
const PAUSE: Duration = Duration::from_millis(50);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Removes old messages now and every hour, for ever, if the settings say how old.
pub async fn remove_old_messages(server: Arc<Server>) {
    loop {
        let keep_days = server.adjustable().keep_days;
        if let Some(days) = keep_days {
            let before = UnixMillis(server.now().0 - i64::from(days) * DAY_MS);
            match remove_before(&server, before).await {
                Ok(0) => {}
                Ok(messages) => tracing::info!(messages, keep_days = days, "old messages were removed"),
                Err(error) => {
                    let error = error.with_causes();
                    tracing::warn!(error, "old messages could not be removed; the next try is in an hour");
                }
            }
        }
        let mut waited = Duration::ZERO;
        while waited < EVERY && server.adjustable().keep_days == keep_days {
            tokio::time::sleep(SETTING_EVERY).await;
            waited += SETTING_EVERY;
        }
    }
}

/// Removes the messages that were accepted before a moment. Returns how many.
async fn remove_before(server: &Server, before: UnixMillis) -> Result<u64, StoreError> {
    let mut messages = 0;
    for room in server.store.rooms_with_messages_before(before).await? {
        while let Some(range) = server.store.oldest_before(room, before).await? {
            server.store.prune(room, range).await?;
            server.rooms.forget_pruned(room, range.last).await;
            messages += u64::from(range.messages);
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(messages)
}
