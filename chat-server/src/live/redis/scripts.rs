//! Short scripts for what must be atomic, over keys that are passed in. Plain Redis 7.0: they read no clock and no other
//! key. Must not know when they are called.
//!
//! The first line of each says whether it may run when Redis is full: scripts that free memory may, scripts that add may not.

use redis::{Cmd, cmd};

/// Functions of the scripts that change what is held.
const COUNT: &str = include_str!("scripts/count.lua");

/// A script and its name in Redis' script cache.
#[derive(Clone, Debug)]
pub(super) struct Script {
    text: String,
    sha: String,
}

impl Script {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), sha: redis::Script::new(text).get_hash().to_owned() }
    }

    /// A script over a room's keys that counts the bytes it adds or frees.
    fn counting(text: &str) -> Self {
        let (flags, rest) = text.split_once('\n').unwrap_or_default();
        Self::new(&format!("{flags}\n{COUNT}{rest}"))
    }

    /// Loads it into the cache.
    pub(super) fn load(&self) -> Cmd {
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(&self.text);
        load
    }

    /// A call over these keys; the caller adds its arguments.
    pub(super) fn over(&self, keys: &[String]) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.sha).arg(keys.len()).arg(keys);
        call
    }
}

/// All scripts.
#[derive(Clone, Debug)]
pub(super) struct Scripts {
    pub put: Script,
    pub replace: Script,
    pub confirm: Script,
    pub revoke: Script,
    pub undo: Script,
    pub sweep: Script,
    pub clear: Script,
    pub recount: Script,
    pub sweep_leases: Script,
    pub take: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            put: Script::counting(include_str!("scripts/put.lua")),
            replace: Script::counting(include_str!("scripts/replace.lua")),
            confirm: Script::counting(include_str!("scripts/confirm.lua")),
            revoke: Script::counting(include_str!("scripts/revoke.lua")),
            undo: Script::counting(include_str!("scripts/undo.lua")),
            sweep: Script::counting(include_str!("scripts/sweep.lua")),
            clear: Script::new(include_str!("scripts/clear.lua")),
            recount: Script::new(include_str!("scripts/recount.lua")),
            sweep_leases: Script::new(include_str!("scripts/sweep_leases.lua")),
            take: Script::new(include_str!("scripts/take.lua")),
        }
    }

    pub(super) fn all(&self) -> [&Script; 10] {
        let Self { put, replace, confirm, revoke, undo, sweep, clear, recount, sweep_leases, take } = self;
        [put, replace, confirm, revoke, undo, sweep, clear, recount, sweep_leases, take]
    }
}
