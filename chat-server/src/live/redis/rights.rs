//! Every command of the server, tried once without harm, so that missing rights are reported at once and not when a
//! command is first needed. Must not know what the commands are for.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, cmd};

use super::error::{ConnectError, is_of_one_key};
use super::pipeline::ask;
use super::scripts::Scripts;

/// Everything written here is gone after this time, in milliseconds.
const KEPT_MS: u64 = 1_000;

/// Loads the scripts, and carries out every command that they and the server use on keys that begin with `probe`.
pub(super) async fn try_all(
    connection: &mut MultiplexedConnection,
    scripts: &Scripts,
    probe: &str,
) -> Result<(), ConnectError> {
    let mut pipeline = Pipeline::new();
    for script in scripts.all() {
        pipeline.add_command(script.load());
    }
    for command in commands(scripts, probe) {
        pipeline.add_command(command);
    }
    for answer in ask(connection, &mut pipeline).await? {
        match answer {
            // Commands that free memory still work, and posts are refused one by one.
            Err(error) if error.code() == Some("OOM") => {}
            // Another program's value stands there. The rights suffice to see it.
            Err(error) if is_of_one_key(&error) => {}
            answer => drop(answer?),
        }
    }
    Ok(())
}

/// Each command once, on a key that ends by itself or does not exist.
fn commands(scripts: &Scripts, probe: &str) -> Vec<Cmd> {
    let (fields, absent) = (format!("{probe}:fields"), format!("{probe}:absent"));
    let command = |words: &[&str]| {
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        command
    };
    let kept_ms = KEPT_MS.to_string();
    // No connection has this number.
    let nobody = i64::MAX.to_string();
    let mut sweep = scripts.sweep_leases.over(std::slice::from_ref(&fields));
    sweep.arg(0);
    vec![
        command(&["SET", probe, "0", "PX", &kept_ms]),
        command(&["GET", probe]),
        command(&["HSET", &fields, "of", "1"]),
        command(&["PEXPIRE", &fields, &kept_ms]),
        command(&["PTTL", &fields]),
        command(&["HGET", &fields, "of"]),
        command(&["HINCRBY", &fields, "of", "0"]),
        command(&["HSTRLEN", &fields, "of"]),
        command(&["HGETALL", &fields]),
        command(&["HSCAN", &fields, "0"]),
        command(&["HDEL", &fields, "none"]),
        sweep,
        command(&["ZADD", &absent, "XX", "0", "none"]),
        command(&["ZREM", &absent, "none"]),
        command(&["ZRANGE", &absent, "0", "-1"]),
        command(&["ZRANGEBYSCORE", &absent, "-inf", "0"]),
        command(&["ZREMRANGEBYSCORE", &absent, "-inf", "0"]),
        command(&["ZCOUNT", &absent, "-inf", "0"]),
        command(&["DEL", &fields]),
        command(&["INFO", "server"]),
        command(&["CLIENT", "ID"]),
        command(&["CLIENT", "KILL", "ID", &nobody]),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_command_of_the_scripts_and_of_the_store_is_tried() {
        let tried: BTreeSet<String> = commands(&Scripts::new(), "probe")
            .iter()
            .filter_map(|command| match command.args_iter().next() {
                Some(redis::Arg::Simple(name)) => Some(String::from_utf8_lossy(name).into_owned()),
                _ => None,
            })
            .collect();
        let called = [
            (include_str!("scripts/count.lua"), "redis.call('", '\''),
            (include_str!("scripts/clear.lua"), "redis.call('", '\''),
            (include_str!("scripts/recount.lua"), "redis.call('", '\''),
            (include_str!("scripts/put.lua"), "redis.call('", '\''),
            (include_str!("scripts/replace.lua"), "redis.call('", '\''),
            (include_str!("scripts/confirm.lua"), "redis.call('", '\''),
            (include_str!("scripts/revoke.lua"), "redis.call('", '\''),
            (include_str!("scripts/undo.lua"), "redis.call('", '\''),
            (include_str!("scripts/sweep.lua"), "redis.call('", '\''),
            (include_str!("scripts/sweep_leases.lua"), "redis.call('", '\''),
            (include_str!("scripts/take.lua"), "redis.call('", '\''),
            (include_str!("store.rs"), "cmd(\"", '"'),
            (include_str!("bulk.rs"), "cmd(\"", '"'),
            (include_str!("mirror.rs"), "cmd(\"", '"'),
        ];
        for (text, before, after) in called {
            let names: Vec<&str> = text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect();
            assert!(!names.is_empty());
            for name in names {
                assert!(tried.contains(name), "{name} is not tried: a user without it would learn it late");
            }
        }
    }
}
