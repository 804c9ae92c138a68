//! The events and effects of the commit. Pure; must not know who reports or carries them out.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;

use crate::live::{EphemeralEntry, EphemeralKey, KeyUse};
use crate::room::RoomError;
use crate::store::{ChainPlace, ChangeId, StoreError};

/// Identifies a change until its requester is answered. Tickets rise in the order of acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::room) struct Ticket(pub u64);

/// A change that has its sequence number.
#[derive(Clone, Debug)]
pub(in crate::room) enum Change {
    /// A new ephemeral message.
    Post(EphemeralEntry, Option<ChainPlace>),
    /// An edit or deletion of an ephemeral message, with the item in its new state.
    Revision(EphemeralKey, Item),
    /// Ephemeral messages of earlier processes, loaded after the room started.
    Loaded(Vec<EphemeralEntry>),
    /// A change that the database decides; `None` if it only waits for the changes before it.
    Persistent(Option<Item>, Option<ChainPlace>),
}

/// An input of the commit.
#[derive(Clone, Debug)]
pub(in crate::room) enum Event {
    /// A change was accepted.
    Accepted(Ticket, Change),
    /// The database answered [`Effect::Reserve`].
    Reserved(Ticket, Result<(), StoreError>),
    /// The store of a change answered.
    Written(Ticket, WriteResult),
    /// The change has waited at the front for as long as it may wait for the live store.
    TimedOut(Ticket),
    /// The live store has lost its data.
    DataLost,
}

/// How a store answered a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::room) enum WriteResult {
    /// It holds the change.
    Stored,
    /// The database holds this post under the same key.
    Duplicate(FirstPost),
    /// The live store holds a post under the same key, this one or another, and changed nothing.
    KeyHeld(Box<KeyUse>),
    /// It failed. After [`is_in_doubt`](crate::live::LiveError::is_in_doubt) the live store may hold the change nevertheless.
    Refused(RoomError),
}

/// An output of the commit. Effects are carried out in the order in which they are returned.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::room) enum Effect {
    /// Reserve the numbers up to this one in the database.
    Reserve(Ticket, Seq),
    /// Store a post in the live store.
    Write(Ticket, EphemeralEntry),
    /// Replace a message in the live store.
    Replace(Ticket, EphemeralKey, Item),
    /// Tell the requester that the change was made, then show the item to all listeners.
    Acknowledge(Ticket, Option<Shown>),
    /// Tell the requester that the post was made before.
    AnswerDuplicate(Ticket, FirstPost),
    /// Tell the requester that the change was not made.
    Refuse(Ticket, RoomError),
    /// Note the refused change in the database, then tell the requester.
    NoteThenRefuse(Ticket, RefusedEphemeral, RoomError),
    /// Note a change of an earlier process in the database: it was never acknowledged, and is refused now.
    Note(RefusedEphemeral),
    /// Tell the live store that a change of the message stands: the item's number, and the change's.
    Confirm(EphemeralKey, Seq, Seq),
    /// Remove a post from the live store; repeat until it succeeds.
    Undo(EphemeralKey, Seq),
    /// Remove the state that a refused change of the message made from the live store, repeat until it succeeds: the
    /// item's number, and the change's.
    Revoke(EphemeralKey, Seq, Seq),
    /// Make sure that the live store holds these messages in this state or a newer one; repeat until it succeeds. Replaces
    /// an earlier refill.
    Refill(Vec<EphemeralEntry>),
    /// Show the ephemeral messages that were not known when the room started.
    ShowLoaded(Ticket, Vec<Item>),
    /// Accept these entries as [`Change::Loaded`] again after a pause.
    LoadAgain(Ticket, Vec<EphemeralEntry>),
}

/// An item that becomes visible.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::room) struct Shown {
    /// The item.
    pub item: Item,
    /// Whether the database knows nothing of it.
    pub is_ephemeral: bool,
}

/// The first post under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::room) struct FirstPost {
    /// Its number.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// When it expires; `None` if it is persistent.
    pub expires_at: Option<UnixMillis>,
}

/// A refused post, edit or deletion that must never appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::room) struct RefusedEphemeral {
    /// Its numbers.
    pub id: ChangeId,
    /// The live store holds nothing of it after this time.
    pub until: UnixMillis,
}
