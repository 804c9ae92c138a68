//! How soon a server is ready, and what it needs: at rest, and for each idle connection.

use chat_proto::client_frame::Subscription;
use chat_proto::request::Post;
use clap::Args;
use color_eyre::eyre::{Result, eyre};

use crate::peer::Peer;
use crate::report::{Report, Row};
use crate::stats::median;
use crate::{Options, process};

/// The arguments of `start`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Messages in the data folder for the second row.
    #[arg(long, default_value_t = 100_000)]
    messages: u32,
}

impl Default for Start {
    fn default() -> Self {
        Self { messages: 100_000 }
    }
}

/// The arguments of `idle`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Idle {
    /// The larger number of connections; the smaller is 1,000.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
}

impl Default for Idle {
    fn default() -> Self {
        Self { connections: 10_000 }
    }
}

/// From exec to the ready line, in an empty folder and in a full one; memory at rest.
pub(crate) async fn start(args: &Start, options: &Options, report: &mut Report) -> Result<()> {
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("cold start, round {round} of {}", options.rounds));
        let folder = tempfile::tempdir()?;
        let server = process::start_server(options, &folder.path().join("data"))?;
        times.push(server.started_in.as_secs_f64() * 1e3);
        memory.push(server.resident_kib()? / 1024.0);
        server.stop()?;
    }
    let (time, memory) = (median(&times), median(&memory));
    report.add(row("cold start, empty folder", time, "ms", 50.0));
    report.add(row("memory at rest", memory, "MB", 10.0));
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = process::start_server(options, &data)?;
    fill(&server, args.messages).await?;
    server.stop()?;
    let mut times = Vec::new();
    for _ in 0..options.rounds {
        let server = process::start_server(options, &data)?;
        times.push(server.started_in.as_secs_f64() * 1e3);
        server.stop()?;
    }
    report.add(row(&format!("cold start, {} messages", args.messages), median(&times), "ms", 100.0));
    Ok(())
}

fn row(what: &str, value: f64, unit: &'static str, most: f64) -> Row {
    let is_reached = value <= most;
    Row { what: what.into(), value, unit, limit: None, target: format!("≤ {most} {unit}"), is_reached }
}

async fn fill(server: &process::Process, messages: u32) -> Result<()> {
    let (mut peer, welcome) = Peer::register(server.address, "filler", Subscription::None).await?;
    let room = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?.room.id;
    let mut under_way = 0;
    for number in 0..messages {
        let (key, body) = (format!("f{number}").parse()?, format!("message {number} of many").parse()?);
        peer.start(&Post { room, key, body, life: None, code: None, reply_to: None, chain: None }).await?;
        under_way += 1;
        while under_way >= 32 {
            peer.next_text().await?;
            under_way -= 1;
        }
    }
    while under_way > 0 {
        peer.next_text().await?;
        under_way -= 1;
    }
    Ok(())
}

/// Memory per idle connection: the difference between many and a thousand.
pub(crate) async fn idle(args: &Idle, options: &Options, report: &mut Report) -> Result<()> {
    Report::progress(&format!("{} idle connections", args.connections));
    let folder = tempfile::tempdir()?;
    let server = process::start_server(options, &folder.path().join("data"))?;
    let (first, welcome) = Peer::register(server.address, "first", Subscription::None).await?;
    let token = welcome.token.ok_or_else(|| eyre!("no token"))?;
    let mut peers = vec![first];
    let mut at_thousand = 0.0;
    while peers.len() < args.connections {
        let auth = chat_proto::client_frame::Auth::Token { token: token.clone() };
        let (peer, _) = Peer::sign_in(server.address, auth, Subscription::All, None).await?;
        peers.push(peer);
        if peers.len() == 1_000 {
            at_thousand = server.resident_kib()?;
        }
    }
    let per_connection = (server.resident_kib()? - at_thousand) / (args.connections - 1_000) as f64;
    report.add(row("memory per idle connection", per_connection, "KB", 8.0));
    Ok(())
}
