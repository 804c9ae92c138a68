//! Coming to Redis, for the first time and again: cutting the former connection, loading scripts, taking back.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisError, RedisResult, Value, cmd};
use tokio::time::timeout;

use super::keys::Keys;
use super::options::RedisOptions;
use super::scripts::Scripts;

/// A pipeline that is not answered in this time is given up, and the connection with it.
pub(super) const DEADLINE: Duration = Duration::from_millis(500);
/// The oldest Redis whose commands and options suffice.
const OLDEST: (u32, u32) = (7, 0);

/// A connection that is ready for work.
pub(super) struct Connected {
    pub connection: MultiplexedConnection,
    /// Its name in Redis, by which it can be cut.
    pub client_id: Option<i64>,
}

/// Why Redis is not reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// It says so.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// Nothing is heard.
    #[error("no answer within {} ms", DEADLINE.as_millis())]
    Silent,
    /// It is older than what is needed.
    #[error("it is version {0}; Redis 7.0 or Valkey is needed")]
    TooOld(String),
}

/// Comes to Redis. `former` is cut first: what Redis has not read of it is never carried out. Then `recovery` is.
pub(super) async fn connect(
    options: &RedisOptions,
    keys: &Keys,
    scripts: &Scripts,
    former: Option<i64>,
    recovery: &[Cmd],
) -> Result<Connected, ConnectError> {
    let mut connection = open(options).await?;
    let client_id = introduce(&mut connection, former).await?;
    let mut setup = Pipeline::new();
    for script in scripts.all() {
        setup.add_command(script.load());
    }
    // A replica, and one that cannot keep its file, refuse this.
    setup.cmd("SET").arg(keys.probe()).arg("").arg("PX").arg(1_000);
    for answer in ask(&mut connection, &mut setup).await? {
        match answer {
            // Full: what frees memory still works, and each post is told.
            Err(error) if error.code() == Some("OOM") => {}
            answer => drop(answer?),
        }
    }
    if !recovery.is_empty() {
        let mut undo = Pipeline::new();
        for command in recovery {
            undo.add_command(command.clone());
        }
        for answer in ask(&mut connection, &mut undo).await? {
            answer?;
        }
    }
    Ok(Connected { connection, client_id })
}

/// Opens a connection and signs in, no more.
pub(super) async fn open(options: &RedisOptions) -> Result<MultiplexedConnection, ConnectError> {
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(Some(DEADLINE));
    let connecting = options.client.get_multiplexed_async_connection_with_config(&config);
    Ok(timeout(DEADLINE, connecting).await.map_err(|_| ConnectError::Silent)??)
}

/// Looks at the version, cuts the former connection and learns this one's name.
async fn introduce(connection: &mut MultiplexedConnection, former: Option<i64>) -> Result<Option<i64>, ConnectError> {
    let mut hello = Pipeline::new();
    if let Some(former) = former {
        hello.cmd("CLIENT").arg("KILL").arg("ID").arg(former);
    }
    hello.cmd("CLIENT").arg("ID").cmd("INFO").arg("server");
    let mut answers = ask(connection, &mut hello).await?.into_iter().rev();
    let info: String = match answers.next() {
        Some(Ok(value)) => redis::from_redis_value(value).map_err(RedisError::from)?,
        Some(Err(error)) if super::error::is_sign_in(&error) => return Err(error.into()),
        // Some who rent Redis out do not let it tell; its commands will.
        Some(Err(_)) | None => String::new(),
    };
    check_version(&info)?;
    let id = answers.next().and_then(Result::ok);
    Ok(id.and_then(|value| redis::from_redis_value(value).ok()))
}

/// Whether what `INFO` tells is of a version that is used here.
pub(super) fn check_version(info: &str) -> Result<(), ConnectError> {
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let Some(version) = field("redis_version") else { return Ok(()) };
    let mut parts = version.split('.').map(|part| part.trim().parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST { Err(ConnectError::TooOld(version.trim().to_owned())) } else { Ok(()) }
}

/// Sends a pipeline and waits for all its answers.
pub(super) async fn ask(
    connection: &mut MultiplexedConnection,
    pipeline: &mut Pipeline,
) -> Result<Vec<RedisResult<Value>>, ConnectError> {
    let asking = pipeline.ignore_errors().query_async(connection);
    Ok(timeout(DEADLINE, asking).await.map_err(|_| ConnectError::Silent)??)
}

/// Whether Redis is still there.
pub(super) async fn ping(connection: &mut MultiplexedConnection) -> Result<(), ConnectError> {
    let mut pipeline = Pipeline::new();
    pipeline.add_command(cmd("PING"));
    ask(connection, &mut pipeline).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_before_seven_is_too_old() {
        assert!(check_version("# Server\r\nredis_version:7.0.15\r\n").is_ok());
        assert!(check_version("redis_version:8.2.1\r\n").is_ok());
        assert!(check_version("").is_ok(), "not told");
        let error = check_version("redis_version:6.2.9\r\n").expect_err("too old");
        assert_eq!(error.to_string(), "it is version 6.2.9; Redis 7.0 or Valkey is needed");
    }
}
