//! Fan-out: the CPU cost and the latency of a delivery, compared with the bare broadcast loop.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::RoomId;
use chat_proto::request::{Post, Subscribe};
use clap::Args;
use color_eyre::eyre::{Result, ensure, eyre};
use futures_util::future::try_join_all;
use tokio::sync::mpsc;

use crate::options::Options;
use crate::peer::Peer;
use crate::process::{self, Process};
use crate::report::{Report, Row};
use crate::stats::{median, percentile};

/// Posts in flight at once: enough for steady deliveries, too few to overflow a member's queue.
const WINDOW: usize = 16;
/// A run that takes longer has lost a message.
const RUN_LIMIT: Duration = Duration::from_mins(2);
/// As long as a typical line of chat.
const BODY: &str = "the flaky test is the clock again, see the note in dev about paused time";

/// The arguments of `fan-out`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct FanOut {
    /// Members of the room.
    #[arg(long, default_value_t = 1_000)]
    pub members: usize,
    /// Messages posted to it.
    #[arg(long, default_value_t = 2_000)]
    pub posts: usize,
}

/// The arguments of `latency`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Latency {
    /// Members of the room.
    #[arg(long, default_value_t = 1_000)]
    members: usize,
    /// Deliveries per second.
    #[arg(long, default_value_t = 200_000)]
    rate: usize,
    /// Duration in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: usize,
}

impl Default for Latency {
    fn default() -> Self {
        Self { members: 1_000, rate: 200_000, seconds: 5 }
    }
}

/// The report of a member that has received everything.
enum MemberReport {
    /// It received every message; the times are of the sampled members.
    All(Vec<f64>),
}

/// Measures CPU seconds per million deliveries of the server and of the bare loop, interleaved.
pub(crate) async fn fan_out(args: &FanOut, options: &Options, report: &mut Report) -> Result<()> {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("fan-out to {} members, round {round} of {}", args.members, options.rounds));
        ours.push(chat_cost(args, options).await?);
        bare.push(bare_cost(args, options).await?);
    }
    let (value, limit) = (median(&ours), median(&bare));
    report.add(Row {
        what: format!("fan-out, 1 room × {}: CPU per million deliveries", args.members),
        value,
        unit: "s",
        limit: Some(limit),
        target: "≤ 1.1 × the bare loop".into(),
        is_reached: value <= 1.1 * limit,
    });
    Ok(())
}

/// Returns the server's CPU seconds per million deliveries.
pub(crate) async fn chat_cost(args: &FanOut, options: &Options) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let server = process::start_server(options, &folder.path().join("data"))?;
    let room = Audience::fill(server.address, args.members).await?;
    let before = server.cpu_seconds()?;
    room.run(args.posts, None).await?;
    per_million(&server, before, args)
}

fn per_million(server: &Process, before: f64, args: &FanOut) -> Result<f64> {
    let deliveries = (args.members * args.posts) as f64;
    Ok((server.cpu_seconds()? - before) / deliveries * 1e6)
}

/// One account with many connections to `#general`: connections are measured, not accounts.
struct Audience {
    room: RoomId,
    sender: Peer,
    members: Vec<Peer>,
}

impl Audience {
    async fn fill(address: SocketAddr, members: usize) -> Result<Self> {
        let (sender, welcome) = Peer::register(address, "sender", Subscription::None).await?;
        let room = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?.room.id;
        let token = welcome.token.ok_or_else(|| eyre!("no token"))?;
        let mut joined = Vec::with_capacity(members);
        for _ in 0..members.div_ceil(64) {
            let batch = 64.min(members - joined.len());
            let peers = (0..batch).map(|_| async {
                let auth = chat_proto::client_frame::Auth::Token { token: token.clone() };
                let (mut peer, _) = Peer::sign_in(address, auth, Subscription::None, None).await?;
                peer.call(&Subscribe { rooms: vec![room] }).await?;
                Ok::<_, color_eyre::Report>(peer)
            });
            joined.extend(try_join_all(peers).await?);
        }
        Ok(Self { room, sender, members: joined })
    }

    /// Posts `posts` messages, `WINDOW` in flight, or one every `pace`; waits until every member has all of them.
    async fn run(mut self, posts: usize, pace: Option<Duration>) -> Result<Vec<f64>> {
        let (reports, mut receiver) = mpsc::channel(64);
        let count = self.members.len();
        let begun = Instant::now();
        for (index, member) in self.members.into_iter().enumerate() {
            // Every fiftieth member also records the times.
            tokio::spawn(receive(member, posts, begun, index % 50 == 0, reports.clone()));
        }
        drop(reports);
        let room = self.room;
        let sending = tokio::spawn(async move {
            let mut under_way = 0;
            for number in 0..posts {
                if let Some(pace) = pace {
                    tokio::time::sleep_until((begun + pace * number as u32).into()).await;
                }
                let sent = begun.elapsed().as_nanos();
                let post = Post {
                    room,
                    key: format!("k{number}").parse()?,
                    body: format!("{sent} {BODY}").parse()?,
                    life: None,
                    code: None,
                    reply_to: None,
                    chain: None,
                };
                self.sender.start(&post).await?;
                under_way += 1;
                while under_way >= WINDOW {
                    self.sender.next_text().await?;
                    under_way -= 1;
                }
            }
            while under_way > 0 {
                self.sender.next_text().await?;
                under_way -= 1;
            }
            Ok::<_, color_eyre::Report>(())
        });
        let mut times = Vec::new();
        let all = async {
            for _ in 0..count {
                match receiver.recv().await.ok_or_else(|| eyre!("a member ended early"))? {
                    Ok(MemberReport::All(seen)) => times.extend(seen),
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        tokio::time::timeout(RUN_LIMIT, all).await.map_err(|_| eyre!("not every message arrived"))??;
        sending.await??;
        Ok(times)
    }
}

async fn receive(
    mut member: Peer,
    posts: usize,
    begun: Instant,
    is_timed: bool,
    reports: mpsc::Sender<Result<MemberReport>>,
) {
    let result = async {
        let mut times = Vec::new();
        let mut received = 0;
        while received < posts {
            let text = member.next_text().await?;
            if !text.starts_with("{\"type\":\"event\"") {
                ensure!(!text.starts_with("{\"type\":\"gap\""), "the server declared a gap: the run is invalid");
                continue;
            }
            received += 1;
            if is_timed {
                let now = begun.elapsed();
                if let Some(sent) = sent_at(&text) {
                    times.push((now.as_nanos() as f64 - sent) / 1e6);
                }
            }
        }
        Ok(MemberReport::All(times))
    };
    let result = result.await;
    // The receiver may already have given up.
    let _ = reports.send(result).await;
}

/// Returns when the message was sent, in nanoseconds since the run began, from the start of the body.
fn sent_at(text: &str) -> Option<f64> {
    text.split("\"body\":\"").nth(1)?.split(' ').next()?.parse().ok()
}

async fn bare_cost(args: &FanOut, options: &Options) -> Result<f64> {
    let server = process::start_bare(options)?;
    let mut members = Vec::with_capacity(args.members);
    for _ in 0..args.members {
        members.push(Peer::connect(server.address).await?);
    }
    let mut sender = Peer::connect(server.address).await?;
    // The same bytes as an event of the server.
    let frame = format!(
        "{{\"type\":\"event\",\"room\":\"R1\",\"seq\":1000,\"prev\":999,\"item\":{{\"seq\":1000,\"changed\":1000,\"at\":1763560927120,\
         \"by\":\"U5\",\"content\":{{\"kind\":\"message\",\"body\":\"1000000000 {BODY}\",\"key\":\"k1000\"}}}}}}"
    );
    let before = server.cpu_seconds()?;
    let (reports, mut receiver) = mpsc::channel(64);
    let begun = Instant::now();
    for member in members {
        tokio::spawn(receive(member, args.posts, begun, false, reports.clone()));
    }
    let mut under_way = 0;
    for _ in 0..args.posts {
        sender.send(frame.clone().into()).await?;
        under_way += 1;
        // The sender is a member, too: its own copy is its answer.
        while under_way >= WINDOW {
            sender.next_text().await?;
            under_way -= 1;
        }
    }
    for _ in 0..args.members {
        let reports = tokio::time::timeout(RUN_LIMIT, receiver.recv()).await?;
        reports.ok_or_else(|| eyre!("a member ended early"))??;
    }
    per_million(&server, before, args)
}

/// Measures the 99th percentile of delivery times at a fixed rate.
pub(crate) async fn latency(args: &Latency, options: &Options, report: &mut Report) -> Result<()> {
    let mut p99s = Vec::new();
    let posts = args.rate * args.seconds / args.members;
    let pace = Duration::from_secs_f64(args.members as f64 / args.rate as f64);
    for round in 1..=options.rounds {
        Report::progress(&format!("{} deliveries a second, round {round} of {}", args.rate, options.rounds));
        let folder = tempfile::tempdir()?;
        let server = process::start_server(options, &folder.path().join("data"))?;
        let times = Audience::fill(server.address, args.members).await?.run(posts, Some(pace)).await?;
        p99s.push(percentile(&times, 0.99));
        server.stop()?;
    }
    let value = median(&p99s);
    report.add(Row {
        what: format!("delivery p99 at {} deliveries/s", args.rate),
        value,
        unit: "ms",
        limit: None,
        target: "≤ 50 ms".into(),
        is_reached: value <= 50.0,
    });
    Ok(())
}
