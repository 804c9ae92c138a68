//! The sequence numbers of a room: the last one given, and how far they are reserved. Pure; must not know what is
//! numbered.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;

/// Sequence numbers reserved at once.
const RESERVED_AT_ONCE: u64 = 64;

/// The sequence numbers of a room.
#[derive(Debug)]
pub(in crate::room) struct Seqs {
    /// The last number given by earlier processes.
    began_at: Seq,
    /// Earlier processes had reserved numbers up to here.
    reserved_before: Seq,
    given: Seq,
    /// The database reserves numbers up to here, or has been asked to.
    reserved_up_to: Seq,
    /// A reservation failed that numbers up to here may depend on.
    unreserved_up_to: Seq,
}

impl Seqs {
    /// The numbers of a room that starts: `given` was the last one, and no number up to `reserved_up_to` is given again.
    pub(in crate::room) fn new(given: Seq, reserved_up_to: Seq) -> Self {
        let began_at = given.max(reserved_up_to);
        Self { began_at, reserved_before: reserved_up_to, given: began_at, reserved_up_to, unreserved_up_to: Seq::ZERO }
    }

    /// Gives the next number.
    pub(in crate::room) fn next(&mut self) -> Seq {
        self.given = self.given.next();
        self.given
    }

    /// The last number given.
    pub(in crate::room) fn last_given(&self) -> Seq {
        self.given
    }

    /// Starts after `seq`, which an earlier process gave. Called before the first number is given.
    pub(super) fn start_after(&mut self, seq: Seq) {
        self.began_at = self.began_at.max(seq);
        self.given = self.began_at;
    }

    /// Skips numbers, so that the next one is higher than `seq`.
    pub(super) fn continue_after(&mut self, seq: Seq) {
        self.given = self.given.max(seq);
    }

    /// Whether this process gave the number.
    pub(super) fn is_ours(&self, seq: Seq) -> bool {
        seq > self.began_at
    }

    /// Whether an earlier process may have shown an ephemeral change under the number.
    pub(super) fn was_reserved_before(&self, seq: Seq) -> bool {
        seq <= self.reserved_before
    }

    /// Returns the reservation that an ephemeral change needs before it may be shown under `seq`; `None` if an earlier one
    /// covers it.
    pub(super) fn reserve(&mut self, seq: Seq) -> Option<Seq> {
        if seq <= self.reserved_up_to {
            return None;
        }
        self.reserved_up_to = Seq(seq.0 + RESERVED_AT_ONCE);
        Some(self.reserved_up_to)
    }

    /// Makes the next ephemeral change ask for a reservation.
    pub(super) fn reserve_again(&mut self) {
        self.reserved_up_to = Seq::ZERO;
    }

    /// A reservation failed: no ephemeral change may be shown under a number given so far.
    pub(super) fn reservation_failed(&mut self) {
        self.unreserved_up_to = self.given;
        self.reserve_again();
    }

    /// Whether the reservation of `seq` has not failed.
    pub(super) fn is_reserved(&self, seq: Seq) -> bool {
        seq > self.unreserved_up_to
    }
}
