//! A room's trending words as they are stored. Pure; must not know how they are counted or who mirrors them.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;
use serde::{Deserialize, Serialize};

use super::{StoredError, form};

/// The words by falling score, the moment of the scores, and the last change that is counted. Form 1 named the words
/// `topics`.
#[derive(Serialize, Deserialize)]
struct StoredTrending {
    at: i64,
    upto: u64,
    #[serde(alias = "topics")]
    words: Vec<StoredWord>,
}

#[derive(Serialize, Deserialize)]
struct StoredWord {
    word: String,
    score: f64,
}

/// The words as text.
pub(crate) fn to_text(at: UnixMillis, upto: Seq, words: &[TrendingWord]) -> String {
    let words = words.iter().map(|TrendingWord { word, score }| StoredWord { word: word.clone(), score: *score });
    form::write(&StoredTrending { at: at.0, upto: upto.0, words: words.collect() })
}

/// Reads the words: the moment of the scores, the last change that is counted, and the words.
///
/// # Errors
/// As [`StoredError`] lists.
pub(crate) fn from_text(text: &str) -> Result<(UnixMillis, Seq, Vec<TrendingWord>), StoredError> {
    let StoredTrending { at, upto, words } = form::read(text)?;
    let words = words.into_iter().map(|StoredWord { word, score }| TrendingWord { word, score });
    Ok((UnixMillis(at), Seq(upto), words.collect()))
}
