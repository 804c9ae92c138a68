//! The counts of one room's words. PURE: the time is handed in, and nothing is touched as it passes.
//!
//! A use counts 1 when it is made and half as much each half-life later. Instead of shrinking all counts, a new use
//! counts more (forward decay: Cormode et al., "Forward Decay", ICDE 2009): `2^((at − landmark) / half-life)`; only
//! the answer is scaled to `now`. Every word of the window is a candidate, so a newcomer always enters; what bounds the
//! memory is the window of messages, oldest first out.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chat_proto::ids::Seq;
use chat_proto::time::UnixMillis;
use chat_proto::topic::TrendingTopic;

use super::Word;

/// After so long a use counts half, in milliseconds.
pub const HALF_LIFE_MS: u64 = 60 * 60 * 1_000;
/// Most words answered.
pub const KEPT: usize = 50;
/// Uses older than this count no more, in milliseconds: less than a ten-millionth of a new one.
const WINDOW_MS: u64 = 24 * HALF_LIFE_MS;
/// Most uses held of one room; over it the oldest messages count no more.
const USES_MAX: usize = 16_384;
/// Messages taken out are remembered, so that a late older state of one does not bring it back; the newest so many.
const GONE_MAX: usize = 4_096;
/// Half-lives after which the landmark moves, long before a count could leave the range of an `f64`.
const LANDMARK_HALF_LIVES: f64 = 256.0;

/// One message's part in the counts.
#[derive(Clone, Debug)]
struct Counted {
    changed: Seq,
    at: UnixMillis,
    expires_at: Option<UnixMillis>,
    keys: Vec<String>,
}

/// One word's uses. Invariant: not empty.
#[derive(Clone, Debug, Default)]
struct Uses {
    /// By message: when, and how it was written.
    uses: BTreeMap<Seq, (UnixMillis, String)>,
    /// Their sum in this order, seen from the landmark; `None` where it must be added up anew.
    weight: Option<f64>,
}

/// The trending words of one room.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    messages: BTreeMap<Seq, Counted>,
    words: HashMap<String, Uses>,
    /// Invariant: each message in `messages` with an end is here once.
    ends: BTreeSet<(UnixMillis, Seq)>,
    gone: BTreeMap<Seq, Seq>,
    /// The sum of all words' uses.
    use_count: usize,
    /// Messages up to here were pushed out by the bound and never count again.
    floor: Seq,
    landmark: UnixMillis,
}

/// A message as it stands now.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Its place.
    pub seq: Seq,
    /// The number of this state; an older state than the one known changes nothing.
    pub changed: Seq,
    /// When it was first said; an edit does not make it newer.
    pub at: UnixMillis,
    /// When it ends.
    pub expires_at: Option<UnixMillis>,
    /// Its words, each once.
    pub words: &'a [Word],
}

impl Trend {
    /// Counts a message, or counts it anew after an edit. Whether anything changed.
    pub fn count(&mut self, post: Post<'_>, now: UnixMillis) -> bool {
        self.settle(now);
        let newest_known = self.messages.get(&post.seq).map(|known| known.changed);
        let is_late = newest_known.max(self.gone.get(&post.seq).copied()).is_some_and(|known| post.changed <= known);
        let is_over = post.expires_at.is_some_and(|end| end <= now) || now.since_ms(post.at) >= WINDOW_MS;
        if is_late || is_over || post.seq <= self.floor {
            return false;
        }
        let had_words = self.take_out(post.seq);
        self.move_landmark(post.at);
        for word in post.words {
            let uses = self.words.entry(word.key.clone()).or_default();
            uses.add(post.seq, post.at, &word.shown, self.landmark);
        }
        self.use_count += 1 + post.words.len();
        let keys = post.words.iter().map(|word| word.key.clone()).collect();
        let Post { seq, changed, at, expires_at, .. } = post;
        self.messages.insert(seq, Counted { changed, at, expires_at, keys });
        self.ends.extend(expires_at.map(|end| (end, seq)));
        while self.use_count > USES_MAX {
            let Some(oldest) = self.messages.keys().next().copied() else { break };
            self.take_out(oldest);
            self.floor = oldest;
        }
        had_words || !post.words.is_empty()
    }

    /// Takes a message's words back, for good: its text was deleted. Whether anything changed.
    pub fn take_back(&mut self, seq: Seq, changed: Seq) -> bool {
        self.remember_gone(seq, changed);
        self.take_out(seq)
    }

    /// The words that count most at `now`, by falling score, then by name; at most [`KEPT`].
    pub fn top(&mut self, limit: usize, now: UnixMillis) -> Vec<TrendingTopic> {
        self.settle(now);
        let landmark = self.landmark;
        let weighed = self.words.iter_mut().map(|(key, uses)| (uses.weigh(landmark), key.as_str(), &*uses));
        let mut ranked: Vec<(f64, &str, &Uses)> = weighed.collect();
        let by_rank = |a: &(f64, &str, &Uses), b: &(f64, &str, &Uses)| b.0.total_cmp(&a.0).then(a.1.cmp(b.1));
        let limit = limit.min(KEPT);
        if ranked.len() > limit {
            ranked.select_nth_unstable_by(limit, by_rank);
            ranked.truncate(limit);
        }
        ranked.sort_unstable_by(by_rank);
        let scale = (-half_lives(self.landmark, now)).exp2();
        let topic = |(weight, key, uses): (f64, &str, &Uses)| {
            let word = uses.uses.values().next_back().map_or(key, |(_, shown)| shown).to_owned();
            TrendingTopic { word, score: weight * scale }
        };
        ranked.into_iter().map(topic).collect()
    }

    /// When the next counted message ends by itself.
    pub fn next_end(&self) -> Option<UnixMillis> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// Whether no word is counted.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Lets go of messages that ended or are too old to count. Each goes once.
    fn settle(&mut self, now: UnixMillis) {
        while let Some((end, seq)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            // Whatever comes of it later carries the same end, and is over too.
            self.take_out(seq);
            self.ends.remove(&(end, seq));
        }
        while let Some((seq, _)) = self.messages.first_key_value().filter(|(_, c)| now.since_ms(c.at) >= WINDOW_MS) {
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
            uses.uses.remove(&seq);
            if uses.uses.is_empty() {
                self.words.remove(&key);
            } else {
                uses.weight = None;
            }
        }
        had_words
    }

    fn remember_gone(&mut self, seq: Seq, changed: Seq) {
        let known = self.gone.entry(seq).or_insert(changed);
        *known = changed.max(*known);
        while self.gone.len() > GONE_MAX {
            // Older ones than those remembered may not come back either.
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
        if half_lives(self.landmark, at).abs() > LANDMARK_HALF_LIVES {
            self.landmark = at;
            for uses in self.words.values_mut() {
                uses.weight = None;
            }
        }
    }
}

impl Uses {
    fn add(&mut self, seq: Seq, at: UnixMillis, shown: &str, landmark: UnixMillis) {
        let before = if self.uses.is_empty() { Some(0.0) } else { self.weight };
        let is_last = self.uses.last_key_value().is_none_or(|(last, _)| *last < seq);
        self.uses.insert(seq, (at, shown.to_owned()));
        self.weight = before.filter(|_| is_last).map(|weight| weight + use_weight(landmark, at));
    }

    /// The sum. Added up anew after a use was taken back: a sum kept by subtracting would keep a trace of it.
    fn weigh(&mut self, landmark: UnixMillis) -> f64 {
        let sum = || self.uses.values().map(|(at, _)| use_weight(landmark, *at)).fold(0.0, |sum, weight| sum + weight);
        *self.weight.get_or_insert_with(sum)
    }
}

/// What one use counts, seen from the landmark.
fn use_weight(landmark: UnixMillis, at: UnixMillis) -> f64 {
    half_lives(landmark, at).exp2()
}

/// Half-lives from `from` to `to`; negative where `to` is earlier.
fn half_lives(from: UnixMillis, to: UnixMillis) -> f64 {
    to.0.saturating_sub(from.0) as f64 / HALF_LIFE_MS as f64
}

#[cfg(test)]
mod tests;
