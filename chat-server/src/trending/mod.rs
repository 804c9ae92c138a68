//! Trending words: the words a room speaks of just now, which fade, and which go when their message goes.

mod push;
mod service;
mod stop;
mod tokens;
mod trend;

pub use push::{SHOWN, TrendingPush};
pub use service::{Clock, TrendingAudience, TrendingDriver, TrendingService};
pub use tokens::{Word, words_of};
pub use trend::{HALF_LIFE_MS, KEPT, Post, Trend};
