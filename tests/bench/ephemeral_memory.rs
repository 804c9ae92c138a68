//! The memory that a living ephemeral message takes, by the system's count and by the server's own. Must not know rates.

use std::net::SocketAddr;

use chat_proto::request::Life;
use color_eyre::eyre::{Result, WrapErr, ensure, eyre};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::options::Options;
use crate::process;
use crate::report::{Report, Row};
use crate::senders::{self, Sender, TargetRooms};

/// Longer than the measurement.
const LIFE: Life = Life::TtlMs(3_600_000);
/// Messages that are alive at the end.
const ALIVE: u32 = 50_000;
/// Messages before the first count, 300 a room: the rings of last events are full.
const FIRST: u32 = 15_000;
const SENDERS: u32 = 50;
const BODY_BYTES: usize = 100;
/// The most bytes that a message may take beside its text.
const OVERHEAD_BYTES: f64 = 250.0;
/// The bytes counted may be so much more than those held.
const MARGIN: f64 = 1.2;

/// Measures 50,000 living messages in one room, and in 50.
pub(crate) async fn run(options: &Options, report: &mut Report) -> Result<()> {
    for (target_rooms, rooms) in [(TargetRooms::OneRoom, "1 room"), (TargetRooms::OwnRooms, "50 rooms")] {
        Report::progress(&format!("the memory of {ALIVE} ephemeral messages in {rooms}"));
        let folder = tempfile::tempdir()?;
        let server = process::start_server(options, &folder.path().join("data"))?;
        let ready = senders::senders(server.address, SENDERS as usize, target_rooms).await?;
        let lives = |sender: Sender| Sender { life: Some(LIFE), body_bytes: BODY_BYTES, ..sender };
        let ready = senders::drive_some(ready.into_iter().map(lives).collect(), 0..FIRST / SENDERS).await?;
        server.passwords_are_done().await?;
        let before = (server.resident_kib()? * 1024.0, counted_bytes(server.address).await?);
        let ready = senders::drive_some(ready, FIRST / SENDERS..ALIVE / SENDERS).await?;
        let after = (server.resident_kib()? * 1024.0, counted_bytes(server.address).await?);
        let each = |before: f64, after: f64| (after - before) / f64::from(ALIVE - FIRST) - BODY_BYTES as f64;
        let (held, counted) = (each(before.0, after.0), each(before.1, after.1));
        report.add(Row::at_most(
            format!("memory of an ephemeral message beside its text, {rooms}"),
            held,
            "B",
            OVERHEAD_BYTES,
        ));
        report.add(Row::at_most_times(
            format!("bytes counted for an ephemeral message, {rooms}"),
            counted + BODY_BYTES as f64,
            "B",
            (MARGIN, held + BODY_BYTES as f64, "those held"),
        ));
        drop(ready);
        server.stop()?;
    }
    Ok(())
}

/// The bytes that the server counts for its ephemeral messages.
async fn counted_bytes(address: SocketAddr) -> Result<f64> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = String::new();
    stream.read_to_string(&mut page).await.wrap_err("the metrics are not read")?;
    let line = page.lines().find_map(|line| line.strip_prefix("chat_ephemeral_bytes "));
    let counted = line.ok_or_else(|| eyre!("the page of metrics has no chat_ephemeral_bytes"))?.trim().parse()?;
    ensure!(counted > 0.0, "the server counts nothing");
    Ok(counted)
}
