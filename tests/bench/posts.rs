//! Synced posts per second, compared with a raw SQLite loop.

use clap::Args;
use color_eyre::eyre::Result;

use crate::acknowledgement::{self, Load};
use crate::disk::Disk;
use crate::options::Options;
use crate::report::{Report, Row};
use crate::senders::{Outcome, TargetRooms, drive, senders};
use crate::stats::median;
use crate::{process, sqlite_limit};

/// Rows in one transaction, the server's maximum.
const BATCH: u64 = 64;

/// The arguments of `posts`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Posts {
    /// Senders, each with one post in flight.
    #[arg(long, default_value_t = 256)]
    pub senders: usize,
    /// Seconds each round lasts.
    #[arg(long, default_value_t = 4)]
    pub seconds: u64,
}

impl Default for Posts {
    fn default() -> Self {
        Self { senders: 256, seconds: 4 }
    }
}

/// Measures a closed loop at full speed in both layouts, then an open loop at half of it, on the unmodified disk
/// and on a slower one.
pub(crate) async fn run(args: &Posts, options: &Options, report: &mut Report) -> Result<()> {
    let load = Load { senders: args.senders, seconds: args.seconds };
    let own_rooms = throughput(args, options, TargetRooms::OwnRooms, report).await?;
    throughput(args, options, TargetRooms::OneRoom, report).await?;
    acknowledgement::run(load, options, (Disk::AsItIs, own_rooms), report).await?;
    Report::progress("synced posts on a slower disk");
    let slowed = closed_loop(args, options, (TargetRooms::OwnRooms, Disk::Slowed)).await?.per_second;
    acknowledgement::run(load, options, (Disk::Slowed, slowed), report).await
}

async fn throughput(args: &Posts, options: &Options, rooms: TargetRooms, report: &mut Report) -> Result<f64> {
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("synced posts, {}, round {round} of {}", name_of(rooms), options.rounds));
        ours.push(closed_loop(args, options, (rooms, Disk::AsItIs)).await?.per_second);
        limits.push(sqlite_limit::measure(options, Disk::AsItIs, (BATCH, args.seconds))?.rows_per_second);
    }
    let (value, limit) = (median(&ours), median(&limits));
    report.add(Row {
        what: format!("synced posts, {} senders, {}", args.senders, name_of(rooms)),
        value,
        unit: "1/s",
        limit: Some(limit),
        target: format!("≥ 80 % of raw SQLite at batch {BATCH}"),
        is_reached: value >= 0.8 * limit,
    });
    Ok(value)
}

fn name_of(rooms: TargetRooms) -> &'static str {
    match rooms {
        TargetRooms::OwnRooms => "each in its own room",
        TargetRooms::OneRoom => "all in one room",
    }
}

async fn closed_loop(args: &Posts, options: &Options, (rooms, disk): (TargetRooms, Disk)) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let server = process::start_server_on(options, &folder.path().join("data"), disk)?;
    let senders = senders(server.address, args.senders, rooms).await?;
    let outcome = drive(senders, args.seconds, None).await?;
    server.stop()?;
    Ok(outcome)
}
