//! The trending words of given posts and times.

use proptest::prelude::*;

use super::*;
use crate::trending::words_of;

const WINDOW_MS: u64 = WINDOW_HALF_LIVES * HALF_LIFE_MS;

fn at(ms: u64) -> UnixMillis {
    UnixMillis(1_700_000_000_000).plus_ms(ms)
}

fn say(trend: &mut Trend, seq: u64, ms: u64, body: &str) -> bool {
    state(trend, (seq, seq), (ms, None), body, ms)
}

fn state(trend: &mut Trend, (seq, changed): (u64, u64), posted: (u64, Option<u64>), body: &str, now_ms: u64) -> bool {
    let words = words_of(body);
    let expires_at = posted.1.map(at);
    let post = Post { seq: Seq(seq), changed: Seq(changed), at: at(posted.0), expires_at, words: &words };
    trend.count(post, at(now_ms))
}

fn words(trend: &mut Trend, ms: u64) -> Vec<String> {
    trend.top(KEPT, at(ms)).into_iter().map(|trending| trending.word).collect()
}

#[test]
fn words_fade_at_the_pace_of_the_settings() {
    let mut trend = Trend::new(60_000);
    say(&mut trend, 1, 0, "clock");
    assert!((trend.top(1, at(60_000))[0].score - 0.5).abs() < 1e-12);
    assert_eq!(words(&mut trend, 24 * 60_000), [""; 0]);
}

#[test]
fn a_use_counts_one_and_half_an_hour_later_half() {
    let mut trend = Trend::default();
    say(&mut trend, 1, 0, "flaky flaky clock");
    say(&mut trend, 2, 0, "clock");
    let top = trend.top(10, at(0));
    assert_eq!(top.iter().map(|t| (t.word.as_str(), t.score)).collect::<Vec<_>>(), [("clock", 2.0), ("flaky", 1.0)]);
    assert!((trend.top(1, at(HALF_LIFE_MS))[0].score - 1.0).abs() < 1e-12);
    assert_eq!(trend.top(1, at(0)).len(), 1);
}

#[test]
fn a_new_word_enters_a_full_top_and_old_ones_fade_behind_it() {
    let mut trend = Trend::default();
    for seq in 1..=3_000 {
        say(&mut trend, seq, seq, &format!("word{}x", seq % 300));
    }
    assert_eq!(words(&mut trend, 3_000).len(), KEPT);
    let later = 5 * HALF_LIFE_MS;
    say(&mut trend, 3_001, later, "newcomer");
    assert_eq!(words(&mut trend, later)[0], "newcomer", "ten uses five hours ago count less than one now");
}

#[test]
fn a_deleted_message_leaves_no_trace_and_no_late_state_brings_it_back() {
    let (mut with, mut without) = (Trend::default(), Trend::default());
    for (seq, body) in [(1, "alpha beta"), (2, "secret alpha"), (3, "beta gamma")] {
        say(&mut with, seq, seq * 7_919, body);
        if seq != 2 {
            say(&mut without, seq, seq * 7_919, body);
        }
    }
    assert!(with.take_back(Seq(2), Seq(4)));
    assert_eq!(with.top(KEPT, at(30_000)), without.top(KEPT, at(30_000)), "to the last bit");
    assert!(!say(&mut with, 2, 40_000, "secret alpha"));
    assert!(!words(&mut with, 40_000).contains(&"secret".to_owned()));
    assert!(!with.take_back(Seq(2), Seq(4)), "once is enough");
}

#[test]
fn an_edit_counts_the_new_words_at_the_time_of_the_old() {
    let mut trend = Trend::default();
    say(&mut trend, 1, 0, "tpyo clock");
    assert!(state(&mut trend, (1, 2), (0, None), "typo clock", HALF_LIFE_MS));
    let top = trend.top(10, at(HALF_LIFE_MS));
    assert_eq!(top.iter().map(|t| t.word.as_str()).collect::<Vec<_>>(), ["clock", "typo"]);
    assert!(top.iter().all(|t| (t.score - 0.5).abs() < 1e-12), "an edit makes nothing newer");
    assert!(!say(&mut trend, 1, 0, "tpyo clock"), "the state before the edit is late");
}

#[test]
fn an_ephemeral_message_goes_with_its_end_and_stays_gone() {
    let mut trend = Trend::default();
    state(&mut trend, (1, 1), (0, Some(30_000)), "password hunter", 0);
    assert_eq!(trend.next_end(), Some(at(30_000)));
    assert_eq!(words(&mut trend, 29_999).len(), 2);
    assert_eq!(words(&mut trend, 30_000), [""; 0]);
    assert!(!state(&mut trend, (1, 5), (0, Some(30_000)), "password again", 30_001));
    assert!(trend.words.is_empty() && trend.older.words.is_empty() && trend.next_end().is_none());
}

#[test]
fn memory_is_bounded_and_the_oldest_messages_count_no_more() {
    let mut trend = Trend::default();
    for seq in 1..=5_000 {
        let body = (0..10).map(|n| format!("w{seq}n{n}")).collect::<Vec<_>>().join(" ");
        say(&mut trend, seq, seq, &body);
    }
    assert!(trend.use_count <= USES_MAX);
    assert!(trend.words.len() <= USES_MAX && trend.messages.len() * 11 <= USES_MAX);
    assert!(!say(&mut trend, 1, 5_001, "late"), "what was pushed out does not come back");
    for seq in 5_001..=25_000 {
        say(&mut trend, seq, seq, "ok");
    }
    assert!(trend.messages.len() <= USES_MAX, "messages without words are bounded too");
}

#[test]
fn counts_survive_years_without_leaving_their_range() {
    let mut trend = Trend::default();
    let year_ms = 365 * 24 * HALF_LIFE_MS;
    for step in 0..40 {
        say(&mut trend, step + 1, step * year_ms / 4, "clock");
        let top = trend.top(1, at(step * year_ms / 4));
        assert!((top[0].score - 1.0).abs() < 1e-9, "{}", top[0].score);
    }
}

proptest! {
    /// Whatever was posted, edited, deleted and expired, the counts are those of the remaining messages.
    #[test]
    fn counts_are_always_those_of_what_is_left(
        steps in prop::collection::vec((0u8..5, 0usize..30, 0u64..900_000, "([a-f]{3} ){0,4}"), 1..120),
    ) {
        let mut trend = Trend::default();
        let mut left: BTreeMap<u64, (u64, Option<u64>, String)> = BTreeMap::new();
        let (mut now, mut seq) = (0, 0);
        for (what, which, pause_ms, body) in steps {
            now += pause_ms;
            seq += 1;
            let target = left.keys().nth(which % left.len().max(1)).copied();
            match (what, target) {
                (0, Some(target)) => {
                    left.remove(&target);
                    trend.take_back(Seq(target), Seq(seq));
                }
                (1, Some(target)) => {
                    if let Some((posted, end, text)) = left.get_mut(&target) {
                        text.clone_from(&body);
                        state(&mut trend, (target, seq), (*posted, *end), &body, now);
                    }
                }
                (2, _) => {
                    left.insert(seq, (now, Some(now + 600_000), body.clone()));
                    state(&mut trend, (seq, seq), (now, Some(now + 600_000)), &body, now);
                }
                _ => {
                    left.insert(seq, (now, None, body.clone()));
                    say(&mut trend, seq, now, &body);
                }
            }
            left.retain(|_, (_, end, _)| end.is_none_or(|end| now < end));
            let mut expected: HashMap<String, f64> = HashMap::new();
            for (posted, _, text) in left.values().filter(|(posted, ..)| now - posted < WINDOW_MS) {
                for word in words_of(text) {
                    *expected.entry(word.key.to_string()).or_default() += (-((now - posted) as f64) / HALF_LIFE_MS as f64).exp2();
                }
            }
            let top = trend.top(KEPT, at(now));
            prop_assert_eq!(top.len(), expected.len().min(KEPT));
            for trending in &top {
                let score = expected.get(&trending.word).copied().unwrap_or(-1.0);
                prop_assert!((trending.score - score).abs() <= 1e-9 * score.max(1.0), "{} {}", trending.word, score);
            }
            prop_assert!(top.is_sorted_by(|a, b| a.score >= b.score));
        }
    }
}

/// A trend over some of the messages 1 to `last`, each a minute after the one before.
fn after_posts(messages: std::ops::RangeInclusive<u64>) -> Trend {
    let mut trend = Trend::default();
    for seq in messages {
        say(&mut trend, seq, seq * 60_000, &format!("clock word{}x", seq % 7));
    }
    trend
}

fn assert_same(one: &mut Trend, other: &mut Trend, ms: u64) {
    let (one, other) = (one.top(KEPT, at(ms)), other.top(KEPT, at(ms)));
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one.word, other.word);
        assert!((one.score - other.score).abs() < 1e-9, "{one:?} {other:?}");
    }
}

#[test]
fn what_counted_before_the_last_messages_comes_from_the_mirror() {
    let mut whole = after_posts(1..=60);
    let mirror = whole.mirror(at(3_600_000));
    // The last ones are known one by one; one came after the mirror.
    let (mut rebuilt, mut whole) = (after_posts(50..=61), after_posts(1..=61));
    assert!(rebuilt.merge_mirror(mirror.clone(), at(3_700_000)));
    assert_same(&mut rebuilt, &mut whole, 3_700_000);
    assert!(rebuilt.take_back(Seq(55), Seq(62)) && whole.take_back(Seq(55), Seq(62)));
    assert_same(&mut rebuilt, &mut whole, 3_800_000);
    let again = rebuilt.mirror(at(3_800_000));
    let mut once_more = after_posts(57..=61);
    assert!(once_more.merge_mirror(again, at(3_900_000)));
    assert_same(&mut once_more, &mut whole, 3_900_000);
    assert!(!after_posts(1..=61).merge_mirror(mirror, at(3_700_000)), "all is known: nothing is left for the mirror");
}

#[test]
fn a_message_that_changes_and_is_known_by_the_mirror_alone_takes_all_that_is_known_so_with_it() {
    let mirror = after_posts(1..=60).mirror(at(3_600_000));
    for change in [(|trend: &mut Trend| trend.take_back(Seq(3), Seq(61))) as fn(&mut Trend) -> bool, |trend| {
        state(trend, (3, 61), (180_000, None), "clock", 3_700_000)
    }] {
        let mut trend = after_posts(50..=60);
        assert!(trend.merge_mirror(mirror.clone(), at(3_600_000)));
        let before = trend.top(1, at(3_700_000))[0].score;
        assert!(change(&mut trend));
        assert!(trend.top(1, at(3_700_000))[0].score < before - 10.0);
        // It changed before the mirror was read.
        let mut late = after_posts(50..=60);
        change(&mut late);
        assert!(!late.merge_mirror(mirror.clone(), at(3_600_000)));
    }
    let mut trend = after_posts(62..=65);
    assert!(!trend.merge_mirror(mirror.clone(), at(4_000_000)), "what happened in between is not known");
    let mut trend = after_posts(50..=60);
    assert!(!trend.merge_mirror(mirror, at(3_600_000 + WINDOW_MS)), "too old to count");
}

#[test]
fn what_expires_leaves_nothing_in_a_mirror() {
    let mut trend = after_posts(1..=3);
    state(&mut trend, (4, 4), (240_000, Some(300_000)), "password clock", 240_000);
    assert!(words(&mut trend, 240_000).contains(&"password".to_owned()));
    let mirror = trend.mirror(at(240_000));
    assert!(mirror.words.iter().all(|trending| trending.word != "password"));
    let clock = mirror.words.iter().find(|trending| trending.word == "clock").expect("it lasts");
    assert!(clock.score < 3.0, "one use of it expires");
    assert!(!trend.end(Seq(9), Seq(10)), "nor does its end");
}
