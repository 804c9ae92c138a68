//! Checks Redis: how fast it answers, and whether its settings risk losing messages. Must not know other
//! checks, or change anything.

use std::time::Duration;

use super::check::Check;
use crate::byte_size::byte_size;
use crate::live::{DATABASE_ADVICE, ExamineError, Latency, Measured, RedisFacts, RedisOptions, examine_redis};

/// Slower than this is noticeable.
const SLOW: Duration = Duration::from_millis(5);
/// Warn when this share of a limit is used.
const NEARLY_FULL: f64 = 0.9;

/// Checks the Redis at a URL, under the prefix of the server's settings.
pub async fn at_url(url: &str, prefix: &str) -> Vec<Check> {
    match RedisOptions::new(url, prefix, false) {
        Ok(options) => of(&options).await,
        Err(error) => vec![Check::fail("redis", "it cannot be checked", error.to_string())],
    }
}

/// Checks the Redis of these settings.
pub async fn of(options: &RedisOptions) -> Vec<Check> {
    let at = &options.address;
    let found = match examine_redis(options).await {
        Ok(found) => found,
        Err(error) => {
            let advice = match &error {
                ExamineError::SignIn(_) => {
                    "put the right user and password into the address: redis://USER:PASSWORD@HOST".to_owned()
                }
                ExamineError::Rights(_) => grant(options),
                ExamineError::Database(_) => DATABASE_ADVICE.to_owned(),
                ExamineError::Unreachable(_) => {
                    "start it, or fix the address (redis.url, --redis, CHAT_REDIS_URL); until then messages that expire are \
                     refused, persistent ones go on".to_owned()
                }
            };
            return vec![Check::fail("redis", format!("{at}: {error}"), advice)];
        }
    };
    let mut checks = vec![match &found.facts {
        Some(facts) => version(at, facts),
        None => Check::ok("redis", format!("{at} answers; INFO is not permitted")),
    }];
    for (name, measured) in [
        ("redis ping", &found.ping),
        ("redis read", &found.read),
        ("redis write", &found.write),
        ("redis pipeline", &found.pipeline),
    ] {
        checks.push(round_trips(name, measured, options));
    }
    checks.push(rights(&found.rights, options));
    if let Some(facts) = &found.facts {
        checks.extend([role(facts), memory(facts), policy(facts), clients(facts), evictions(facts), kept(facts)]);
    }
    checks
}

fn version(at: &str, facts: &RedisFacts) -> Check {
    let version = &facts.version;
    let found = match &facts.valkey {
        Some(valkey) => format!("{at}: Valkey {valkey}, which is as Redis {version}"),
        None => format!("{at}: version {version}"),
    };
    let check = if facts.is_new_enough {
        Check::ok("redis", found)
    } else {
        Check::fail("redis", found, "Redis 7.0 or Valkey is needed; the server does not start with an older one")
    };
    check.word("version", version)
}

fn rights(found: &Result<(), String>, options: &RedisOptions) -> Check {
    match found {
        Ok(()) => Check::ok("redis rights", format!("they suffice, below {{{}}}:", options.prefix)),
        Err(reason) => Check::fail("redis rights", reason, grant(options)),
    }
}

/// Says how to give the user the missing permissions.
fn grant(options: &RedisOptions) -> String {
    format!("grant them: {}; for a server whose keys begin otherwise, name that with --prefix", options.rule())
}

fn round_trips(name: &'static str, measured: &Measured, options: &RedisOptions) -> Check {
    let Latency { p50, p99, rounds } = match measured {
        Ok(latency) => *latency,
        Err(reason) => return Check::fail(name, format!("refused: {reason}"), refused(reason, options)),
    };
    let found = format!("p50 {p50:.1?}, p99 {p99:.1?} of {rounds}");
    let check = if p99 > SLOW {
        let advice = "bring it nearer to the server, give it a processor of its own, look at SLOWLOG GET; each message \
                      that expires waits for it";
        Check::warn(name, found, advice)
    } else {
        Check::ok(name, found)
    };
    check.time("p50_ms", p50).time("p99_ms", p99).count("rounds", rounds as u64)
}

/// Says what to do about an error from Redis.
fn refused(reason: &str, options: &RedisOptions) -> String {
    if reason.contains("NoPerm") {
        return grant(options);
    }
    let advice = [
        ("OOM", "it has no memory left: raise maxmemory, or wait until messages expire"),
        ("out of memory", "it has no memory left: raise maxmemory, or wait until messages expire"),
        ("ReadOnly", "it takes no writes: name the primary, not a replica"),
        ("READONLY", "it takes no writes: name the primary, not a replica"),
        ("read only", "it takes no writes: name the primary, not a replica"),
        ("MISCONF", "it cannot write its file: make room on its disk, look at its log"),
        ("LOADING", "it is reading its file; wait, then look again"),
        ("no answer", "it is too slow or frozen: look at its load; the server treats it as unreachable"),
    ];
    advice.iter().find(|(sign, _)| reason.contains(sign)).map_or("look at its log", |(_, advice)| advice).to_owned()
}

fn role(facts: &RedisFacts) -> Check {
    if facts.is_replica {
        Check::fail("redis role", "a replica, which takes no writes", "name the primary").word("role", "replica")
    } else {
        Check::ok("redis role", "primary").word("role", "primary")
    }
}

fn memory(facts: &RedisFacts) -> Check {
    let RedisFacts { used_bytes, max_bytes, .. } = *facts;
    let used = byte_size(used_bytes);
    let raise = "raise maxmemory; where it is used up, messages that expire are refused";
    let share = used_bytes as f64 / max_bytes.max(1) as f64;
    let check = if max_bytes == 0 {
        Check::ok("redis memory", format!("{used} used, no maxmemory: as much as its machine has"))
    } else {
        let found = format!("{used} of {} used", byte_size(max_bytes));
        if share >= 1.0 {
            Check::fail("redis memory", found, raise)
        } else if share > NEARLY_FULL {
            Check::warn("redis memory", found, raise)
        } else {
            Check::ok("redis memory", found)
        }
    };
    check.count("used_bytes", used_bytes).count("max_bytes", max_bytes)
}

fn policy(facts: &RedisFacts) -> Check {
    let policy = &facts.policy;
    let advice =
        "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf: what it evicts is lost before its time";
    let check = match policy.as_str() {
        "" => Check::ok("redis policy", "unknown: INFO does not say"),
        "noeviction" => Check::ok("redis policy", "noeviction"),
        // Without a limit nothing is evicted yet.
        _ if facts.max_bytes == 0 => Check::warn("redis policy", format!("{policy}, without a maxmemory"), advice),
        _ => Check::fail("redis policy", policy, advice),
    };
    check.word("policy", policy)
}

fn clients(facts: &RedisFacts) -> Check {
    let RedisFacts { clients, max_clients, .. } = *facts;
    let is_nearly_full = max_clients > 0 && clients as f64 > max_clients as f64 * NEARLY_FULL;
    let of = if max_clients == 0 { String::new() } else { format!(" of {max_clients}") };
    let found = format!("{clients}{of} connected");
    let check = if is_nearly_full {
        Check::warn("redis clients", found, "raise maxclients, or see who else connects (CLIENT LIST)")
    } else {
        Check::ok("redis clients", found)
    };
    check.count("clients", clients).count("max_clients", max_clients)
}

fn evictions(facts: &RedisFacts) -> Check {
    let count = facts.evicted_keys;
    let check = if count == 0 {
        Check::ok("redis evictions", "none")
    } else {
        let found = format!("{count} keys since it started");
        Check::warn(
            "redis evictions",
            found,
            "messages may have been lost: set maxmemory-policy noeviction, raise maxmemory",
        )
    };
    check.count("evicted_keys", count)
}

/// Checks whether the data survives a restart of Redis.
fn kept(facts: &RedisFacts) -> Check {
    let name = "redis persistence";
    let saves = facts.save.as_ref().map(|save| !save.is_empty());
    let mode = match (facts.is_appending, saves) {
        (true, Some(true)) => "AOF and RDB",
        (true, Some(false) | None) => "AOF",
        (false, Some(true)) => "RDB",
        (false, Some(false)) => "none",
        (false, None) => "unknown",
    };
    let none = "appendonly yes, or save 3600 1: otherwise ephemeral messages are lost when Redis restarts";
    let check = match (facts.disk_fault, mode) {
        (Some(fault), _) => {
            let advice = "make room on its disk, look at its log: it may refuse to write";
            Check::fail(name, format!("{mode}, but {fault}"), advice)
        }
        (None, "none") => Check::warn(name, "none", none),
        (None, "unknown") => Check::ok(name, "no AOF; whether RDB, its user may not ask (CONFIG GET)"),
        (None, "RDB") => Check::ok(name, "RDB: a restart loses what came since the last snapshot"),
        (None, mode) => Check::ok(name, mode),
    };
    check.word("mode", mode)
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    fn facts() -> RedisFacts {
        RedisFacts {
            version: "7.0.15".into(),
            is_new_enough: true,
            policy: "noeviction".into(),
            save: Some("3600 1".into()),
            ..RedisFacts::default()
        }
    }

    #[test]
    fn each_wrong_setting_is_named_with_what_to_change() {
        let good = facts();
        for (check, level, word) in [
            (version("r", &good), Level::Ok, ""),
            (version("r", &RedisFacts { is_new_enough: false, ..facts() }), Level::Fail, "7.0"),
            (role(&good), Level::Ok, ""),
            (role(&RedisFacts { is_replica: true, ..facts() }), Level::Fail, "primary"),
            (memory(&good), Level::Ok, ""),
            (memory(&RedisFacts { used_bytes: 95, max_bytes: 100, ..facts() }), Level::Warn, "maxmemory"),
            (memory(&RedisFacts { used_bytes: 100, max_bytes: 100, ..facts() }), Level::Fail, "maxmemory"),
            (policy(&good), Level::Ok, ""),
            (policy(&RedisFacts { policy: "allkeys-lru".into(), ..facts() }), Level::Warn, "noeviction"),
            (policy(&RedisFacts { policy: "volatile-ttl".into(), max_bytes: 9, ..facts() }), Level::Fail, "noeviction"),
            (clients(&good), Level::Ok, ""),
            (clients(&RedisFacts { clients: 95, max_clients: 100, ..facts() }), Level::Warn, "maxclients"),
            (evictions(&good), Level::Ok, ""),
            (evictions(&RedisFacts { evicted_keys: 1, ..facts() }), Level::Warn, "noeviction"),
            (kept(&good), Level::Ok, ""),
            (kept(&RedisFacts { save: Some(String::new()), ..facts() }), Level::Warn, "appendonly"),
            (kept(&RedisFacts { save: None, ..facts() }), Level::Ok, ""),
            (kept(&RedisFacts { disk_fault: Some("it failed"), ..facts() }), Level::Fail, "disk"),
        ] {
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.advice.clone().unwrap_or_default().contains(word), "{check:?}");
            assert_eq!(check.advice.is_some(), level != Level::Ok, "{check:?}");
        }
    }

    #[test]
    fn slow_round_trips_are_worth_a_word() {
        let options = RedisOptions::new("redis://127.0.0.1", "chat", false).expect("an address");
        let latency = |p99| Ok(Latency { p50: Duration::from_micros(90), p99, rounds: 100 });
        assert_eq!(round_trips("redis ping", &latency(Duration::from_millis(5)), &options).level, Level::Ok);
        let slow = round_trips("redis ping", &latency(Duration::from_micros(5_100)), &options);
        assert_eq!((slow.level, slow.message.as_str()), (Level::Warn, "p50 90.0µs, p99 5.1ms of 100"));
    }
}
