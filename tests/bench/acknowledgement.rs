//! Acknowledgement latency at half the maximum rate, on the unmodified disk and on a slower one, compared with a raw
//! commit of the same number of rows.

use std::time::Duration;

use color_eyre::eyre::Result;

use crate::disk::Disk;
use crate::options::Options;
use crate::report::{Report, Row};
use crate::senders::{Outcome, TargetRooms, drive, senders};
use crate::stats::{median, percentile};
use crate::{process, sqlite_limit};

/// The load of an open loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Senders.
    pub senders: usize,
    /// Seconds each round lasts.
    pub seconds: u64,
}

/// Measures one row: an open loop at half of `maximum` posts a second.
pub(crate) async fn run(
    load: Load,
    options: &Options,
    (disk, maximum): (Disk, f64),
    report: &mut Report,
) -> Result<()> {
    let rate = maximum / 2.0;
    let batch = observed_batch(load, options, (disk, rate)).await?;
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let name = disk.name();
        Report::progress(&format!("acknowledgements at {rate:.0}/s{name}, round {round} of {}", options.rounds));
        ours.push(percentile(&open_loop(load, options, (disk, rate)).await?.0.times, 0.99));
        limits.push(sqlite_limit::measure(options, disk, (batch, load.seconds))?.commit_p99_ms);
    }
    let (value, limit) = (median(&ours), median(&limits));
    report.add(Row {
        what: format!("acknowledgement p99 at {rate:.0}/s{}, batch {batch}", disk.name()),
        value,
        unit: "ms",
        limit: Some(limit),
        target: "≤ 2 × raw commit p99 + 2 ms".into(),
        is_reached: value <= 2.0 * limit + 2.0,
    });
    Ok(())
}

/// Returns the posts per commit at this rate, measured in a separate run because counting commits slows them slightly.
async fn observed_batch(load: Load, options: &Options, (disk, rate): (Disk, f64)) -> Result<u64> {
    let disk = if disk == Disk::AsItIs { Disk::Watched } else { disk };
    let (outcome, commits) = open_loop(load, options, (disk, rate)).await?;
    Ok((outcome.times.len() as f64 / commits.max(1) as f64).round().max(1.0) as u64)
}

/// Returns the answers, and the number of commits if they are counted.
async fn open_loop(load: Load, options: &Options, (disk, rate): (Disk, f64)) -> Result<(Outcome, usize)> {
    let folder = tempfile::tempdir()?;
    let server = process::start_server_on(options, &folder.path().join("data"), disk)?;
    let senders = senders(server.address, load.senders, TargetRooms::OwnRooms).await?;
    let commits = || if disk == Disk::AsItIs { Ok(0) } else { server.commits() };
    let before = commits()?;
    let pace = Duration::from_secs_f64(load.senders as f64 / rate);
    let outcome = drive(senders, load.seconds, Some(pace)).await?;
    let commits = commits()? - before;
    server.stop()?;
    Ok((outcome, commits))
}
