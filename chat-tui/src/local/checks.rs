//! Runs the server's own checks of a Redis and of a data folder. Must not know what they check.

use std::path::Path;

pub use chat_server::doctor::{Check as ServerCheck, Level as ServerLevel};

/// Checks the Redis at a URL as `chat-server doctor` does, under its server's prefix.
pub async fn check_redis(url: &str, prefix: &str) -> Vec<ServerCheck> {
    chat_server::doctor::redis_at(url, prefix).await
}

/// Checks the data folder of the user's own server as `chat-server doctor` does.
pub fn check_data(folder: &Path) -> Vec<ServerCheck> {
    chat_server::doctor::data_at(folder)
}
