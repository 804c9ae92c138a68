//! Fills a server's data folder with many messages, fast.

use std::net::SocketAddr;

use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::ids::RoomId;
use chat_proto::request::Post;
use color_eyre::eyre::{Result, ensure, eyre};
use futures_util::future::try_join_all;

use crate::peer::Peer;

/// Accounts that post, so that not every message has the same sender.
const ACCOUNTS: usize = 8;
/// Connections per account.
const CONNECTIONS: usize = 8;
/// Posts in flight on each connection.
const IN_FLIGHT: usize = 4;
/// Typical messages; some need two lines on a screen.
const SENTENCES: [&str; 6] = [
    "on it",
    "the flaky test is the clock again, see the note in dev about paused time",
    "thanks, that was quick",
    "I would rather keep the retry where it is: the caller knows the deadline, and the link does not, so that it can \
     only guess when to give up",
    "green on main",
    "who has the numbers of last week?",
];

/// A room that has been filled.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    /// The sign-in of one of its authors.
    pub auth: Auth,
    /// Its id.
    pub room: RoomId,
}

/// Posts `messages` to `#general`.
pub(crate) async fn fill(address: SocketAddr, messages: usize) -> Result<Filled> {
    let mut connections = Vec::new();
    let mut filled = None;
    for account in 0..ACCOUNTS {
        let (peer, welcome) = Peer::register(address, &format!("writer{account}"), Subscription::None).await?;
        let room = welcome.account.rooms.first().ok_or_else(|| eyre!("the account is in no room"))?.room.id;
        let auth = Auth::Token { token: welcome.token.ok_or_else(|| eyre!("no token"))? };
        connections.push(peer);
        for _ in 1..CONNECTIONS {
            connections.push(Peer::sign_in(address, auth.clone(), Subscription::None, None).await?.0);
        }
        filled = Some(Filled { auth, room });
    }
    let filled = filled.ok_or_else(|| eyre!("nobody wrote"))?;
    let writing = connections.into_iter().enumerate().map(|(index, peer)| {
        let numbers = (index..messages).step_by(ACCOUNTS * CONNECTIONS);
        tokio::spawn(write(peer, filled.room, numbers))
    });
    for written in try_join_all(writing).await? {
        written?;
    }
    Ok(filled)
}

async fn write(mut peer: Peer, room: RoomId, numbers: impl Iterator<Item = usize>) -> Result<()> {
    let mut under_way = 0;
    for number in numbers {
        peer.start(&message(room, number)?).await?;
        under_way += 1;
        if under_way == IN_FLIGHT {
            taken(&mut peer).await?;
            under_way -= 1;
        }
    }
    for _ in 0..under_way {
        taken(&mut peer).await?;
    }
    Ok(())
}

/// The message with this number.
fn message(room: RoomId, number: usize) -> Result<Post> {
    let key = format!("f{number}").parse()?;
    // The sentences do not repeat in step with the authors.
    let body = format!("{} ({number})", SENTENCES[number / 7 % SENTENCES.len()]).parse()?;
    Ok(Post { room, key, body, life: None, code: None, reply_to: None, chain: None })
}

/// Reads the next answer, which must acknowledge a post.
async fn taken(peer: &mut Peer) -> Result<()> {
    let answer = peer.next_text().await?;
    ensure!(answer.starts_with("{\"type\":\"ok\""), "a post was refused: {answer}");
    Ok(())
}
