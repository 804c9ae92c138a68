//! One pipeline to Redis and back, within a time limit. Must not know what its commands are for.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisResult, Value};
use tokio::time::timeout;

use super::error::ConnectError;

/// A pipeline that is not answered within this time is given up, and its connection with it.
pub(super) const DEADLINE: Duration = Duration::from_millis(500);

/// Sends a pipeline and waits for all its answers.
///
/// # Errors
/// `Silent` after [`DEADLINE`]; `Redis` if the connection fails. A command's own error stands among the answers.
pub(super) async fn ask(
    connection: &mut MultiplexedConnection,
    pipeline: &mut Pipeline,
) -> Result<Vec<RedisResult<Value>>, ConnectError> {
    let asking = pipeline.ignore_errors().query_async(connection);
    Ok(timeout(DEADLINE, asking).await.map_err(|_| ConnectError::Silent(DEADLINE))??)
}
