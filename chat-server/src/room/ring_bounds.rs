//! How much the rings of all rooms may hold, and how much they hold at this moment. Pure; must not know what is in a ring.

#![deny(clippy::disallowed_methods)]

use std::sync::atomic::{AtomicUsize, Ordering};

use chat_proto::limits::page_items_max;

use crate::store::RecentBounds;

/// Number of events a ring keeps, if the settings do not differ.
pub const RING_EVENTS: usize = 256;
/// Number of last messages a ring keeps, with the other items between them, however many events came later.
const END_MESSAGES: u32 = 50;
/// Bytes of texts that one ring keeps: more events with long texts than this are read from the database.
const RING_TEXT_BYTES: usize = 256 * 1024;
/// Bytes of texts that all rings together keep.
const ALL_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// The bounds of the rings, shared by all of them.
#[derive(Debug)]
pub struct RingBounds {
    /// Events of one ring.
    pub events: usize,
    /// Bytes of the texts in one ring.
    ring_bytes: usize,
    /// Bytes of the texts in all rings.
    all_bytes: usize,
    /// Bytes of the texts in all rings at this moment.
    held: AtomicUsize,
}

impl RingBounds {
    /// The bounds of rings that keep this many events.
    pub fn new(events: usize) -> Self {
        Self::of_bytes(events, RING_TEXT_BYTES, ALL_TEXT_BYTES)
    }

    /// As [`Self::new`], with other bounds of bytes.
    pub(super) fn of_bytes(events: usize, ring_bytes: usize, all_bytes: usize) -> Self {
        Self { events, ring_bytes, all_bytes, held: AtomicUsize::new(0) }
    }

    /// Whether a ring with so many events and bytes has to shrink.
    pub(super) fn are_exceeded(&self, events: usize, bytes: usize) -> bool {
        events > self.events || bytes > self.ring_bytes || self.held_bytes() > self.all_bytes
    }

    /// Whether so many messages and items at a room's end are too many.
    pub(super) fn are_exceeded_at_end(messages: usize, items: usize) -> bool {
        messages > END_MESSAGES as usize || items > page_items_max(END_MESSAGES) as usize
    }

    /// How much of a room is read at its start: no more than its ring keeps.
    pub(super) fn recent(&self) -> RecentBounds {
        RecentBounds { events: self.events as u32, messages: END_MESSAGES, bytes: self.ring_bytes }
    }

    /// A ring has grown.
    pub(super) fn take(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A ring has shrunk.
    pub(super) fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes of the texts in all rings.
    pub fn held_bytes(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}
