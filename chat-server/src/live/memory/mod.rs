//! The live store in this process's memory: the default. What it holds ends with the process.

mod entries;
mod store;

pub use entries::MemoryCaps;
pub use store::MemoryLive;
