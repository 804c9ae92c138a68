//! The server with a real Redis under what expires: what survives, what ends, and what happens when Redis goes away.

mod faults;
mod latency;
mod leases;
mod lives;
mod losses;
mod memory;
mod mirrors;
mod neighbours;
mod refusals;
mod rights;
mod sharing;
mod starting;
