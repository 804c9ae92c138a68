//! The figures on the page, and their names. Must not know the text format's details or HTTP.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::process;
use super::text::{Page, Unit};
use crate::server::Server;

/// How long to wait for the live store's usage; it may be unreachable.
const USAGE_LIMIT: Duration = Duration::from_secs(1);

/// Returns the page as of now.
pub async fn page(server: &Server) -> String {
    let mut page = Page::default();
    page.info("chat_build_info", "The server that runs.", ("version", env!("CARGO_PKG_VERSION")));
    people(&mut page, server);
    rooms(&mut page, server);
    database(&mut page, server);
    live(&mut page, server).await;
    process_figures(&mut page, server).await;
    page.into_text()
}

fn people(page: &mut Page, server: &Server) {
    let figures = server.connections.figures();
    page.gauge("chat_connections", "Connections that are signed in.", figures.connections);
    page.gauge("chat_accounts_connected", "Accounts with a connection.", figures.accounts);
    page.counter(
        "chat_send_queue_dropped_frames_total",
        "Frames left out because their reader is too slow; it catches up from the database.",
        figures.dropped_frames,
    );
}

fn rooms(page: &mut Page, server: &Server) {
    let counters = &server.counters;
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    page.gauge("chat_rooms_running", "Rooms in use.", server.rooms.running());
    page.counter("chat_posts_total", "Messages accepted.", read(&counters.posts));
    page.counter("chat_deliveries_total", "Events handed to those who listen.", read(&counters.deliveries));
    page.counter(
        "chat_ring_hits_total",
        "Times a room's end was read from memory: to open it, or to catch up.",
        read(&counters.ring_hits),
    );
    page.counter(
        "chat_ring_misses_total",
        "Times reading a room's end needed the database.",
        read(&counters.ring_misses),
    );
    page.histogram(
        "chat_acknowledgement_seconds",
        "Time from a message's acceptance to its acknowledgement.",
        &counters.ack_us.distribution(),
        Unit::Millionth,
    );
}

fn database(page: &mut Page, server: &Server) {
    let figures = server.store.figures();
    let batches = &figures.batch_writes;
    let is_writable = server.store.health().borrow().is_writable();
    page.claim("chat_database_available", "Whether the database can be written.", is_writable);
    page.counter("chat_commits_total", "Transactions committed.", batches.count());
    page.counter("chat_writes_total", "Writes in committed transactions.", batches.sum);
    page.histogram("chat_commit_batch_writes", "Writes of one transaction.", batches, Unit::One);
    page.histogram("chat_commit_seconds", "Time a transaction took.", &figures.commit_us, Unit::Millionth);
    page.gauge("chat_database_bytes", "Size of the database's file.", figures.database_bytes);
    page.gauge("chat_database_log_bytes", "Size of the log before it is folded into the file.", figures.backlog_bytes);
}

async fn live(page: &mut Page, server: &Server) {
    page.claim("chat_live_available", "Whether ephemeral messages are accepted.", *server.live.availability().borrow());
    page.gauge(
        "chat_live_refills_waiting",
        "Rooms whose ephemeral messages the live store has lost and does not take back yet.",
        server.counters.refills_waiting.load(Ordering::Relaxed),
    );
    // Unknown figures are left off the page.
    if let Ok(Ok(usage)) = tokio::time::timeout(USAGE_LIMIT, server.live.usage(server.now())).await {
        page.gauge("chat_ephemeral_alive", "Ephemeral messages that are alive.", usage.alive);
        page.gauge("chat_ephemeral_bytes", "Bytes held for ephemeral messages.", usage.bytes);
    }
    let Some(link) = server.live.link_figures() else { return };
    page.histogram(
        "chat_redis_pipeline_seconds",
        "Time a pipeline took to be answered by Redis.",
        &link.pipeline_us,
        Unit::Millionth,
    );
    page.counter("chat_redis_reconnects_total", "Reconnections to Redis.", link.reconnects);
    page.counter("chat_redis_refused_operations_total", "Operations on Redis that were refused.", link.refused);
}

async fn process_figures(page: &mut Page, server: &Server) {
    let started_at = server.started_at.0 as f64 / 1_000.0;
    page.gauge("process_start_time_seconds", "When the server began, since 1970.", started_at);
    let ahead_s = (server.clock_ahead_ms)() as f64 / 1_000.0;
    page.gauge("chat_clock_ahead_seconds", "How far the system's clock is ahead of the server's.", ahead_s);
    let process = tokio::task::spawn_blocking(process::read).await.unwrap_or_default();
    for (name, help, figure) in [
        ("process_resident_memory_bytes", "Memory in use.", process.resident_bytes),
        ("process_open_fds", "Open files and connections.", process.open_files),
        ("process_max_fds", "Most files and connections that may be open.", process.open_files_max),
    ] {
        if let Some(figure) = figure {
            page.gauge(name, help, figure);
        }
    }
}
