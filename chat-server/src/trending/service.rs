//! The trending words of all rooms, and the driver that pushes them. Must not know rooms or sockets.
//!
//! A room's words live as long as its actor. The actor builds them from its last messages when it starts, reports each
//! item it accepts, and drops them when it stops.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chat_proto::ids::RoomId;
use chat_proto::message::{Content, Item};
use chat_proto::server_frame::TrendingWords;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::use_bounds::{HeldUses, UseBounds};
use super::{HALF_LIFE_MS, Post, SHOWN, Trend, TrendingPush, WORD_MAX_CHARS, words_of};
use crate::live::{Live, TrendingMirror};

/// Longest sleep of the driver, in milliseconds: the wall clock may be set.
const LOOK_AGAIN_MS: u64 = 60_000;
/// A live store that takes longer than this is not waited for.
const LIVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The least weight of a shown word: one use is no trend, and two of them are one for less than half a half-life.
pub const LEAST_WEIGHT: f64 = 1.5;

/// Returns the current time; passed in, so that tests can stop it.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Receives changed words, for the subscribed members of the room. The driver calls it; it must not block.
pub trait TrendingAudience: Send + Sync {
    /// The visible words of a room changed.
    fn trending_changed(&self, words: TrendingWords);
}

/// Which words trend, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendingRules {
    /// Longer words are not counted, in characters.
    pub word_max_chars: usize,
    /// A use counts half as much after this time, in milliseconds.
    pub half_life_ms: u64,
    /// Words that weigh less are not shown: a new use weighs 1.
    pub least_weight: f64,
}

impl Default for TrendingRules {
    fn default() -> Self {
        Self { word_max_chars: WORD_MAX_CHARS, half_life_ms: HALF_LIFE_MS, least_weight: LEAST_WEIGHT }
    }
}

impl TrendingRules {
    /// Returns the words that weigh enough.
    fn shown(self, mut words: Vec<TrendingWord>) -> Vec<TrendingWord> {
        words.retain(|trending| trending.score >= self.least_weight);
        words
    }

    /// Returns when the lightest of the shown words stops being shown.
    fn fades_at(self, shown: &[TrendingWord], now: UnixMillis) -> Option<UnixMillis> {
        let lightest = shown.last().filter(|_| self.least_weight > 0.0)?;
        let half_lives = (lightest.score / self.least_weight).log2();
        // One more: at that moment itself rounding decides.
        Some(now.plus_ms((half_lives * self.half_life_ms as f64).ceil() as u64 + 1))
    }
}

/// The trending words of all active rooms; cheap to clone.
#[derive(Clone)]
pub struct TrendingService(Arc<Shared>);

struct Shared {
    rules: TrendingRules,
    clock: Clock,
    rooms: RwLock<HashMap<RoomId, Arc<Mutex<RoomTrending>>>>,
    /// Rooms changed since the driver last ran; each once, by `RoomTrending::is_dirty`.
    dirty: Mutex<Vec<RoomId>>,
    /// Rooms started since; their mirrors are still to be read.
    starting: Mutex<Vec<RoomId>>,
    wakeup: Notify,
    bounds: Arc<UseBounds>,
}

struct RoomTrending {
    trend: Trend,
    held: HeldUses,
    push: TrendingPush,
    is_dirty: bool,
    /// Whether the mirror has been read; before that it must not be overwritten.
    awaits_mirror: bool,
    /// When the driver looks again even if nothing is posted.
    looks_at: Option<UnixMillis>,
}

/// The other half of the service, to be run as one task.
pub struct TrendingDriver {
    shared: Arc<Shared>,
    audience: Arc<dyn TrendingAudience>,
    live: Arc<dyn Live>,
}

impl RoomTrending {
    /// Drops the room's oldest uses if all rooms together have too many.
    fn keep_within_bounds(&mut self) {
        self.trend.shrink_to(self.held.allowed(self.trend.use_count()));
        self.held.set(self.trend.use_count());
    }
}

impl TrendingService {
    /// Returns a service without rooms, and the driver that must run for any room to be sent its words.
    pub fn new(
        rules: TrendingRules,
        clock: Clock,
        audience: Arc<dyn TrendingAudience>,
        live: Arc<dyn Live>,
    ) -> (Self, TrendingDriver) {
        let (rooms, dirty, starting) = (RwLock::default(), Mutex::default(), Mutex::default());
        let shared =
            Arc::new(Shared { rules, clock, rooms, dirty, starting, wakeup: Notify::new(), bounds: Arc::default() });
        (Self(Arc::clone(&shared)), TrendingDriver { shared, audience, live })
    }

    /// Applies the new state of an item, persistent or ephemeral: posts and edits count, deletions are subtracted.
    /// Messages that are code, and all other items, are ignored.
    pub fn observe(&self, room: RoomId, item: &Item) {
        let now = (self.0.clock)();
        let is_changed = match &item.content {
            Content::Message(message) => {
                // Tokenise before taking any lock, so that other rooms and readers of this one do not wait.
                let mut words = if message.code.is_some() { Vec::new() } else { words_of(message.body.as_str()) };
                words.retain(|word| word.key.chars().count() <= self.0.rules.word_max_chars);
                let Item { seq, changed, at, .. } = *item;
                let post = Post { seq, changed, at, expires_at: message.expires_at, words: &words };
                self.in_room(room, |trending| trending.trend.count(post, now))
            }
            Content::Deleted { .. } => self.in_room(room, |trending| trending.trend.take_back(item.seq, item.changed)),
            Content::Expired { .. } => self.in_room(room, |trending| trending.trend.end(item.seq, item.changed)),
            Content::Join
            | Content::Leave
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Rsvp { .. }
            | Content::Damaged => false,
        };
        if is_changed {
            self.mark_dirty(room);
        }
    }

    /// Starts counting a room from its last items, in any order. What counted before them comes from the mirror.
    pub fn rebuild(&self, room: RoomId, items: &[Item]) {
        let trending = RoomTrending { awaits_mirror: true, ..self.no_words() };
        self.0.rooms.write().insert(room, Arc::new(Mutex::new(trending)));
        for item in items {
            self.observe(room, item);
        }
        self.0.starting.lock().push(room);
        self.0.wakeup.notify_one();
    }

    /// Returns a room's words by falling score, at most 50, without those that weigh too little; none for an inactive
    /// room.
    pub fn top(&self, room: RoomId, limit: usize) -> Vec<TrendingWord> {
        let now = (self.0.clock)();
        let trending = self.0.rooms.read().get(&room).cloned();
        let words = trending.map(|trending| trending.lock().trend.top(limit, now)).unwrap_or_default();
        self.0.rules.shown(words)
    }

    /// Drops the words of a room that stopped.
    pub fn forget_room(&self, room: RoomId) {
        self.0.rooms.write().remove(&room);
    }

    fn in_room(&self, room: RoomId, change: impl FnOnce(&mut RoomTrending) -> bool) -> bool {
        let known = self.0.rooms.read().get(&room).cloned();
        let trending = known.unwrap_or_else(|| {
            let mut rooms = self.0.rooms.write();
            Arc::clone(rooms.entry(room).or_insert_with(|| Arc::new(Mutex::new(self.no_words()))))
        });
        let mut trending = trending.lock();
        // Whether to wake the driver: not if it was woken and has not run yet.
        let is_changed = change(&mut trending);
        trending.keep_within_bounds();
        is_changed && !std::mem::replace(&mut trending.is_dirty, true)
    }

    fn no_words(&self) -> RoomTrending {
        let trend = Trend::new(self.0.rules.half_life_ms);
        RoomTrending {
            trend,
            held: HeldUses::new(Arc::clone(&self.0.bounds)),
            push: TrendingPush::default(),
            is_dirty: false,
            awaits_mirror: false,
            looks_at: None,
        }
    }

    fn mark_dirty(&self, room: RoomId) {
        self.0.dirty.lock().push(room);
        self.0.wakeup.notify_one();
    }
}

impl TrendingDriver {
    /// Pushes until `shutdown`.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.keep_pushing() => {}
        }
    }

    async fn keep_pushing(&self) {
        let mut timers: BTreeSet<(UnixMillis, RoomId)> = BTreeSet::new();
        let mut reading = FuturesUnordered::new();
        loop {
            let now = (self.shared.clock)();
            let starting = std::mem::take(&mut *self.shared.starting.lock());
            reading.extend(starting.into_iter().map(|room| self.read_mirror(room, now)));
            let dirty = std::mem::take(&mut *self.shared.dirty.lock());
            timers.extend(dirty.into_iter().filter_map(|room| self.due_at(room, now).map(|at| (at, room))));
            while let Some((_, room)) = timers.first().copied().filter(|(at, _)| *at <= now) {
                timers.pop_first();
                timers.extend(self.push(room, now).map(|end| (end, room)));
            }
            let next_ms = timers.first().map_or(LOOK_AGAIN_MS, |(at, _)| at.since_ms(now));
            let wake_at = Instant::now() + Duration::from_millis(next_ms.clamp(1, LOOK_AGAIN_MS));
            tokio::select! {
                () = self.shared.wakeup.notified() => {}
                () = sleep_until(wake_at) => {}
                Some((room, mirror)) = reading.next() => self.apply_mirror(room, mirror),
            }
        }
    }

    /// Reads the mirror of a room that starts; `None` if the live store does not answer in time.
    async fn read_mirror(&self, room: RoomId, now: UnixMillis) -> (RoomId, Option<TrendingMirror>) {
        let answer = timeout(LIVE_TIMEOUT, self.live.mirrored_trending(room, now)).await;
        (room, answer.ok().and_then(Result::ok).flatten())
    }

    fn apply_mirror(&self, room: RoomId, mirror: Option<TrendingMirror>) {
        let Some(trending) = self.room(room) else { return };
        let mut trending = trending.lock();
        trending.awaits_mirror = false;
        if let Some(mirror) = mirror {
            trending.trend.merge_mirror(mirror, (self.shared.clock)());
        }
        // Writes held back meanwhile happen now.
        if !std::mem::replace(&mut trending.is_dirty, true) {
            drop(trending);
            self.shared.dirty.lock().push(room);
        }
    }

    fn room(&self, room: RoomId) -> Option<Arc<Mutex<RoomTrending>>> {
        self.shared.rooms.read().get(&room).cloned()
    }

    fn due_at(&self, room: RoomId, now: UnixMillis) -> Option<UnixMillis> {
        Some(self.room(room)?.lock().push.due_at(now))
    }

    /// Sends a room its words if they changed. Returns when to look again even if nothing is posted: when a message
    /// expires, or when a shown word has faded.
    fn push(&self, room: RoomId, now: UnixMillis) -> Option<UnixMillis> {
        let trending = self.room(room)?;
        let (shown, mirror, is_changed, next_end) = {
            let mut trending = trending.lock();
            trending.is_dirty = false;
            let shown = self.shared.rules.shown(trending.trend.top(SHOWN, now));
            let mirror = (!trending.awaits_mirror).then(|| trending.trend.mirror(now));
            trending.keep_within_bounds();
            let is_changed = trending.push.try_push(&shown, now);
            let ends = [trending.trend.next_end(), self.shared.rules.fades_at(&shown, now)];
            // A message that expires within the pause is handled after it.
            let next_end = ends.into_iter().flatten().min();
            let next_end = next_end.map(|end| trending.push.due_at(end.max(now.plus_ms(1))));
            // An earlier look, which will plan the next one, is enough: a plan for each push would never get fewer.
            let is_planned = trending.looks_at.is_some_and(|at| at > now && next_end.is_some_and(|end| at <= end));
            let next_end = next_end.filter(|_| !is_planned);
            trending.looks_at = next_end.or(trending.looks_at);
            (shown, mirror, is_changed, next_end)
        };
        // A mirror that fails is written again with the next change; nobody waits for it.
        drop(mirror.map(|mirror| self.live.mirror_trending(room, mirror)));
        if is_changed {
            self.audience.trending_changed(TrendingWords { room, words: shown });
        }
        next_end
    }
}

#[cfg(test)]
mod tests;
