//! Synced posts: how many a second, and how soon each is acknowledged, beside a raw SQLite loop.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::RoomId;
use chat_proto::request::{CreateRoom, Join, Post};
use chat_proto::room::RoomKind;
use clap::Args;
use color_eyre::eyre::{Result, eyre};
use futures_util::future::try_join_all;

use crate::peer::Peer;
use crate::report::{Report, Row};
use crate::stats::{median, percentile};
use crate::{Options, process, sqlite_limit};

/// The arguments of `posts`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Posts {
    /// Senders, each with one post under way.
    #[arg(long, default_value_t = 256)]
    senders: usize,
    /// Seconds each round lasts.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

impl Default for Posts {
    fn default() -> Self {
        Self { senders: 256, seconds: 4 }
    }
}

/// Which rooms the senders post to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    OwnRooms,
    OneRoom,
}

/// Posts a second and the times of their answers, in milliseconds.
struct Outcome {
    per_second: f64,
    times: Vec<f64>,
}

/// Closed loop at full speed in both shapes, then an open loop at half of it.
pub(crate) async fn run(args: &Posts, options: &Options, report: &mut Report) -> Result<()> {
    for place in [Where::OwnRooms, Where::OneRoom] {
        let (mut ours, mut limits) = (Vec::new(), Vec::new());
        for round in 1..=options.rounds {
            Report::progress(&format!("synced posts, {}, round {round} of {}", name_of(place), options.rounds));
            ours.push(closed_loop(args, options, place).await?.per_second);
            limits.push(sqlite_limit::rows_per_second(args.seconds)?);
        }
        let (value, limit) = (median(&ours), median(&limits));
        report.add(Row {
            what: format!("synced posts, {} senders, {}", args.senders, name_of(place)),
            value,
            unit: "1/s",
            limit: Some(limit),
            target: "≥ 80 % of raw SQLite at batch 64".into(),
            is_reached: value >= 0.8 * limit,
        });
        if place == Where::OwnRooms {
            acknowledgement(args, options, value / 2.0, report).await?;
        }
    }
    Ok(())
}

fn name_of(place: Where) -> &'static str {
    match place {
        Where::OwnRooms => "each in its own room",
        Where::OneRoom => "all in one room",
    }
}

async fn acknowledgement(args: &Posts, options: &Options, rate: f64, report: &mut Report) -> Result<()> {
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("acknowledgements at {rate:.0} posts/s, round {round} of {}", options.rounds));
        let folder = tempfile::tempdir()?;
        let server = process::start_server(options, &folder.path().join("data"))?;
        let senders = senders(server.address, args.senders, Where::OwnRooms).await?;
        let pace = Duration::from_secs_f64(args.senders as f64 / rate);
        let outcome = drive(senders, args.seconds, Some(pace)).await?;
        // The batch the server most likely saw: what arrives during one commit.
        limits.push(sqlite_limit::commit_p99_ms(16, args.seconds)?);
        ours.push(percentile(&outcome.times, 0.99));
        server.stop()?;
    }
    let (value, limit) = (median(&ours), median(&limits));
    report.add(Row {
        what: "acknowledgement p99 at half the maximum".into(),
        value,
        unit: "ms",
        limit: Some(limit),
        target: "≤ 2 × raw commit p99 + 2 ms".into(),
        is_reached: value <= 2.0 * limit + 2.0,
    });
    Ok(())
}

async fn closed_loop(args: &Posts, options: &Options, place: Where) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let server = process::start_server(options, &folder.path().join("data"))?;
    let senders = senders(server.address, args.senders, place).await?;
    let outcome = drive(senders, args.seconds, None).await?;
    server.stop()?;
    Ok(outcome)
}

struct Sender {
    peer: Peer,
    room: RoomId,
    index: usize,
}

async fn senders(address: SocketAddr, count: usize, place: Where) -> Result<Vec<Sender>> {
    let (mut first, welcome) = Peer::register(address, "first", Subscription::None).await?;
    let token = welcome.token.clone().ok_or_else(|| eyre!("no token"))?;
    let general = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?.room.id;
    let mut rooms = vec![general; count];
    if place == Where::OwnRooms {
        for (index, room) in rooms.iter_mut().enumerate() {
            let made = CreateRoom {
                name: format!("room{index}").parse()?,
                kind: RoomKind::Public,
                topic: None,
                description: None,
                default_ttl_ms: None,
                closes_when_empty: false,
            };
            *room = first.call(&made).await?.room.id;
            first.call(&Join { room: *room }).await?;
        }
    }
    let peers = rooms.into_iter().enumerate().map(|(index, room)| {
        let auth = chat_proto::client_frame::Auth::Token { token: token.clone() };
        async move {
            let (peer, _) = Peer::sign_in(address, auth, Subscription::None, None).await?;
            Ok::<_, color_eyre::Report>(Sender { peer, room, index })
        }
    });
    try_join_all(peers).await
}

/// Every sender posts for `seconds`: the next as soon as the last is answered, or one every `pace`.
async fn drive(senders: Vec<Sender>, seconds: u64, pace: Option<Duration>) -> Result<Outcome> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let tasks: Vec<_> = senders.into_iter().map(|sender| tokio::spawn(post_until(sender, begun, end, pace))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(Outcome { per_second: times.len() as f64 / begun.elapsed().as_secs_f64(), times })
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
        let post = Post {
            room: sender.room,
            key: format!("{}-{number}", sender.index).parse()?,
            body: "the flaky test is the clock again, see the note in dev".parse()?,
            life: None,
            code: None,
            reply_to: None,
            chain: None,
        };
        sender.peer.call(&post).await?;
        times.push(due.elapsed().as_secs_f64() * 1e3);
        number += 1;
    }
}
