//! The server's CPU per post in a room with a short history and in one with a long one.

use std::net::SocketAddr;
use std::path::Path;

use chat_proto::client_frame::Subscription;
use clap::Args;
use color_eyre::eyre::Result;
use futures_util::future::try_join_all;

use crate::filling::{self, Filled};
use crate::options::Options;
use crate::peer::Peer;
use crate::process;
use crate::report::{Report, Row};
use crate::senders::{self, Sender};
use crate::stats::median;

/// Connections that post, one post in flight on each.
const SENDERS: usize = 64;

/// The arguments of `history`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct History {
    /// Messages in the room with the short history.
    #[arg(long, default_value_t = 1_000)]
    short: usize,
    /// Messages in the room with the long history.
    #[arg(long, default_value_t = 1_000_000)]
    long: usize,
    /// Posts measured in each round.
    #[arg(long, default_value_t = 10_000)]
    posts: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { short: 1_000, long: 1_000_000, posts: 10_000 }
    }
}

/// Measures server CPU per post in microseconds, interleaved.
pub(crate) async fn run(args: &History, options: &Options, report: &mut Report) -> Result<()> {
    Report::progress(&format!("writing {} messages for a long history", args.long));
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let filled = filled(options, &data, args.long).await?;
    let (mut long, mut short) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("posts after a short and a long history, round {round} of {}", options.rounds));
        // Posts become history: the short one is created anew each time.
        let short_folder = tempfile::tempdir()?;
        let short_data = short_folder.path().join("data");
        let short_filled = self::filled(options, &short_data, args.short).await?;
        short.push(cost(args, options, &short_data, (&short_filled, round)).await?);
        long.push(cost(args, options, &data, (&filled, round)).await?);
    }
    report.add(Row::at_most_times(
        format!("CPU per post, history {}", args.long),
        median(&long),
        "µs",
        (1.5, median(&short), &format!("with {} messages", args.short)),
    ));
    Ok(())
}

async fn filled(options: &Options, data: &Path, messages: usize) -> Result<Filled> {
    let server = process::start_server(options, data)?;
    let filled = filling::fill(server.address, messages).await?;
    server.stop()?;
    Ok(filled)
}

async fn cost(args: &History, options: &Options, data: &Path, (filled, round): (&Filled, usize)) -> Result<f64> {
    let server = process::start_server(options, data)?;
    let senders = senders(server.address, filled, round).await?;
    let before = server.cpu_seconds()?;
    let each = args.posts / SENDERS as u32;
    senders::drive_count(senders, each).await?;
    let spent = server.cpu_seconds()? - before;
    server.stop()?;
    Ok(spent / f64::from(each * SENDERS as u32) * 1e6)
}

async fn senders(address: SocketAddr, filled: &Filled, round: usize) -> Result<Vec<Sender>> {
    // A key identifies one post of its sender, so every round needs new ones.
    let indexes = (0..SENDERS).map(|index| round * SENDERS + index);
    try_join_all(indexes.map(|index| async move {
        let (peer, _) = Peer::sign_in(address, filled.auth.clone(), Subscription::None, None).await?;
        Ok(Sender { peer, room: filled.room, index, life: None, body_bytes: senders::BODY.len() })
    }))
    .await
}
