//! Ephemeral messages in memory and in a real Redis: rate, latency, and the cost of a post as the number of unexpired
//! messages grows.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chat_proto::request::Life;
use clap::Args;
use color_eyre::eyre::{Result, ensure, eyre};
use tempfile::TempDir;

use crate::ephemeral_memory;
use crate::options::Options;
use crate::process;
use crate::report::{Report, Row};
use crate::senders::{self, Outcome, TargetRooms};
use crate::stats::{median, percentile};

/// A TTL longer than a run.
const LONG: Life = Life::TtlMs(3_600_000);
/// A TTL short enough for messages to expire during the run, because a room's bytes are limited.
const SHORT: Life = Life::TtlMs(1_000);
/// The Redis script of a post, for comparison with Redis alone, and the functions that belong behind its first line.
const PUT: &str = include_str!("../../chat-server/src/live/redis/scripts/put.lua");
const COUNT: &str = include_str!("../../chat-server/src/live/redis/scripts/count.lua");
/// Commands that redis-benchmark has in flight.
const PIPELINE: usize = 64;

/// The arguments of `ephemeral`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Ephemeral {
    /// Seconds each round lasts.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Unexpired messages when the cost of another one is measured.
    #[arg(long, default_value_t = 100_000)]
    alive: u32,
    /// Measures only the memory of a message.
    #[arg(long)]
    memory: bool,
}

impl Default for Ephemeral {
    fn default() -> Self {
        Self { seconds: 3, alive: 100_000, memory: false }
    }
}

pub(crate) async fn run(args: &Ephemeral, options: &Options, report: &mut Report) -> Result<()> {
    if args.memory {
        return ephemeral_memory::run(options, report).await;
    }
    for senders in [1, 16, 256] {
        rates(args, options, senders, report).await?;
    }
    ephemeral_memory::run(options, report).await?;
    growth(args, options, report).await
}

async fn rates(args: &Ephemeral, options: &Options, senders: usize, report: &mut Report) -> Result<()> {
    let (mut memory, mut redis, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let (mut memory_p99, mut redis_p99) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("{senders} senders of ephemeral messages, round {round} of {}", options.rounds));
        let in_memory = drive(args, options, senders, None).await?;
        memory.push(in_memory.per_second);
        memory_p99.push(percentile(&in_memory.times, 0.99));
        let real = RealRedis::start(options)?;
        let in_redis = drive(args, options, senders, Some(&real)).await?;
        redis.push(in_redis.per_second);
        redis_p99.push(percentile(&in_redis.times, 0.99));
        alone.push(RealRedis::start(options)?.benchmark(options)?);
    }
    let row = |what: &str, value, unit, limit, target: &str| Row {
        what: format!("{what}, {senders} senders"),
        value,
        unit,
        limit: Some(limit),
        target: target.into(),
        is_reached: true,
    };
    report.add(row("ephemeral posts in Redis", median(&redis), "1/s", median(&memory), "in memory, for comparison"));
    report.add(row(
        "ephemeral posts in Redis: p99",
        median(&redis_p99),
        "ms",
        median(&memory_p99),
        "in memory, for comparison",
    ));
    let target = format!("redis-benchmark -P {PIPELINE} of the same script, for comparison");
    report.add(row("ephemeral posts in Redis", median(&redis), "1/s", median(&alone), &target));
    Ok(())
}

async fn drive(args: &Ephemeral, options: &Options, senders: usize, redis: Option<&RealRedis>) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = match redis {
        Some(redis) => process::start_server_with_redis(options, &data, &redis.url())?,
        None => process::start_server(options, &data)?,
    };
    let mut senders = senders::senders(server.address, senders, TargetRooms::OwnRooms).await?;
    for sender in &mut senders {
        sender.life = Some(SHORT);
    }
    let outcome = senders::drive(senders, args.seconds, None).await?;
    server.stop()?;
    Ok(outcome)
}

/// Measures CPU of server and Redis per post, with few unexpired messages and with many.
async fn growth(args: &Ephemeral, options: &Options, report: &mut Report) -> Result<()> {
    const SENDERS: u32 = 64;
    const MEASURED: u32 = 20_000;
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!(
            "the cost of ephemeral messages as their number grows, round {round} of {}",
            options.rounds
        ));
        for (alive, costs) in [(100, &mut few), (args.alive, &mut many)] {
            let folder = tempfile::tempdir()?;
            let redis = RealRedis::start(options)?;
            let server = process::start_server_with_redis(options, &folder.path().join("data"), &redis.url())?;
            let ready = senders::senders(server.address, SENDERS as usize, TargetRooms::OwnRooms).await?;
            let lives = |mut sender: senders::Sender| {
                sender.life = Some(LONG);
                sender
            };
            let ready = senders::drive_some(ready.into_iter().map(lives).collect(), 0..alive.div_ceil(SENDERS)).await?;
            let before = server.cpu_seconds()? + redis.cpu_seconds()?;
            let from = alive.div_ceil(SENDERS);
            senders::drive_some(ready, from..from + MEASURED / SENDERS).await?;
            costs.push((server.cpu_seconds()? + redis.cpu_seconds()? - before) * 1e6 / f64::from(MEASURED));
            server.stop()?;
        }
    }
    report.add(Row::at_most_times(
        format!("CPU per ephemeral post, {} unexpired", args.alive),
        median(&many),
        "µs",
        (1.3, median(&few), "with 100 alive"),
    ));
    Ok(())
}

/// A redis-server on the server's cores; ends with the scenario.
#[derive(Debug)]
struct RealRedis {
    folder: TempDir,
    child: Child,
}

impl RealRedis {
    fn start(options: &Options) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let child = Command::new("taskset")
            .args(["-c", &options.server_cores, "redis-server"])
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(folder.path().join("redis"))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        let redis = Self { folder, child };
        let give_up = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(redis.socket()).is_err() {
            ensure!(Instant::now() < give_up, "redis-server (package redis-server) does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(redis)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis")
    }

    fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn cpu_seconds(&self) -> Result<f64> {
        process::cpu_seconds_of(self.child.id())
    }

    /// Runs of the script a second by redis-benchmark, from the generator's cores.
    fn benchmark(&self, options: &Options) -> Result<f64> {
        let (flags, put) = PUT.split_once('\n').unwrap_or_default();
        let put = format!("{flags}\n{COUNT}{put}");
        let loaded = Command::new("redis-cli").arg("-s").arg(self.socket()).args(["SCRIPT", "LOAD", &put]).output()?;
        let sha = String::from_utf8(loaded.stdout)?.trim().to_owned();
        let mut benchmark = Command::new("taskset");
        benchmark.args(["-c", &options.generator_cores, "redis-benchmark", "--csv", "-s"]).arg(self.socket());
        benchmark.args(["-c", "1", "-n", "100000", "-r", "1000000000", "-P", &PIPELINE.to_string()]);
        let keys = ["entries", "ends", "alive", "room:shares", "shares", "key:__rand_int__", "rooms"]
            .map(|name| format!("{{b}}:{name}"));
        let item =
            "{\"seq\":1,\"at\":1763560927120,\"by\":\"U1\",\"message\":{\"body\":\"the flaky test is the clock\"}}";
        let value = format!("1 1 m 1763564527120 00112233445566778899aabbccddeeff {item}");
        let used = "1 1 1763560927120 1763564527120 00112233445566778899aabbccddeeff";
        let arguments = [
            "1763560927120",
            "U1:__rand_int__",
            &value,
            "1763564527120",
            used,
            "7200000",
            "3660000",
            "1",
            "3600000",
            "100000000",
            "100000000",
            "100000000",
        ];
        let output = benchmark.args(["EVALSHA", &sha, "7"]).args(keys).args(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let figure = text.lines().last().and_then(|line| line.rsplit("\",\"").nth(6)?.parse().ok());
        figure.ok_or_else(|| eyre!("redis-benchmark said {text:?} {}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Drop for RealRedis {
    fn drop(&mut self) {
        // It may already have exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
