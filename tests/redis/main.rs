//! The server with a real Redis for ephemeral messages: survival, expiry and outages.

mod faults;
mod latency;
mod leases;
mod lives;
mod losses;
mod memory;
mod mirrors;
mod neighbours;
mod refusals;
mod refused_changes;
mod rights;
mod sharing;
mod starting;
mod unread;
