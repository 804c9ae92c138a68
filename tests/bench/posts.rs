//! Synced posts: how many a second, beside a raw SQLite loop.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::RoomId;
use chat_proto::request::{CreateRoom, Join, Life, Post};
use chat_proto::room::RoomKind;
use clap::Args;
use color_eyre::eyre::{Result, eyre};
use futures_util::future::try_join_all;

use crate::disk::Disk;
use crate::peer::Peer;
use crate::report::{Report, Row};
use crate::stats::median;
use crate::{Options, acknowledgement, process, sqlite_limit};

/// Rows in one transaction, as the server commits at the most.
const BATCH: u64 = 64;

/// The arguments of `posts`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Posts {
    /// Senders, each with one post under way.
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

/// Which rooms the senders post to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// Each to its own.
    OwnRooms,
    /// All to `#general`.
    OneRoom,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Posts a second.
    pub per_second: f64,
    /// From when each was due to its answer, in milliseconds.
    pub times: Vec<f64>,
}

/// Closed loop at full speed in both shapes, then an open loop at half of it, on the disk as it is and a slower one.
pub(crate) async fn run(args: &Posts, options: &Options, report: &mut Report) -> Result<()> {
    let own_rooms = throughput(args, options, Where::OwnRooms, report).await?;
    throughput(args, options, Where::OneRoom, report).await?;
    acknowledgement::run(args, options, (Disk::AsItIs, own_rooms), report).await?;
    Report::progress("synced posts on a slower disk");
    let slowed = closed_loop(args, options, (Where::OwnRooms, Disk::Slowed)).await?.per_second;
    acknowledgement::run(args, options, (Disk::Slowed, slowed), report).await
}

async fn throughput(args: &Posts, options: &Options, place: Where, report: &mut Report) -> Result<f64> {
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("synced posts, {}, round {round} of {}", name_of(place), options.rounds));
        ours.push(closed_loop(args, options, (place, Disk::AsItIs)).await?.per_second);
        limits.push(sqlite_limit::measure(options, Disk::AsItIs, (BATCH, args.seconds))?.rows_per_second);
    }
    let (value, limit) = (median(&ours), median(&limits));
    report.add(Row {
        what: format!("synced posts, {} senders, {}", args.senders, name_of(place)),
        value,
        unit: "1/s",
        limit: Some(limit),
        target: format!("≥ 80 % of raw SQLite at batch {BATCH}"),
        is_reached: value >= 0.8 * limit,
    });
    Ok(value)
}

fn name_of(place: Where) -> &'static str {
    match place {
        Where::OwnRooms => "each in its own room",
        Where::OneRoom => "all in one room",
    }
}

async fn closed_loop(args: &Posts, options: &Options, (place, disk): (Where, Disk)) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let server = process::start_server_on(options, &folder.path().join("data"), disk)?;
    let senders = senders(server.address, args.senders, place).await?;
    let outcome = drive(senders, args.seconds, None).await?;
    server.stop()?;
    Ok(outcome)
}

/// A connection that posts to one room.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The connection.
    pub peer: Peer,
    /// Where it posts.
    pub room: RoomId,
    /// Names it in its posts' keys.
    pub index: usize,
    /// How long its posts live.
    pub life: Option<Life>,
}

/// Signs in so many, with their rooms made.
pub(crate) async fn senders(address: SocketAddr, count: usize, place: Where) -> Result<Vec<Sender>> {
    let (mut first, welcome) = Peer::register(address, "first", Subscription::None).await?;
    let token = welcome.token.clone().ok_or_else(|| eyre!("no token"))?;
    let general = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?.room.id;
    let mut rooms = vec![general; count];
    if place == Where::OwnRooms {
        for (index, room) in rooms.iter_mut().enumerate() {
            *room = first.call(&public_room(&format!("room{index}"))?).await?.room.id;
            first.call(&Join { room: *room }).await?;
        }
    }
    let peers = rooms.into_iter().enumerate().map(|(index, room)| {
        let auth = chat_proto::client_frame::Auth::Token { token: token.clone() };
        async move {
            let (peer, _) = Peer::sign_in(address, auth, Subscription::None, None).await?;
            Ok::<_, color_eyre::Report>(Sender { peer, room, index, life: None })
        }
    });
    try_join_all(peers).await
}

/// A room that everyone may join.
pub(crate) fn public_room(name: &str) -> Result<CreateRoom> {
    Ok(CreateRoom {
        name: name.parse()?,
        kind: RoomKind::Public,
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: false,
    })
}

/// Every sender posts for `seconds`: the next as soon as the last is answered, or one every `pace`.
pub(crate) async fn drive(senders: Vec<Sender>, seconds: u64, pace: Option<Duration>) -> Result<Outcome> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let tasks: Vec<_> = senders.into_iter().map(|sender| tokio::spawn(post_until(sender, begun, end, pace))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(Outcome { per_second: times.len() as f64 / begun.elapsed().as_secs_f64(), times })
}

/// Every sender posts so many, the next as soon as the last is answered.
pub(crate) async fn drive_count(senders: Vec<Sender>, each: u32) -> Result<()> {
    drive_some(senders, 0..each).await.map(drop)
}

/// Every sender posts these numbers, the next as soon as the last is answered; then they may go on.
pub(crate) async fn drive_some(senders: Vec<Sender>, numbers: Range<u32>) -> Result<Vec<Sender>> {
    let posting = senders.into_iter().map(|mut sender| {
        let numbers = numbers.clone();
        tokio::spawn(async move {
            for number in numbers {
                sender.post(number).await?;
            }
            Ok::<_, color_eyre::Report>(sender)
        })
    });
    try_join_all(posting).await?.into_iter().collect()
}

async fn post_until(mut sender: Sender, begun: Instant, end: Instant, pace: Option<Duration>) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    let mut number: u32 = 0;
    loop {
        // An open loop counts from when the post was due, so that a stall is not hidden.
        let due = match pace {
            Some(pace) => begun + pace * number + pace.mul_f64(sender.index as f64 / 256.0),
            None => Instant::now(),
        };
        if due >= end {
            return Ok(times);
        }
        if pace.is_some() {
            tokio::time::sleep_until(due.into()).await;
        }
        sender.post(number).await?;
        times.push(due.elapsed().as_secs_f64() * 1e3);
        number += 1;
    }
}

impl Sender {
    async fn post(&mut self, number: u32) -> Result<()> {
        let post = Post {
            room: self.room,
            key: format!("{}-{number}", self.index).parse()?,
            body: "the flaky test is the clock again, see the note in dev".parse()?,
            life: self.life,
            code: None,
            reply_to: None,
            chain: None,
        };
        self.peer.call(&post).await?;
        Ok(())
    }
}
