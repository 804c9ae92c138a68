//! The values that each server process mirrors for the others: presence leases, typing, trending words. Must not know what other
//! people see of them.

use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
use chat_proto::presence::Availability;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

/// How long mirrored trending words are kept, in milliseconds: after 24 half-lives none counts any more.
pub const TRENDING_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;

/// One run of one server process. Drawn at random at its start, so that a restart never renews an old lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(
    /// Any number.
    pub u64,
);

/// A connection of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseId {
    /// The process that holds the socket.
    pub node: NodeId,
    /// Its connection.
    pub connection: ConnectionId,
}

/// One connection that makes its user appear until `expires_at`, unless it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The connection. Renewing writes the same id again.
    pub id: LeaseId,
    /// Its user.
    pub user: UserId,
    /// The availability this connection gives the user: online, away or dnd.
    pub availability: Availability,
    /// When the lease ends by itself.
    pub expires_at: UnixMillis,
}

/// One connection that types in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typist {
    /// The room.
    pub room: RoomId,
    /// The connection.
    pub id: LeaseId,
    /// Its user.
    pub user: UserId,
    /// When typing ends unless it is reported again; in the past if it has stopped.
    pub until: UnixMillis,
}

/// A room's trending words. They come from persistent messages only: ephemeral messages leave nothing here.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendingMirror {
    /// The moment of the scores.
    pub at: UnixMillis,
    /// The room's last change that is counted.
    pub upto: Seq,
    /// The words by falling score.
    pub words: Vec<TrendingWord>,
}
