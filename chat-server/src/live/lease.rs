//! Presence leases: a connection counts as there until its lease ends. Must not know what others see of it.

use chat_proto::ids::{ConnectionId, UserId};
use chat_proto::presence::Availability;
use chat_proto::time::UnixMillis;

/// One run of one server process; drawn at random at its start, so that a restart never renews an old lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(
    /// Any number.
    pub u64,
);

/// Which connection of which process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseId {
    /// The process that holds the socket.
    pub node: NodeId,
    /// Its connection.
    pub connection: ConnectionId,
}

/// One connection that makes its user appear, until `expires_at` unless it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which connection; renewing writes the same id again.
    pub id: LeaseId,
    /// Whose.
    pub user: UserId,
    /// What this connection makes of them: online, away or dnd.
    pub availability: Availability,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
}
