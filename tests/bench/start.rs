//! The start time of a server and its memory at rest.

use clap::Args;
use color_eyre::eyre::Result;

use crate::options::Options;
use crate::report::{Report, Row};
use crate::stats::median;
use crate::{filling, process};

/// The arguments of `start`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Messages in the data folder for the second row.
    #[arg(long, default_value_t = 1_000_000)]
    messages: usize,
}

impl Default for Start {
    fn default() -> Self {
        Self { messages: 1_000_000 }
    }
}

/// Measures the time from exec to the ready line, in an empty folder and in a full one, and memory at rest.
pub(crate) async fn run(args: &Start, options: &Options, report: &mut Report) -> Result<()> {
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("cold start, round {round} of {}", options.rounds));
        let folder = tempfile::tempdir()?;
        let server = process::start_server(options, &folder.path().join("data"))?;
        times.push(server.started_in.as_secs_f64() * 1e3);
        memory.push(server.resident_kib()? / 1024.0);
        server.stop()?;
    }
    report.add(Row::at_most("cold start, empty folder", median(&times), "ms", 50.0));
    report.add(Row::at_most("memory at rest", median(&memory), "MB", 10.0));
    Report::progress(&format!("writing {} messages for a cold start", args.messages));
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = process::start_server(options, &data)?;
    filling::fill(server.address, args.messages).await?;
    server.stop()?;
    let mut times = Vec::new();
    for _ in 0..options.rounds {
        let server = process::start_server(options, &data)?;
        times.push(server.started_in.as_secs_f64() * 1e3);
        server.stop()?;
    }
    report.add(Row::at_most(format!("cold start, {} messages", args.messages), median(&times), "ms", 100.0));
    Ok(())
}
