//! The load generator: measures a real server and the limit of this machine in one run.

mod acknowledgement;
mod bare;
mod deliveries;
mod disk;
mod ephemeral;
mod ephemeral_memory;
mod filling;
mod history;
mod idle;
mod marginal;
mod options;
mod peer;
mod posts;
mod process;
mod report;
mod resume;
mod senders;
mod sqlite_limit;
mod start;
mod stats;
mod tui;

use clap::{Parser, Subcommand};
use color_eyre::eyre::Result;

use options::Options;

/// Measures chat-server. Build with `--profile dist`; every figure is compared with a limit measured in the same run.
#[derive(Debug, Parser)]
#[command(
    name = "chat-bench",
    after_help = "\
Examples:
  cargo build --profile dist -p chat-server -p chat-tui
  cargo run --profile dist -p chat-tests --bin chat-bench -- fan-out --members 1000
  cargo run --profile dist -p chat-tests --bin chat-bench -- all --json"
)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Clone, Debug, Subcommand)]
enum Scenario {
    /// One room, many members: server CPU seconds per million deliveries, against a bare broadcast loop.
    FanOut(deliveries::FanOut),
    /// Server CPU seconds per million deliveries to members 1,000 to 10,000, against members 100 to 1,000.
    Marginal(marginal::Marginal),
    /// Delivery times at a fixed rate.
    Latency(deliveries::Latency),
    /// Synced posts per second and their latency, against a raw SQLite loop; also with 2 ms added to each sync.
    Posts(posts::Posts),
    /// Server CPU per post after a short history and after a long one.
    History(history::History),
    /// Ephemeral messages: posts per second and latency in memory and in Redis; cost as their number grows.
    Ephemeral(ephemeral::Ephemeral),
    /// Memory of idle connections.
    Idle(idle::Idle),
    /// From exec to the ready line; memory at rest.
    Start(start::Start),
    /// Many clients resume at once, warm and after a restart.
    Resume(resume::Resume),
    /// The full-screen client: first frame, keys, memory, bytes.
    Tui(tui::Tui),
    /// All scenarios with their default sizes.
    All,
    /// The bare broadcast loop itself; started by `fan-out`.
    #[command(hide = true)]
    Bare(bare::Bare),
    /// The raw SQLite loop itself; started by `posts`.
    #[command(hide = true)]
    RawLoop(sqlite_limit::RawLoop),
}

fn main() -> Result<()> {
    color_eyre::install()?;
    let cli = Cli::parse();
    process::raise_file_limit();
    let is_limit = matches!(cli.scenario, Scenario::Bare(_) | Scenario::RawLoop(_));
    if !is_limit {
        process::stay_on(&cli.options.generator_cores)?;
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let mut report = report::Report::new(cli.options.json);
        let result = run(&cli.scenario, &cli.options, &mut report).await;
        // Results measured before a failure are printed, too.
        if !is_limit {
            report.print();
        }
        result
    })
}

async fn run(scenario: &Scenario, options: &Options, report: &mut report::Report) -> Result<()> {
    match scenario {
        Scenario::FanOut(args) => deliveries::fan_out(args, options, report).await,
        Scenario::Marginal(args) => marginal::run(args, options, report).await,
        Scenario::Latency(args) => deliveries::latency(args, options, report).await,
        Scenario::Posts(args) => posts::run(args, options, report).await,
        Scenario::History(args) => history::run(args, options, report).await,
        Scenario::Ephemeral(args) => ephemeral::run(args, options, report).await,
        Scenario::Idle(args) => idle::run(args, options, report).await,
        Scenario::Start(args) => start::run(args, options, report).await,
        Scenario::Resume(args) => resume::run(args, options, report).await,
        Scenario::Tui(args) => tui::run(args, options, report).await,
        Scenario::Bare(args) => bare::run(args).await,
        Scenario::RawLoop(args) => sqlite_limit::run(args),
        Scenario::All => all(options, report).await,
    }
}

/// Every row of the design's table of numbers.
async fn all(options: &Options, report: &mut report::Report) -> Result<()> {
    for members in [1_000, 10_000] {
        deliveries::fan_out(&deliveries::FanOut { members, posts: 2_000_000 / members }, options, report).await?;
    }
    marginal::run(&marginal::Marginal::default(), options, report).await?;
    deliveries::latency(&deliveries::Latency::default(), options, report).await?;
    posts::run(&posts::Posts::default(), options, report).await?;
    history::run(&history::History::default(), options, report).await?;
    ephemeral::run(&ephemeral::Ephemeral::default(), options, report).await?;
    idle::run(&idle::Idle::default(), options, report).await?;
    start::run(&start::Start::default(), options, report).await?;
    resume::run(&resume::Resume::default(), options, report).await?;
    tui::run(&tui::Tui::default(), options, report).await
}
