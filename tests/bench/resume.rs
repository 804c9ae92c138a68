//! Many clients reconnect at once and catch up on missed messages.

use std::time::Instant;

use chat_proto::client_frame::{Auth, Resume as Cursors, RoomCursor, Subscription};
use chat_proto::ids::Seq;
use chat_proto::request::Post;
use clap::Args;
use color_eyre::eyre::{Result, ensure, eyre};
use futures_util::future::try_join_all;

use crate::options::Options;
use crate::peer::Peer;
use crate::process;
use crate::report::{Report, Row};
use crate::stats::median;

/// The arguments of `resume`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Resume {
    /// Clients that reconnect.
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// Messages each client has missed.
    #[arg(long, default_value_t = 50)]
    missed: u64,
}

impl Default for Resume {
    fn default() -> Self {
        Self { clients: 1_000, missed: 50 }
    }
}

/// Measures the seconds until all have caught up: from a running server, and right after its restart.
pub(crate) async fn run(args: &Resume, options: &Options, report: &mut Report) -> Result<()> {
    let (mut warm, mut cold) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        Report::progress(&format!("{} clients resume, round {round} of {}", args.clients, options.rounds));
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let server = process::start_server(options, &data)?;
        let (mut peer, welcome) = Peer::register(server.address, "first", Subscription::None).await?;
        let member = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?;
        let (room, after) = (member.room.id, member.head);
        for number in 0..args.missed {
            let (key, body) = (format!("m{number}").parse()?, format!("missed {number}").parse()?);
            peer.call(&Post { room, key, body, life: None, code: None, reply_to: None, chain: None }).await?;
        }
        let token = welcome.token.ok_or_else(|| eyre!("no token"))?;
        let auth = Auth::Token { token };
        let account = welcome.account.head;
        let cursors = Cursors { epoch: welcome.epoch, account, rooms: vec![RoomCursor { room, after }] };
        warm.push(storm(args, server.address, &auth, &cursors, after.seq).await?);
        server.stop()?;
        let server = process::start_server(options, &data)?;
        cold.push(storm(args, server.address, &auth, &cursors, after.seq).await?);
        server.stop()?;
    }
    for (name, values, most) in [("rings warm", warm, 2.0), ("right after a restart", cold, 4.0)] {
        let value = median(&values);
        report.add(Row::at_most(format!("{} clients resume, {name}", args.clients), value, "s", most));
    }
    Ok(())
}

async fn storm(args: &Resume, address: std::net::SocketAddr, auth: &Auth, cursors: &Cursors, head: Seq) -> Result<f64> {
    let begun = Instant::now();
    let clients = (0..args.clients).map(|_| async {
        let (peer, welcome) = Peer::sign_in(address, auth.clone(), Subscription::All, Some(cursors.clone())).await?;
        let resumed = welcome.resumed.first().ok_or_else(|| eyre!("nothing was resumed"))?;
        let missed = resumed.items.iter().filter(|item| item.seq > head).count() as u64;
        ensure!(resumed.is_complete && missed >= args.missed, "{missed} of {} arrived", args.missed);
        Ok(peer)
    });
    try_join_all(clients).await?;
    Ok(begun.elapsed().as_secs_f64())
}
