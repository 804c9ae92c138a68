//! Trending words: what a room talks about now. Must not know how they are counted.

use serde::{Deserialize, Serialize};

/// One trending word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendingWord {
    /// The word in lower case, or a code token such as `k8s`, `C++`, `tokio-tungstenite`.
    pub word: String,
    /// Its decayed count at the moment of asking: a use counts 1 when it is made, ½ an hour later. Above 0.
    pub score: f64,
}
