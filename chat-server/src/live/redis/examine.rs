//! Examines a Redis as its operator would: how fast it answers, and how it is configured. For `doctor`; must not judge what
//! it finds.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError};
use tokio::time::Instant;

use super::connect::{check_version, open};
use super::error::{ConnectError, is_rights, is_sign_in, reason_of};
use super::options::RedisOptions;
use super::pipeline::ask;
use super::rights;
use super::scripts::Scripts;

/// Round trips of each kind.
const ROUNDS: usize = 100;
/// Commands of one pipeline.
const PIPELINE: usize = 100;
/// A kind is measured at most this long, by the rounds made until then.
const KIND_LIMIT: Duration = Duration::from_secs(5);
/// The key written here is gone after this time, in milliseconds.
const PROBE_KEPT_MS: u64 = 10_000;

/// Why a Redis cannot be examined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExamineError {
    /// It refuses the user or the password.
    #[error("it refuses the sign-in: {0}")]
    SignIn(String),
    /// The user may not select the database.
    #[error("its user lacks rights: {0}")]
    Rights(String),
    /// There is no database of this number.
    #[error("{0}")]
    Database(String),
    /// It is not running, or does not answer in time.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

/// The time of round trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The number of round trips.
    pub rounds: usize,
}

/// The latency of one kind of round trip, or Redis' refusal.
pub type Measured = Result<Latency, String>;

/// The findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisFound {
    /// `PING`.
    pub ping: Measured,
    /// `GET`.
    pub read: Measured,
    /// `SET`.
    pub write: Measured,
    /// A pipeline of a hundred commands, half of them writing.
    pub pipeline: Measured,
    /// Whether the user has all rights the server needs, or Redis' words about the one it lacks.
    pub rights: Result<(), String>,
    /// The report of Redis about itself; `None` if this user may not read it.
    pub facts: Option<RedisFacts>,
}

/// The report of a Redis about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisFacts {
    /// Its version, in Redis' numbering.
    pub version: String,
    /// Whether that version is new enough.
    pub is_new_enough: bool,
    /// Valkey's own version.
    pub valkey: Option<String>,
    /// Whether it is a replica and takes no writes.
    pub is_replica: bool,
    /// Memory in use.
    pub used_bytes: u64,
    /// Memory it may use; 0 for any.
    pub max_bytes: u64,
    /// Its policy when memory runs out.
    pub policy: String,
    /// Connections.
    pub clients: u64,
    /// Connections it accepts; 0 if not reported.
    pub max_clients: u64,
    /// Keys it evicted to free memory.
    pub evicted_keys: u64,
    /// Whether it appends every write to a file.
    pub is_appending: bool,
    /// Its snapshot schedule (`3600 1 300 100`); empty for never, `None` if it may not be read.
    pub save: Option<String>,
    /// The fault of its last write to disk.
    pub disk_fault: Option<&'static str>,
}

/// Examines the Redis of these options. Writes two keys below the prefix, which end by themselves.
///
/// # Errors
/// If there is none, or it refuses the sign-in.
pub async fn examine(options: &RedisOptions) -> Result<RedisFound, ExamineError> {
    let refused = |error: ConnectError| match &error {
        ConnectError::Redis(inner) if is_sign_in(inner) => ExamineError::SignIn(reason_of(inner)),
        ConnectError::Redis(inner) if is_rights(inner) => ExamineError::Rights(reason_of(inner)),
        ConnectError::Database(..) => ExamineError::Database(error.to_string()),
        ConnectError::Redis(_) | ConnectError::Silent(_) | ConnectError::Slow { .. } | ConnectError::TooOld(_) => {
            ExamineError::Unreachable(error.to_string())
        }
    };
    let mut connection = open(options).await.map_err(refused)?;
    let facts = facts(&mut connection).await.map_err(refused)?;
    let key = format!("{{{}}}:doctor:{}", options.prefix, std::process::id());
    let set = |pipeline: &mut Pipeline| {
        pipeline.cmd("SET").arg(&key).arg("0123456789abcdef").arg("PX").arg(PROBE_KEPT_MS);
    };
    let (mut ping, mut read, mut write, mut pipeline) =
        (Pipeline::new(), Pipeline::new(), Pipeline::new(), Pipeline::new());
    ping.cmd("PING");
    read.cmd("GET").arg(&key);
    set(&mut write);
    for _ in 0..PIPELINE / 2 {
        set(&mut pipeline);
        pipeline.cmd("GET").arg(&key);
    }
    let found = RedisFound {
        ping: measure(&mut connection, &mut ping).await,
        write: measure(&mut connection, &mut write).await,
        read: measure(&mut connection, &mut read).await,
        pipeline: measure(&mut connection, &mut pipeline).await,
        rights: rights(&mut connection, &key).await,
        facts,
    };
    let mut delete = Pipeline::new();
    delete.cmd("DEL").arg(&key);
    // An error does not matter: the key ends by itself.
    drop(ask(&mut connection, &mut delete).await);
    Ok(found)
}

/// Whether rights are missing. Other faults show in the measurements.
async fn rights(connection: &mut MultiplexedConnection, key: &str) -> Result<(), String> {
    match rights::try_all(connection, &Scripts::new(), key).await {
        Err(ConnectError::Redis(error)) if is_rights(&error) => Err(reason_of(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn measure(connection: &mut MultiplexedConnection, pipeline: &mut Pipeline) -> Measured {
    let mut times = Vec::with_capacity(ROUNDS);
    let until = Instant::now() + KIND_LIMIT;
    while times.len() < ROUNDS && (times.is_empty() || Instant::now() < until) {
        let sent_at = Instant::now();
        let answers = ask(connection, pipeline).await.map_err(|error| error.to_string())?;
        times.push(sent_at.elapsed());
        if let Some(error) = answers.into_iter().find_map(Result::err) {
            return Err(error.to_string());
        }
    }
    Ok(latency(times))
}

/// Of at least one time.
fn latency(mut times: Vec<Duration>) -> Latency {
    times.sort_unstable();
    let rounds = times.len();
    // The smallest time that this share does not exceed.
    let percentile = |percent: usize| times[(rounds * percent).div_ceil(100) - 1];
    Latency { p50: percentile(50), p99: percentile(99), rounds }
}

/// Reads its report; `None` if this user may not.
async fn facts(connection: &mut MultiplexedConnection) -> Result<Option<RedisFacts>, ConnectError> {
    let mut asking = Pipeline::new();
    asking.cmd("INFO").cmd("CONFIG").arg("GET").arg("save");
    let mut answers = ask(connection, &mut asking).await?.into_iter();
    let info: String = match answers.next() {
        Some(Ok(value)) => redis::from_redis_value(value).map_err(RedisError::from)?,
        Some(Err(error)) if is_sign_in(&error) => return Err(error.into()),
        Some(Err(_)) | None => return Ok(None),
    };
    let save = answers.next().and_then(Result::ok);
    let save: Option<Vec<String>> = save.and_then(|value| redis::from_redis_value(value).ok());
    Ok(Some(read_info(&info, save.and_then(|pair| pair.into_iter().nth(1)))))
}

fn read_info(info: &str, save: Option<String>) -> RedisFacts {
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let number = |name: &str| field(name).and_then(|value| value.parse().ok()).unwrap_or(0);
    let text = |name: &str| field(name).unwrap_or_default().to_owned();
    let is_err = |name: &str| field(name) == Some("err");
    let disk_fault = [
        ("rdb_last_bgsave_status", "its last snapshot failed"),
        ("aof_last_write_status", "its last write to the append-only file failed"),
        ("aof_last_bgrewrite_status", "its last rewrite of the append-only file failed"),
    ];
    RedisFacts {
        version: text("redis_version"),
        is_new_enough: check_version(info).is_ok(),
        valkey: field("valkey_version").map(str::to_owned),
        is_replica: field("role") == Some("slave"),
        used_bytes: number("used_memory"),
        max_bytes: number("maxmemory"),
        policy: text("maxmemory_policy"),
        clients: number("connected_clients"),
        max_clients: number("maxclients"),
        evicted_keys: number("evicted_keys"),
        is_appending: field("aof_enabled") == Some("1"),
        save,
        disk_fault: disk_fault.into_iter().find(|(name, _)| is_err(name)).map(|(_, fault)| fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_reports_is_read() {
        let info = "# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\n# Clients\r\nconnected_clients:3\r\n\
            maxclients:10000\r\n# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:2097152\r\n\
            maxmemory_policy:allkeys-lru\r\n# Persistence\r\nrdb_last_bgsave_status:err\r\naof_enabled:1\r\n\
            # Stats\r\nevicted_keys:9\r\n# Replication\r\nrole:slave\r\n";
        let expected = RedisFacts {
            version: "7.2.4".into(),
            is_new_enough: true,
            valkey: Some("8.0.1".into()),
            is_replica: true,
            used_bytes: 1 << 20,
            max_bytes: 2 << 20,
            policy: "allkeys-lru".into(),
            clients: 3,
            max_clients: 10_000,
            evicted_keys: 9,
            is_appending: true,
            save: Some("3600 1".into()),
            disk_fault: Some("its last snapshot failed"),
        };
        assert_eq!(read_info(info, Some("3600 1".into())), expected);
        assert!(!read_info("redis_version:6.2.0\r\n", None).is_new_enough);
    }

    #[test]
    fn of_a_hundred_times_one_may_be_longer_than_the_99th_percentile() {
        let times = |count: u64| (1..=count).rev().map(Duration::from_millis).collect();
        let found = latency(times(100));
        assert_eq!((found.p50.as_millis(), found.p99.as_millis(), found.rounds), (50, 99, 100));
        assert_eq!(latency(times(1)).p99.as_millis(), 1);
    }
}
