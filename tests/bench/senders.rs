//! Connections that post: their number, rooms and rate. Must not know the row of the report they are for.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::RoomId;
use chat_proto::request::{CreateRoom, Join, Life, Post};
use chat_proto::room::RoomKind;
use color_eyre::eyre::{Result, eyre};
use futures_util::future::try_join_all;

use crate::peer::Peer;

/// The text of a post, unless it is to be longer.
pub(crate) const BODY: &str = "the flaky test is the clock again, see the note in dev";

/// Which rooms the senders post to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetRooms {
    /// Each to a room of its own.
    OwnRooms,
    /// All to `#general`.
    OneRoom,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Posts per second.
    pub per_second: f64,
    /// Milliseconds from the time each post was due to its answer.
    pub times: Vec<f64>,
}

/// A connection that posts to one room.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The connection.
    pub peer: Peer,
    /// The room it posts to.
    pub room: RoomId,
    /// Its number, part of its posts' keys.
    pub index: usize,
    /// The life of its posts.
    pub life: Option<Life>,
    /// The length of their texts.
    pub body_bytes: usize,
}

/// Signs in `count` senders and creates their rooms.
pub(crate) async fn senders(address: SocketAddr, count: usize, target_rooms: TargetRooms) -> Result<Vec<Sender>> {
    let (mut first, welcome) = Peer::register(address, "first", Subscription::None).await?;
    let token = welcome.token.clone().ok_or_else(|| eyre!("no token"))?;
    let general = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?.room.id;
    let mut rooms = vec![general; count];
    if target_rooms == TargetRooms::OwnRooms {
        for (index, room) in rooms.iter_mut().enumerate() {
            *room = first.call(&public_room(&format!("room{index}"))?).await?.room.id;
            first.call(&Join { room: *room }).await?;
        }
    }
    let peers = rooms.into_iter().enumerate().map(|(index, room)| {
        let auth = chat_proto::client_frame::Auth::Token { token: token.clone() };
        async move {
            let (peer, _) = Peer::sign_in(address, auth, Subscription::None, None).await?;
            Ok::<_, color_eyre::Report>(Sender { peer, room, index, life: None, body_bytes: BODY.len() })
        }
    });
    try_join_all(peers).await
}

/// Returns a request for a public room.
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

/// Posts from every sender for `seconds`: the next as soon as the last is answered, or one every `pace`.
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

/// Posts `each` messages from every sender, the next as soon as the last is answered.
pub(crate) async fn drive_count(senders: Vec<Sender>, each: u32) -> Result<()> {
    drive_some(senders, 0..each).await.map(drop)
}

/// Posts these numbers from every sender, the next as soon as the last is answered; returns the senders for more.
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
        // An open loop counts from the time the post was due, so that a stall is not hidden.
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
            // As long as those that `chat` makes.
            key: format!("{:016}-{number:015}", self.index).parse()?,
            body: BODY.chars().cycle().take(self.body_bytes).collect::<String>().parse()?,
            life: self.life,
            code: None,
            reply_to: None,
            chain: None,
        };
        self.peer.call(&post).await?;
        Ok(())
    }
}
