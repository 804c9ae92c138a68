//! Connecting to Redis, at the start and again: cutting the previous connection, loading scripts, undoing refused
//! operations. Must not know what is queued.

use std::time::Duration;

use chat_proto::ids::RoomId;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisError, Value};
use tokio::time::{Instant, timeout};

use super::error::{ConnectError, is_of_one_key, is_rights, is_sign_in, reason_of};
use super::keys::Keys;
use super::options::RedisOptions;
use super::pipeline::{DEADLINE, ask};
use super::rights;
use super::scripts::Scripts;
use super::values;

/// The oldest Redis whose commands and options suffice.
const OLDEST: (u32, u32) = (7, 0);

/// Redis must answer within this time before service resumes: an ephemeral post may hold up its room for 50 ms.
pub(super) const QUICK: Duration = Duration::from_millis(30);
/// Rooms whose shares are counted in one script.
const RECOUNTED_AT_ONCE: usize = 256;
/// The TTL of the marker that shows whether Redis still has its data: longer than any message's.
const LIFE_MS: u64 = 8 * 24 * 60 * 60 * 1_000;

/// A connection as Redis knows it: its number, unique in one run of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConnectionIdentity {
    run: String,
    client: i64,
}

/// A connection that is ready for work.
pub(super) struct Connected {
    pub connection: MultiplexedConnection,
    /// By which it can be cut; `None` if Redis does not reveal it.
    pub identity: Option<ConnectionIdentity>,
    pub probe: Probe,
}

/// The findings of a probe of Redis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// It has lost its data: restarted empty, or flushed.
    pub is_lost: bool,
    /// It refuses whatever needs memory.
    pub is_full: bool,
    /// How long it took to answer.
    pub took: Duration,
}

/// Connects to Redis. Cuts `previous` first, so that nothing Redis has not read of it is ever carried out; then carries
/// out `recovery`.
pub(super) async fn connect(
    options: &RedisOptions,
    keys: &Keys,
    scripts: &Scripts,
    previous: Option<&ConnectionIdentity>,
    recovery: &[Cmd],
) -> Result<Connected, ConnectError> {
    let mut connection = open(options).await?;
    let identity = identify(&mut connection).await?;
    // After a restart of Redis the previous connection is gone, and its number may be another program's.
    let is_there =
        |previous: &&ConnectionIdentity| identity.as_ref().is_some_and(|identity| identity.run == previous.run);
    if let Some(previous) = previous.filter(is_there) {
        let mut cut = Pipeline::new();
        cut.cmd("CLIENT").arg("KILL").arg("ID").arg(previous.client);
        // An error means that it has ended, or that the user lacks the right, which is tried next.
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
                // Another program's value stands in its place: the entry cannot appear either.
                Err(error) if is_of_one_key(&error) => tracing::warn!(%error, "a refused operation cannot be undone"),
                answer => drop(answer?),
            }
        }
    }
    recount(&mut connection, keys, scripts).await?;
    let probe = probe(&mut connection, keys).await?;
    if probe.took > QUICK {
        return Err(ConnectError::Slow { took: probe.took, limit: QUICK });
    }
    Ok(Connected { connection, identity, probe })
}

/// Counts all shares again: rooms may have ended while no server ran, and nobody took their bytes off.
async fn recount(connection: &mut MultiplexedConnection, keys: &Keys, scripts: &Scripts) -> Result<(), ConnectError> {
    let mut looking = Pipeline::new();
    looking.cmd("ZRANGE").arg(keys.rooms()).arg(0).arg(-1).cmd("DEL").arg(keys.all_shares());
    let mut answers = ask(connection, &mut looking).await?.into_iter();
    let rooms = match answers.next() {
        Some(Ok(rooms)) => values::read::<Vec<String>>(rooms).unwrap_or_default(),
        // Another program's value stands there.
        Some(Err(error)) if is_of_one_key(&error) => Vec::new(),
        Some(Err(error)) => return Err(error.into()),
        None => Vec::new(),
    };
    let rooms: Vec<RoomId> = rooms.iter().filter_map(|name| name.parse().ok().map(RoomId)).collect();
    for some in rooms.chunks(RECOUNTED_AT_ONCE) {
        let shares = some.iter().map(|room| keys.room_shares(*room));
        let mut call = scripts.recount.over(&std::iter::once(keys.all_shares()).chain(shares).collect::<Vec<_>>());
        let mut counting = Pipeline::new();
        counting.add_command(call.arg(LIFE_MS).clone());
        for answer in ask(connection, &mut counting).await? {
            match answer {
                Err(error) if is_of_one_key(&error) => tracing::warn!(%error, "some shares cannot be counted"),
                answer => drop(answer?),
            }
        }
    }
    Ok(())
}

/// Checks that Redis answers, takes writes and still has its data. A replica, and a Redis that cannot write its file,
/// refuse.
pub(super) async fn probe(connection: &mut MultiplexedConnection, keys: &Keys) -> Result<Probe, ConnectError> {
    let mut looking = Pipeline::new();
    looking.cmd("GET").arg(keys.life());
    // Only extends the marker's TTL (XX). `mark` creates it, so that a loss stays detectable until it is handled.
    looking.cmd("SET").arg(keys.life()).arg(1).arg("XX").arg("PX").arg(LIFE_MS);
    let asked_at = Instant::now();
    let mut answers = ask(connection, &mut looking).await?.into_iter();
    let took = asked_at.elapsed();
    let was_there = answers.next().transpose()?.is_some_and(|value| value != Value::Nil);
    match answers.next().transpose() {
        // Commands that free memory still work, and posts are refused one by one. A loss is detected later: the marker
        // stays as it is.
        Err(error) if error.code() == Some("OOM") => Ok(Probe { is_lost: false, is_full: true, took }),
        answer => answer.map(|_| Probe { is_lost: !was_there, is_full: false, took }).map_err(ConnectError::from),
    }
}

/// Creates the marker by which a loss is detected.
pub(super) async fn mark(connection: &mut MultiplexedConnection, keys: &Keys) -> Result<(), ConnectError> {
    let mut marking = Pipeline::new();
    marking.cmd("SET").arg(keys.life()).arg(1).arg("PX").arg(LIFE_MS);
    for answer in ask(connection, &mut marking).await? {
        answer?;
    }
    Ok(())
}

/// Opens a connection, signs in and selects the database.
pub(super) async fn open(options: &RedisOptions) -> Result<MultiplexedConnection, ConnectError> {
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(Some(DEADLINE));
    let connecting = options.client.get_multiplexed_async_connection_with_config(&config);
    let mut connection = timeout(DEADLINE, connecting).await.map_err(|_| ConnectError::Silent(DEADLINE))??;
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

/// Checks the version and reads this connection's identity.
async fn identify(connection: &mut MultiplexedConnection) -> Result<Option<ConnectionIdentity>, ConnectError> {
    let mut hello = Pipeline::new();
    hello.cmd("CLIENT").arg("ID").cmd("INFO").arg("server");
    let mut answers = ask(connection, &mut hello).await?.into_iter().rev();
    let info: String = match answers.next() {
        Some(Ok(value)) => redis::from_redis_value(value).map_err(RedisError::from)?,
        Some(Err(error)) if is_sign_in(&error) || is_rights(&error) => return Err(error.into()),
        // Some hosted Redis forbid INFO; the commands themselves will show whether it is new enough.
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

/// Checks the version in the answer to `INFO`; an answer without one passes.
pub(super) fn check_version(info: &str) -> Result<(), ConnectError> {
    let Some(version) = field(info, "redis_version") else { return Ok(()) };
    let mut parts = version.split('.').map(|part| part.trim().parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST { Err(ConnectError::TooOld(version.trim().to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_before_seven_is_too_old() {
        assert!(check_version("# Server\r\nredis_version:7.0.15\r\n").is_ok());
        assert!(check_version("redis_version:8.2.1\r\n").is_ok());
        assert!(check_version("").is_ok(), "unknown version");
        let error = check_version("redis_version:6.2.9\r\n").expect_err("too old");
        assert_eq!(error.to_string(), "it is version 6.2.9; Redis 7.0 or Valkey is needed");
    }
}
