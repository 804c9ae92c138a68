//! The server with a real Redis under what expires: what survives, what ends, and what happens when Redis goes away.

mod faults;
mod leases;
mod lives;
mod mirrors;
mod sharing;
mod starting;
