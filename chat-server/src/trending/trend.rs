//! The counts of one room's words. Pure: time is passed in, and nothing is updated as it passes. Must not
//! know rooms.
//!
//! A use counts 1 when it is made and half as much after each half-life. Instead of shrinking all counts, a new use
//! counts more (forward decay: Cormode et al., "Forward Decay", ICDE 2009): `2^((at − landmark) / half-life)`. Only the
//! answer is scaled to `now`. Every word in the window is a candidate, so a new word always gets in; memory is bounded
//! by the window of messages, oldest out first.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

use self::decay::Landmark;
use self::older::Older;
use self::uses::{Uses, Weight};
use super::{Word, words_of};
use crate::live::TrendingMirror;

mod decay;
mod older;
mod uses;

pub use decay::HALF_LIFE_MS;

/// Most words returned.
pub const KEPT: usize = 50;
/// Uses older than this no longer count, in half-lives: they weigh less than a ten-millionth of a new one.
const WINDOW_HALF_LIVES: u64 = 24;
/// Most uses kept per room; beyond it the oldest messages no longer count.
const USES_MAX: usize = 16_384;
/// Removed messages remembered, so that a late, older state does not bring one back; the newest ones.
const GONE_MAX: usize = 4_096;
/// Half-lives after which the landmark moves, long before a count could leave the range of an `f64`.
const LANDMARK_HALF_LIVES: f64 = 256.0;

/// One message's part in the counts.
#[derive(Clone, Debug)]
struct Counted {
    changed: Seq,
    at: UnixMillis,
    expires_at: Option<UnixMillis>,
    keys: Vec<Arc<str>>,
}

/// A word's weight, its key and how it is shown.
type Weighed<'a> = (f64, &'a str, &'a str);

/// The trending words of one room.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    messages: BTreeMap<Seq, Counted>,
    words: HashMap<Arc<str>, Uses>,
    /// Invariant: each message in `messages` that expires is here once.
    ends: BTreeSet<(UnixMillis, Seq)>,
    gone: BTreeMap<Seq, Seq>,
    /// The sum of all words' uses.
    use_count: usize,
    /// Messages up to this number were pushed out by the bound and never count again.
    floor: Seq,
    landmark: Landmark,
    /// Counts from before the messages known here.
    older: Older,
    /// The newest change applied.
    upto: Seq,
}

/// A message in its present state.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Its sequence number.
    pub seq: Seq,
    /// Its change number; an older state than the known one changes nothing.
    pub changed: Seq,
    /// When it was posted; an edit does not make it newer.
    pub at: UnixMillis,
    /// When it expires.
    pub expires_at: Option<UnixMillis>,
    /// Its words, each once.
    pub words: &'a [Word],
}

impl Trend {
    /// No words yet; a use counts half as much after each half-life.
    pub fn new(half_life_ms: u64) -> Self {
        Self { landmark: Landmark { half_life_ms, ..Landmark::default() }, ..Self::default() }
    }

    fn window_ms(&self) -> u64 {
        self.landmark.half_life_ms * WINDOW_HALF_LIVES
    }

    /// Counts a message, or recounts it after an edit. Returns whether anything changed.
    pub fn count(&mut self, post: Post<'_>, now: UnixMillis) -> bool {
        self.drop_ended(now);
        self.upto = self.upto.max(post.changed);
        let newest_known = self.messages.get(&post.seq).map(|known| known.changed);
        let is_late = newest_known.max(self.gone.get(&post.seq).copied()).is_some_and(|known| post.changed <= known);
        let is_over = post.expires_at.is_some_and(|end| end <= now) || now.since_ms(post.at) >= self.window_ms();
        if is_late || is_over || post.seq <= self.floor {
            return false;
        }
        let is_known = self.messages.contains_key(&post.seq);
        let is_edited_unknown = !is_known && post.changed > post.seq && post.expires_at.is_none();
        let had_words = self.take_out(post.seq) | (is_edited_unknown && self.older.doubt(post.seq));
        self.move_landmark(post.at);
        for word in post.words {
            let uses = self.words.entry(Arc::clone(&word.key)).or_default();
            uses.add(post.seq, (post.at, Arc::clone(&word.shown)), post.expires_at.is_none(), self.landmark);
        }
        self.use_count += 1 + post.words.len();
        let keys = post.words.iter().map(|word| Arc::clone(&word.key)).collect();
        let Post { seq, changed, at, expires_at, .. } = post;
        self.messages.insert(seq, Counted { changed, at, expires_at, keys });
        self.ends.extend(expires_at.map(|end| (end, seq)));
        self.shrink_to(USES_MAX);
        had_words || !post.words.is_empty()
    }

    /// The uses that are kept, and one for each message.
    pub fn use_count(&self) -> usize {
        self.use_count
    }

    /// Drops the oldest messages until at most so many uses are kept.
    pub fn shrink_to(&mut self, uses: usize) {
        while self.use_count > uses {
            let Some(oldest) = self.messages.keys().next().copied() else { break };
            self.take_out(oldest);
            self.floor = oldest;
        }
    }

    /// Subtracts a deleted message's words for good. Returns whether anything changed.
    pub fn take_back(&mut self, seq: Seq, changed: Seq) -> bool {
        self.upto = self.upto.max(changed);
        let is_known = self.messages.contains_key(&seq) || self.gone.contains_key(&seq);
        self.remember_gone(seq, changed);
        self.take_out(seq) | (!is_known && self.older.doubt(seq))
    }

    /// Subtracts an expired message: its words are in no mirror. Returns whether anything changed.
    pub fn end(&mut self, seq: Seq, changed: Seq) -> bool {
        self.remember_gone(seq, changed);
        self.take_out(seq)
    }

    /// Adds the counts from before the messages known here. Adds nothing if a message has changed since whose part is
    /// known only from the mirror, or if later changes are unknown. Returns whether anything changed.
    pub fn merge_mirror(&mut self, mirror: TrendingMirror, now: UnixMillis) -> bool {
        self.drop_ended(now);
        let TrendingMirror { at, upto, words } = mirror;
        let persistent = || self.messages.iter().filter(|(_, counted)| counted.expires_at.is_none());
        let changes = || {
            persistent().map(|(seq, counted)| (*seq, counted.changed)).chain(self.gone.iter().map(|(s, c)| (*s, *c)))
        };
        let reaches_back = changes().any(|(_, changed)| changed <= upto);
        let is_changed_since = changes().any(|(seq, changed)| seq <= upto && upto < changed);
        if !reaches_back || is_changed_since || now.since_ms(at) >= self.window_ms() {
            return false;
        }
        let mut older = Older { at, upto, words: HashMap::new() };
        for trending in words {
            let Some(Word { key, .. }) = words_of(&trending.word).into_iter().next() else { continue };
            let uses = self.words.get(&key).into_iter().flat_map(Uses::persistent);
            let is_mirrored = |seq: &Seq| self.messages.get(seq).is_some_and(|counted| counted.changed <= upto);
            let then = self.landmark.moved_to(at);
            let known: f64 = uses.filter(|(seq, _)| is_mirrored(seq)).map(|(_, posted)| then.weight_of(posted)).sum();
            older.add(key.to_string(), trending.word, trending.score - known);
        }
        self.older = older;
        !self.older.words.is_empty()
    }

    /// Returns the mirror: the top words of persistent messages, as of `now`.
    pub fn mirror(&mut self, now: UnixMillis) -> TrendingMirror {
        self.drop_ended(now);
        let words = self.ranked(KEPT, now, |weight| weight.persistent);
        TrendingMirror { at: now, upto: self.upto, words }
    }

    /// Returns the top words at `now`, by falling score, then by name; at most [`KEPT`].
    pub fn top(&mut self, limit: usize, now: UnixMillis) -> Vec<TrendingWord> {
        self.drop_ended(now);
        self.ranked(limit.min(KEPT), now, |weight| weight.all)
    }

    /// Returns the heaviest words by `weight`, each with its older count.
    fn ranked(&mut self, limit: usize, now: UnixMillis, of: fn(Weight) -> f64) -> Vec<TrendingWord> {
        let landmark = self.landmark;
        let weighed = self.words.iter_mut().map(|(key, uses)| (of(uses.weigh(landmark)), &**key, uses.shown()));
        let mut words: Vec<Weighed<'_>> = weighed.filter(|(weight, ..)| *weight > 0.0).collect();
        if !self.older.words.is_empty() {
            let factor = landmark.weight_of(self.older.at);
            let mut left: HashMap<&str, &(String, f64)> =
                self.older.words.iter().map(|(k, v)| (k.as_str(), v)).collect();
            for (weight, key, _) in &mut words {
                *weight += left.remove(key).map_or(0.0, |(_, score)| score * factor);
            }
            words.extend(left.into_iter().map(|(key, (shown, score))| (score * factor, key, shown.as_str())));
        }
        let by_rank = |a: &Weighed<'_>, b: &Weighed<'_>| b.0.total_cmp(&a.0).then(a.1.cmp(b.1));
        if words.len() > limit {
            words.select_nth_unstable_by(limit, by_rank);
            words.truncate(limit);
        }
        words.sort_unstable_by(by_rank);
        let scale = (-landmark.half_lives_to(now)).exp2();
        words
            .into_iter()
            .map(|(weight, _, shown)| TrendingWord { word: shown.to_owned(), score: weight * scale })
            .collect()
    }

    /// Returns when the next counted message expires.
    pub fn next_end(&self) -> Option<UnixMillis> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// Drops messages that expired or are too old to count. Each goes once.
    fn drop_ended(&mut self, now: UnixMillis) {
        if now.since_ms(self.older.at) >= self.window_ms() {
            self.older.words.clear();
        }
        while let Some((end, seq)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            // A later state of it carries the same expiry, and is over, too.
            self.take_out(seq);
            self.ends.remove(&(end, seq));
        }
        let window_ms = self.window_ms();
        while let Some((seq, _)) = self.messages.first_key_value().filter(|(_, c)| now.since_ms(c.at) >= window_ms) {
            let seq = *seq;
            self.take_out(seq);
            self.floor = self.floor.max(seq);
        }
    }

    fn take_out(&mut self, seq: Seq) -> bool {
        let Some(counted) = self.messages.remove(&seq) else { return false };
        self.use_count -= 1 + counted.keys.len();
        let had_words = !counted.keys.is_empty();
        if let Some(end) = counted.expires_at {
            self.ends.remove(&(end, seq));
        }
        for key in counted.keys {
            let Some(uses) = self.words.get_mut(&key) else { continue };
            if !uses.remove(seq) {
                self.words.remove(&key);
            }
        }
        had_words
    }

    fn remember_gone(&mut self, seq: Seq, changed: Seq) {
        let known = self.gone.entry(seq).or_insert(changed);
        *known = changed.max(*known);
        while self.gone.len() > GONE_MAX {
            // Messages older than the remembered ones may not come back either.
            if let Some((oldest, _)) = self.gone.pop_first() {
                self.drop_up_to(oldest);
            }
        }
    }

    fn drop_up_to(&mut self, floor: Seq) {
        while let Some(oldest) = self.messages.keys().next().copied().filter(|oldest| *oldest <= floor) {
            self.take_out(oldest);
        }
        self.floor = self.floor.max(floor);
    }

    fn move_landmark(&mut self, at: UnixMillis) {
        if self.landmark.half_lives_to(at).abs() > LANDMARK_HALF_LIVES {
            self.landmark = self.landmark.moved_to(at);
            for uses in self.words.values_mut() {
                uses.weigh_anew();
            }
        }
    }
}

#[cfg(test)]
mod tests;
