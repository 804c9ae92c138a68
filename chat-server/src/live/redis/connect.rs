//! Coming to Redis, for the first time and again: cutting the previous connection, loading scripts, taking back.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisError, RedisResult, Value};
use tokio::time::{Instant, timeout};

use super::error::{is_of_one_key, is_rights, is_sign_in, reason_of};
use super::keys::Keys;
use super::options::RedisOptions;
use super::rights;
use super::scripts::Scripts;

/// A pipeline that is not answered in this time is given up, and the connection with it.
pub(super) const DEADLINE: Duration = Duration::from_millis(500);
/// The oldest Redis whose commands and options suffice.
const OLDEST: (u32, u32) = (7, 0);

/// Redis answers within this time before service goes on: what expires may hold a room's front for 50 ms.
const QUICK: Duration = Duration::from_millis(30);
/// The mark that Redis holds what it held lives for so long after a look: longer than any message.
const LIFE_MS: u64 = 8 * 24 * 60 * 60 * 1_000;

/// A connection's name in Redis: its number, which is unique in one run of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConnectionIdentity {
    run: String,
    client: i64,
}

/// A connection that is ready for work.
pub(super) struct Connected {
    pub connection: MultiplexedConnection,
    /// By which it can be cut; none where Redis does not tell.
    pub identity: Option<ConnectionIdentity>,
    pub probe: Probe,
}

/// What a look at Redis finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// It does not hold any more what it held: restarted empty, or emptied.
    pub is_lost: bool,
    /// It takes nothing that needs memory.
    pub is_full: bool,
    /// How long it took to answer.
    pub took: Duration,
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
    /// It answers, and too late to be of use.
    #[error("it takes {} ms to answer; what expires is taken again once that is below {} ms", .0.as_millis(), QUICK.as_millis())]
    Slow(Duration),
    /// It is older than what is needed.
    #[error("it is version {0}; Redis 7.0 or Valkey is needed")]
    TooOld(String),
    /// It has no such database, or none but the first.
    #[error("database {0} cannot be selected: {1}")]
    Database(i64, String),
}

/// Comes to Redis. `previous` is cut first: what Redis has not read of it is never carried out. Then `recovery` is.
pub(super) async fn connect(
    options: &RedisOptions,
    keys: &Keys,
    scripts: &Scripts,
    previous: Option<&ConnectionIdentity>,
    recovery: &[Cmd],
) -> Result<Connected, ConnectError> {
    let mut connection = open(options).await?;
    let identity = identify(&mut connection).await?;
    // Another run of Redis has ended the previous one itself, and its number may be another program's there.
    let is_there =
        |previous: &&ConnectionIdentity| identity.as_ref().is_some_and(|identity| identity.run == previous.run);
    if let Some(previous) = previous.filter(is_there) {
        let mut cut = Pipeline::new();
        cut.cmd("CLIENT").arg("KILL").arg("ID").arg(previous.client);
        // Where it has ended already, that is all there is to do. Whether the user may is tried next.
        drop(ask(&mut connection, &mut cut).await?);
    }
    rights::try_all(&mut connection, scripts, &keys.probe()).await?;
    if !recovery.is_empty() {
        let mut undo = Pipeline::new();
        for command in recovery {
            undo.add_command(command.clone());
        }
        for answer in ask(&mut connection, &mut undo).await? {
            match answer {
                // What cannot be read for another program's value cannot appear either.
                Err(error) if is_of_one_key(&error) => tracing::warn!(%error, "something refused is not taken back"),
                answer => drop(answer?),
            }
        }
    }
    let probe = probe(&mut connection, keys).await?;
    if probe.took > QUICK {
        return Err(ConnectError::Slow(probe.took));
    }
    Ok(Connected { connection, identity, probe })
}

/// Whether Redis is there, may be written, and holds what it held; a replica, and one that cannot keep its file, refuse.
pub(super) async fn probe(connection: &mut MultiplexedConnection, keys: &Keys) -> Result<Probe, ConnectError> {
    let mut looking = Pipeline::new();
    looking.cmd("GET").arg(keys.life());
    // The mark is lengthened where it is, and never set here: a loss is found until someone has heard of it.
    looking.cmd("SET").arg(keys.life()).arg(1).arg("XX").arg("PX").arg(LIFE_MS);
    let asked_at = Instant::now();
    let mut answers = ask(connection, &mut looking).await?.into_iter();
    let took = asked_at.elapsed();
    let was_there = answers.next().transpose()?.is_some_and(|value| value != Value::Nil);
    match answers.next().transpose() {
        // What frees memory still works, and each post is told. The mark stays unset: the loss is found later.
        Err(error) if error.code() == Some("OOM") => Ok(Probe { is_lost: false, is_full: true, took }),
        answer => answer.map(|_| Probe { is_lost: !was_there, is_full: false, took }).map_err(ConnectError::from),
    }
}

/// Sets the mark by which a loss is found.
pub(super) async fn mark(connection: &mut MultiplexedConnection, keys: &Keys) -> Result<(), ConnectError> {
    let mut marking = Pipeline::new();
    marking.cmd("SET").arg(keys.life()).arg(1).arg("PX").arg(LIFE_MS);
    for answer in ask(connection, &mut marking).await? {
        answer?;
    }
    Ok(())
}

/// Opens a connection, signs in and selects the database, no more.
pub(super) async fn open(options: &RedisOptions) -> Result<MultiplexedConnection, ConnectError> {
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(Some(DEADLINE));
    let connecting = options.client.get_multiplexed_async_connection_with_config(&config);
    let mut connection = timeout(DEADLINE, connecting).await.map_err(|_| ConnectError::Silent)??;
    if options.database != 0 {
        let mut select = Pipeline::new();
        select.cmd("SELECT").arg(options.database);
        for answer in ask(&mut connection, &mut select).await? {
            match answer {
                Err(error) if error.code() == Some("ERR") => {
                    return Err(ConnectError::Database(options.database, reason_of(&error)));
                }
                answer => drop(answer?),
            }
        }
    }
    Ok(connection)
}

/// Looks at the version, and learns this connection's name.
async fn identify(connection: &mut MultiplexedConnection) -> Result<Option<ConnectionIdentity>, ConnectError> {
    let mut hello = Pipeline::new();
    hello.cmd("CLIENT").arg("ID").cmd("INFO").arg("server");
    let mut answers = ask(connection, &mut hello).await?.into_iter().rev();
    let info: String = match answers.next() {
        Some(Ok(value)) => redis::from_redis_value(value).map_err(RedisError::from)?,
        Some(Err(error)) if is_sign_in(&error) || is_rights(&error) => return Err(error.into()),
        // Some who rent Redis out do not let it tell; its commands will.
        Some(Err(_)) | None => String::new(),
    };
    check_version(&info)?;
    let client = answers.next().and_then(Result::ok).and_then(|value| redis::from_redis_value(value).ok());
    let run = field(&info, "run_id").map(|run| run.trim().to_owned());
    Ok(client.zip(run).map(|(client, run)| ConnectionIdentity { run, client }))
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

/// Whether what `INFO` tells is of a version that is used here.
pub(super) fn check_version(info: &str) -> Result<(), ConnectError> {
    let Some(version) = field(info, "redis_version") else { return Ok(()) };
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
