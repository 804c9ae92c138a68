//! The load generator: measures a real server beside the limit of this machine, in one run.

mod bare;
mod deliveries;
mod peer;
mod posts;
mod process;
mod report;
mod resume;
mod sqlite_limit;
mod start;
mod stats;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use color_eyre::eyre::Result;

/// Measures chat-server. Build with `--release`; every figure stands beside the limit measured in the same run.
#[derive(Debug, Parser)]
#[command(
    name = "chat-bench",
    after_help = "\
Examples:
  cargo build --release -p chat-server
  cargo run --release -p chat-tests --bin chat-bench -- fan-out --members 1000
  cargo run --release -p chat-tests --bin chat-bench -- all --json"
)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    scenario: Scenario,
}

/// What every scenario takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The server's program; without it the one built beside this program.
    #[arg(long, global = true, value_name = "FILE")]
    server: Option<PathBuf>,
    /// How often each side is measured; the median is told.
    #[arg(long, global = true, default_value_t = 5)]
    rounds: usize,
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
    /// The cores the server runs on; the generator runs on the others.
    #[arg(long, global = true, default_value = "0,1", value_name = "LIST")]
    server_cores: String,
}

#[derive(Clone, Debug, Subcommand)]
enum Scenario {
    /// One room, many members: server CPU seconds per million deliveries, against a bare broadcast loop.
    FanOut(deliveries::FanOut),
    /// Delivery times at a fixed rate.
    Latency(deliveries::Latency),
    /// Synced posts a second, against a raw SQLite loop writing the same rows at batch 64.
    Posts(posts::Posts),
    /// Memory of idle connections.
    Idle(start::Idle),
    /// From exec to the ready line.
    Start(start::Start),
    /// Many clients resume at once, warm and after a restart.
    Resume(resume::Resume),
    /// All of them, with their default sizes.
    All,
    /// The bare broadcast loop itself; started by `fan-out`.
    #[command(hide = true)]
    Bare(bare::Bare),
}

fn main() -> Result<()> {
    color_eyre::install()?;
    let cli = Cli::parse();
    process::raise_file_limit();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let mut report = report::Report::new(cli.options.json);
        run(&cli.scenario, &cli.options, &mut report).await?;
        report.print();
        Ok(())
    })
}

async fn run(scenario: &Scenario, options: &Options, report: &mut report::Report) -> Result<()> {
    match scenario {
        Scenario::FanOut(args) => deliveries::fan_out(args, options, report).await,
        Scenario::Latency(args) => deliveries::latency(args, options, report).await,
        Scenario::Posts(args) => posts::run(args, options, report).await,
        Scenario::Idle(args) => start::idle(args, options, report).await,
        Scenario::Start(args) => start::start(args, options, report).await,
        Scenario::Resume(args) => resume::run(args, options, report).await,
        Scenario::Bare(args) => bare::run(args).await,
        Scenario::All => {
            for members in [1_000, 10_000] {
                deliveries::fan_out(&deliveries::FanOut { members, posts: 2_000_000 / members }, options, report)
                    .await?;
            }
            deliveries::latency(&deliveries::Latency::default(), options, report).await?;
            posts::run(&posts::Posts::default(), options, report).await?;
            start::idle(&start::Idle::default(), options, report).await?;
            start::start(&start::Start::default(), options, report).await?;
            resume::run(&resume::Resume::default(), options, report).await
        }
    }
}
