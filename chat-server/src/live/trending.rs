//! A room's trending words, as they outlive the process that counted them.

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;
use serde::{Deserialize, Serialize};

/// Mirrored words are kept for so long, in milliseconds: after 24 half-lives none counts any more.
pub const TRENDING_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;

/// The words of persistent messages only: what expires leaves nothing here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendingMirror {
    /// The moment the scores are of.
    pub at: UnixMillis,
    /// The room's last change that is counted.
    pub upto: Seq,
    /// The words, by falling score.
    #[serde(rename = "topics")]
    pub words: Vec<TrendingWord>,
}
