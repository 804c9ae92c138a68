//! Trending words: the words a room talks about now. They fade, and they go when their message goes. Must not know
//! rooms' contents or sockets.

mod push;
mod service;
mod stop;
mod tokens;
mod trend;
mod use_bounds;

pub use push::{SHOWN, TrendingPush};
pub use service::{Clock, TrendingAudience, TrendingDriver, TrendingRules, TrendingService};
pub use tokens::{WORD_MAX_CHARS, Word, words_of};
pub use trend::{HALF_LIFE_MS, KEPT, Post, Trend};
