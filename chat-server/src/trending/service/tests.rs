//! The pushes rooms receive, with the clock paused.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::Message;

use super::*;
use crate::live::{MemoryCaps, MemoryLive};

const ROOM: RoomId = RoomId(3);

#[derive(Default)]
struct Received(Mutex<Vec<(u64, Vec<String>)>>);

struct ReceivedAt(Arc<Received>, Instant);

impl TrendingAudience for ReceivedAt {
    fn trending_changed(&self, trending: TrendingWords) {
        let words = trending.words.into_iter().map(|word| word.word).collect();
        self.0.0.lock().push((self.1.elapsed().as_secs(), words));
    }
}

fn item(seq: u64, clock: &Clock, ttl_ms: Option<u64>, body: &str) -> Item {
    let now = clock();
    let message =
        Message { expires_at: ttl_ms.map(|ms| now.plus_ms(ms)), ..Message::plain(body.parse().expect("a body")) };
    Item { seq: Seq(seq), changed: Seq(seq), at: now, by: UserId(1), content: Content::Message(message) }
}

/// A service that shows every word, with its driver running, and the pushes rooms receive.
fn started() -> (TrendingService, Arc<Received>, Clock) {
    started_with(TrendingRules { least_weight: 0.0, ..TrendingRules::default() })
}

fn started_with(rules: TrendingRules) -> (TrendingService, Arc<Received>, Clock) {
    let start = Instant::now();
    let clock: Clock = Arc::new(move || UnixMillis(0).plus_ms(start.elapsed().as_millis() as u64));
    let received = Arc::new(Received::default());
    let live = Arc::new(MemoryLive::new(MemoryCaps::default()));
    let audience = Arc::new(ReceivedAt(Arc::clone(&received), start));
    let (service, driver) = TrendingService::new(rules, Arc::clone(&clock), audience, live);
    drop(tokio::spawn(driver.run(std::future::pending())));
    (service, received, clock)
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_room_is_pushed_to_at_once_then_every_five_seconds_at_most() {
    let (service, received, clock) = started();
    service.observe(ROOM, &item(1, &clock, None, "flaky clock"));
    pass(1).await;
    service.observe(ROOM, &item(2, &clock, None, "clock"));
    service.observe(ROOM, &item(3, &clock, None, "resume"));
    pass(3).await;
    assert_eq!(*received.0.lock(), [(0, owned(&["clock", "flaky"]))]);
    pass(2).await;
    assert_eq!(received.0.lock().last(), Some(&(5, owned(&["clock", "resume", "flaky"]))));
    service.observe(ROOM, &item(4, &clock, None, "clock"));
    pass(20).await;
    assert_eq!(received.0.lock().len(), 2, "the same words in the same order are no news");
}

#[tokio::test(start_paused = true)]
async fn an_ephemeral_messages_words_are_taken_back_at_its_end() {
    let (service, received, clock) = started();
    service.observe(ROOM, &item(1, &clock, Some(30_000), "hunter"));
    pass(31).await;
    assert_eq!(*received.0.lock(), [(0, owned(&["hunter"])), (30, Vec::new())]);
    assert_eq!(service.top(ROOM, 10), []);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_pushed_and_code_counts_for_nothing() {
    let (service, received, clock) = started();
    let first = item(1, &clock, None, "secret");
    service.observe(ROOM, &first);
    pass(10).await;
    let content = Content::Deleted { deleted_at: clock(), deleted_by: UserId(1) };
    service.observe(ROOM, &Item { changed: Seq(2), content, ..first });
    let mut code = item(3, &clock, None, "panicked");
    if let Content::Message(message) = &mut code.content {
        message.code = "text".parse().ok();
    }
    service.observe(ROOM, &code);
    pass(1).await;
    assert_eq!(received.0.lock().last(), Some(&(10, Vec::new())));
}

#[tokio::test(start_paused = true)]
async fn a_room_rebuilt_from_its_last_items_has_the_same_words() {
    let (service, _received, clock) = started();
    let items: Vec<Item> = (1..=20).map(|seq| item(seq, &clock, None, &format!("word{}x clock", seq % 4))).collect();
    for item in &items {
        service.observe(ROOM, item);
    }
    let before = service.top(ROOM, 50);
    service.forget_room(ROOM);
    assert_eq!(service.top(ROOM, 50), []);
    let backwards: Vec<Item> = items.into_iter().rev().collect();
    service.rebuild(ROOM, &backwards);
    assert_eq!(service.top(ROOM, 50), before);
}

#[tokio::test(start_paused = true)]
async fn a_room_that_starts_anew_goes_on_from_its_mirror() {
    let (service, _received, clock) = started();
    let items: Vec<Item> = (1..=20).map(|seq| item(seq, &clock, None, "clock")).collect();
    service.rebuild(ROOM, &[]);
    for item in &items {
        service.observe(ROOM, item);
    }
    service.observe(ROOM, &item(21, &clock, Some(600_000), "hunter"));
    pass(10).await;
    let before = service.top(ROOM, 1);
    service.forget_room(ROOM);
    service.rebuild(ROOM, &items[15..]);
    pass(10).await;
    let after = service.top(ROOM, 50);
    assert_eq!(after.len(), 1);
    assert!(after[0].word == "clock" && after[0].score > before[0].score * 0.99, "{before:?} {after:?}");
    // And once more, from the mirror written since.
    service.rebuild(ROOM, &items[19..]);
    pass(10).await;
    assert!(service.top(ROOM, 1)[0].score > before[0].score * 0.98);
}

#[tokio::test(start_paused = true)]
async fn a_word_used_once_is_no_trend() {
    let (service, received, clock) = started_with(TrendingRules::default());
    service.observe(ROOM, &item(1, &clock, None, "flaky clock"));
    pass(10).await;
    assert_eq!((service.top(ROOM, 10), received.0.lock().len()), (Vec::new(), 0));
    service.observe(ROOM, &item(2, &clock, None, "the clock again"));
    pass(1).await;
    assert_eq!(*received.0.lock(), [(10, owned(&["clock"]))]);
    assert_eq!(service.top(ROOM, 10).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_word_that_has_faded_is_withdrawn_without_a_new_message() {
    let (service, received, clock) = started_with(TrendingRules::default());
    for seq in 1..=6 {
        service.observe(ROOM, &item(seq, &clock, None, if seq < 4 { "clock" } else { "clock build" }));
        pass(10).await;
    }
    assert_eq!(received.0.lock().last().map(|(_, words)| words.clone()), Some(owned(&["clock", "build"])));
    pass(2 * 60 * 60 + 60).await;
    let pushed: Vec<_> = received.0.lock().iter().skip(2).map(|(_, words)| words.clone()).collect();
    assert_eq!(pushed, [owned(&["clock"]), Vec::new()], "each word went when it had faded, and once");
}

#[tokio::test(start_paused = true)]
async fn the_words_of_all_rooms_together_are_bounded_and_a_quiet_room_keeps_its_own() {
    let (service, _, clock) = started();
    let words: Vec<String> = (0..400).map(|word| format!("w{word}")).collect();
    let body = words.join(" ");
    let uses = || -> usize { service.0.rooms.read().values().map(|room| room.lock().trend.use_count()).sum() };
    for room in 10..50 {
        (1..=40).for_each(|seq| service.observe(RoomId(room), &item(seq, &clock, None, &body)));
    }
    assert!((60_000..70_000).contains(&uses()), "{} uses", uses());
    service.observe(ROOM, &item(1, &clock, None, "resume"));
    assert_eq!(service.top(ROOM, 5).len(), 1);
    (10..50).for_each(|room| service.forget_room(RoomId(room)));
    (2..=40).for_each(|seq| service.observe(ROOM, &item(seq, &clock, None, &body)));
    assert!(uses() > 2_000, "the space is free again: {}", uses());
}
