//! Mutated inputs against every parser: nothing panics, and a parsed input is written back unchanged.
//!
//! `CHAT_FUZZ_SECONDS=600 cargo test -p chat-tests --test fuzz` runs longer.

mod corpus;
mod targets;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use proptest::test_runner::{RngAlgorithm, TestRng};

use corpus::Corpus;

/// The default number of rounds; a few seconds in a debug build.
const ROUNDS: u32 = 60_000;

/// Returns a seed unique to this run.
fn of_the_day() -> [u8; 16] {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_nanos() | 1).to_le_bytes()
}

/// Feeds a target with mutations of the corpus.
fn fuzz(corpus: &[&str], target: fn(&[u8])) {
    let seconds = std::env::var("CHAT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    // A new seed for each long run, the same one otherwise.
    let rng = match seconds {
        Some(_) => TestRng::from_seed(RngAlgorithm::XorShift, &of_the_day()),
        None => TestRng::deterministic_rng(RngAlgorithm::XorShift),
    };
    let mut inputs = Corpus::new(corpus, rng);
    let mut round = 0;
    while until.map_or(round < ROUNDS, |until| Instant::now() < until) {
        let input = inputs.next();
        let outcome = std::panic::catch_unwind(|| target(&input));
        assert!(outcome.is_ok(), "this input fails: {:?}", String::from_utf8_lossy(&input));
        round += 1;
    }
}
