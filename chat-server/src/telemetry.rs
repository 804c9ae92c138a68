//! The log: connections, joins, and totals of the traffic. Must not log a text or a secret.

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, reload};

use crate::config::{LogFormat, LogLevel};
use crate::server::Server;

/// The interval at which totals are logged while there is activity.
const EVERY: Duration = Duration::from_secs(10);

/// The way to another level, and the least one; nothing if `CHAT_LOG` says what is logged.
static LEVEL: OnceLock<(reload::Handle<Targets, Registry>, LogLevel)> = OnceLock::new();

/// Starts the log on standard error. `verbose`, the number of flags, raises the level. `CHAT_LOG` stands above both.
pub fn start(format: LogFormat, level: LogLevel, verbose: u8) {
    let least = match verbose {
        0 => LogLevel::Info,
        1 => LogLevel::Debug,
        _ => LogLevel::Trace,
    };
    // Levels by target are all that is promised; filters on spans and fields would bring a regular expression engine.
    let asked = std::env::var("CHAT_LOG").ok().filter(|text| !text.is_empty()).and_then(|text| text.parse().ok());
    let is_fixed = asked.is_some();
    let (filter, handle) = reload::Layer::new(asked.unwrap_or_else(|| filter(level.max(least))));
    // A log in a file or a pipe is read by programs: colours are for terminals, and for those who want them.
    let is_coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let log = tracing_subscriber::fmt::layer().with_ansi(is_coloured).with_writer(std::io::stderr);
    // A second start, in a test or an embedding program, keeps the first.
    let log = match format {
        LogFormat::Human => log.with_target(false).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let is_started = tracing_subscriber::registry().with(filter).with(log).try_init().is_ok();
    if is_started && !is_fixed {
        let _ = LEVEL.set((handle, least));
    }
}

/// Logs as much as this from now on, or more if the command line said so. Returns whether it is so: `CHAT_LOG` stands above it.
pub(crate) fn set_level(level: LogLevel) -> bool {
    let Some((handle, least)) = LEVEL.get() else { return false };
    let changed = handle.reload(filter(level.max(*least)));
    if let Err(error) = &changed {
        tracing::error!(%error, "the level of the log cannot be changed");
    }
    changed.is_ok()
}

fn filter(level: LogLevel) -> Targets {
    let filter = match level {
        LogLevel::Info => "chat_server=info",
        LogLevel::Debug => "chat_server=debug",
        LogLevel::Trace => "trace",
    };
    filter.parse().expect("invariant: the levels above are those of a filter")
}

/// Logs totals every ten seconds while something happens; runs until it is dropped.
pub async fn totals(server: Arc<Server>) {
    let mut before = (0, 0);
    let mut ack_before_us = 0;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let posts = server.counters.posts.load(Ordering::Relaxed);
        let deliveries = server.counters.deliveries.load(Ordering::Relaxed);
        let connections = server.connections.count();
        if (posts, deliveries) == before {
            continue;
        }
        let written = server.store.figures().batch_writes;
        let (ack_sum_us, ack_max_us) = (server.counters.ack_us.distribution().sum, server.counters.take_ack_max_us());
        let ack_mean_ms = ack_sum_us.saturating_sub(ack_before_us) as f64 / 1_000.0 / (posts - before.0).max(1) as f64;
        // Left out where nobody knows.
        let alive = server.live.usage(server.now()).await.ok().map(|usage| usage.alive);
        tracing::info!(
            connections,
            posts = posts - before.0,
            deliveries = deliveries - before.1,
            ring_hits = server.counters.ring_hits.load(Ordering::Relaxed),
            ring_misses = server.counters.ring_misses.load(Ordering::Relaxed),
            ack_mean_ms = format!("{ack_mean_ms:.2}"),
            ack_max_ms = format!("{:.2}", ack_max_us as f64 / 1_000.0),
            writes_per_commit = format!("{:.1}", written.sum as f64 / written.count().max(1) as f64),
            ephemeral_alive = alive,
            "the last ten seconds"
        );
        before = (posts, deliveries);
        ack_before_us = ack_sum_us;
    }
}
