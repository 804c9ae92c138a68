//! The live store in this process's memory: the default. Its data end with the process. Must not know other processes.

mod caps;
mod ended_keys;
mod entries;
mod room_entries;
mod store;
mod tombstones;

pub use caps::MemoryCaps;
pub use store::MemoryLive;
