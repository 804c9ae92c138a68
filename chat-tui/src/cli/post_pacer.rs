//! Paces posts slightly below the server's published rate, so that it refuses none. Must not know the connection. Pure.

#![deny(clippy::disallowed_methods)]

use std::time::Duration;

use chat_proto::limits::Limits;
use tokio::time::Instant;

/// The tenths of the server's burst that are used: posts that arrive bunched up, or come from another program of the
/// same account, must not cause a refusal.
const BURST_TENTHS: u32 = 9;

/// The token bucket of one connection; without a rule if the server has no limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct PostPacer {
    rule: Option<Rule>,
    /// The tokens at `counted_at`; negative if a line made more posts than there were tokens.
    tokens: f64,
    counted_at: Instant,
    /// No post before this time: the server asked for a pause.
    held_until: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    per_second: f64,
    burst: f64,
}

impl PostPacer {
    /// A pacer for these limits, with its full burst.
    pub fn new(limits: &Limits, now: Instant) -> Self {
        let rule = limits.posts_per_second.map(|per_second| Rule {
            per_second: f64::from(per_second.max(1)),
            burst: f64::from((limits.posts_burst.unwrap_or(1) * BURST_TENTHS / 10).max(1)),
        });
        Self { rule, tokens: rule.map_or(0.0, |rule| rule.burst), counted_at: now, held_until: now }
    }

    /// Returns when the next post may be sent.
    pub fn next_at(&self, now: Instant) -> Instant {
        let Some(rule) = self.rule else { return self.held_until };
        let tokens = self.tokens_at(rule, now);
        let missing = (1.0 - tokens).max(0.0) / rule.per_second;
        self.held_until.max(now + Duration::from_secs_f64(missing))
    }

    /// Counts a sent post.
    pub fn take(&mut self, now: Instant) {
        if let Some(rule) = self.rule {
            self.tokens = self.tokens_at(rule, now) - 1.0;
            self.counted_at = now;
        }
    }

    /// Pauses after a refusal; then goes on at the rate, without a burst, and behind the server's own count by the reserve.
    pub fn hold(&mut self, pause: Duration, now: Instant) {
        let reserve = self.rule.map_or(0.0, |rule| rule.burst / f64::from(BURST_TENTHS));
        (self.tokens, self.counted_at, self.held_until) = (-reserve, now, now + pause);
    }

    fn tokens_at(&self, rule: Rule, now: Instant) -> f64 {
        let filled = now.saturating_duration_since(self.counted_at).as_secs_f64() * rule.per_second;
        (self.tokens + filled).min(rule.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(per_second: u32, burst: u32) -> Limits {
        Limits { posts_per_second: Some(per_second), posts_burst: Some(burst), ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_posts_never_pass_the_rate_of_the_server() {
        let start = Instant::now();
        let (mut pacer, mut now) = (PostPacer::new(&limited(200, 400), start), start);
        for sent in 1..=1_000_u32 {
            now = pacer.next_at(now).max(now);
            pacer.take(now);
            let allowed = 400.0 + (now - start).as_secs_f64() * 200.0;
            assert!(f64::from(sent) <= allowed, "{sent} after {:?}", now - start);
        }
        let took = (now - start).as_secs_f64();
        assert!((3.1..3.4).contains(&took), "it is not much slower than it may be: {took} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_and_empties_the_burst() {
        let start = Instant::now();
        let mut pacer = PostPacer::new(&limited(10, 30), start);
        pacer.hold(Duration::from_secs(2), start);
        assert_eq!(pacer.next_at(start), start + Duration::from_secs(2));
        let mut free = PostPacer::new(&Limits::default(), start);
        free.take(start);
        assert_eq!(free.next_at(start), start, "no rate, no pause");
    }
}
