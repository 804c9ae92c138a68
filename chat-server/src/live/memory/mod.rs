//! The live store in this process's memory: the default. Its data end with the process. Must not know other processes.

mod ended_keys;
mod entries;
mod room_entries;
mod store;
mod tombstones;

pub use entries::MemoryCaps;
pub use store::MemoryLive;
