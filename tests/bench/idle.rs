//! Memory of an idle connection: many people, each with an account and a room of ten, after one message to all.

use std::net::SocketAddr;
use std::path::Path;

use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::request::{Join, Post};
use clap::Args;
use color_eyre::eyre::{Result, ensure, eyre};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::options::Options;
use crate::peer::Peer;
use crate::process::Process;
use crate::report::{Report, Row};
use crate::{process, senders};

/// The smaller number of connections.
const FEW: usize = 1_000;
/// Members of one room.
const ROOM: usize = 10;
/// Rooms filled at once: passwords are hashed two at a time, and few requests may wait.
const AT_ONCE: usize = 16;

/// The arguments of `idle`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Idle {
    /// The larger number of connections; the smaller is 1,000.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
}

impl Default for Idle {
    fn default() -> Self {
        Self { connections: 10_000 }
    }
}

/// Measures memory per idle connection as the difference between many and a thousand. Measured once: creating the
/// accounts takes minutes, and memory varies less than time.
pub(crate) async fn run(args: &Idle, options: &Options, report: &mut Report) -> Result<()> {
    ensure!(args.connections > FEW, "idle connections are compared with {FEW}");
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    Report::progress(&format!("creating {} accounts", args.connections));
    let people = people(options, &data, args.connections).await?;
    // A fresh process: memory left over from creating the accounts must not count.
    let server = process::start_server(options, &data)?;
    let mut connected = Vec::with_capacity(people.len());
    let mut counted = Vec::new();
    for count in [FEW, args.connections] {
        Report::progress(&format!("{count} idle connections"));
        for auth in &people[connected.len()..count] {
            connected.push(Peer::sign_in(server.address, auth.clone(), Subscription::All, None).await?.0);
        }
        counted.push(after_broadcast(&server, &people, &mut connected).await?);
    }
    let per_connection = (counted[1] - counted[0]) / (args.connections - FEW) as f64;
    report.add(Row::at_most("memory per idle connection", per_connection, "KB", 8.0));
    server.stop()
}

/// Returns resident memory in KiB after everyone has received one message.
async fn after_broadcast(server: &Process, people: &[Auth], connected: &mut [Peer]) -> Result<f64> {
    let auth = people.first().ok_or_else(|| eyre!("there is no account"))?.clone();
    let (mut sender, welcome) = Peer::sign_in(server.address, auth, Subscription::None, None).await?;
    let rooms = &welcome.account.rooms;
    let general = rooms.iter().map(|member| member.room.id).min().ok_or_else(|| eyre!("no room"))?;
    let body = format!("one-message-to-{}", connected.len());
    let (key, text) = (body.parse()?, body.parse()?);
    sender.call(&Post { room: general, key, body: text, life: None, code: None, reply_to: None, chain: None }).await?;
    for peer in connected {
        while !peer.next_text().await?.contains(&body) {}
    }
    server.resident_kib()
}

/// Creates accounts, each in `#general` and in a room of ten.
async fn people(options: &Options, data: &Path, count: usize) -> Result<Vec<Auth>> {
    let server = process::start_server(options, data)?;
    let rooms = stream::iter(0..count.div_ceil(ROOM)).map(|number| room(server.address, number));
    let people: Vec<Vec<Auth>> = rooms.buffered(AT_ONCE).try_collect().await?;
    server.stop()?;
    Ok(people.into_iter().flatten().take(count).collect())
}

async fn room(address: SocketAddr, number: usize) -> Result<Vec<Auth>> {
    let mut made = None;
    let mut people = Vec::with_capacity(ROOM);
    for person in 0..ROOM {
        let (mut peer, welcome) = Peer::register(address, &format!("p{number}x{person}"), Subscription::None).await?;
        match made {
            None => made = Some(peer.call(&senders::public_room(&format!("room{number}"))?).await?.room.id),
            Some(room) => drop(peer.call(&Join { room }).await?),
        }
        people.push(Auth::Token { token: welcome.token.ok_or_else(|| eyre!("no token"))? });
    }
    Ok(people)
}
