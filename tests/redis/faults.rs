//! Redis fails in every way it can and recovers: persistent messages go on, ephemeral ones are refused, no refused
//! message appears later, and a retry is stored once.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::presence::Availability;
use chat_proto::request::{History, Life, Post, SetTyping};
use chat_proto::server_frame::ServerFrame;
use chat_tests::detour::Detour;
use chat_tests::peer::{GENERAL, Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::{eventually, until};
use tokio::time::{Instant, timeout};

use super::lives::{ephemeral, put, server_at, texts};

/// Ephemeral messages are refused within this time, with rare exceptions on a busy machine.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// Nothing stalls for longer.
const STALL: Duration = Duration::from_secs(5);

fn availability(frame: &ServerFrame) -> Option<bool> {
    match frame {
        ServerFrame::Service(service) => Some(service.is_live_available),
        _ => None,
    }
}

struct Fault {
    server: Server,
    redis: Redis,
    ana: Peer,
    token: String,
    /// How long refusals took.
    refused_after: Vec<Duration>,
}

impl Fault {
    async fn begin(redis: Redis) -> Self {
        let url = redis.url();
        Self::begin_over(redis, &url).await
    }

    /// Like [`Self::begin`], at another address of Redis.
    async fn begin_over(redis: Redis, url: &str) -> Self {
        let server = server_at(url);
        let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::All).await;
        put(&mut ana, &ephemeral("before", "ephemeral, before", 600_000)).await;
        Self { server, redis, ana, token: welcome.token.expect("a token"), refused_after: Vec::new() }
    }

    /// Posts an ephemeral message, which is refused.
    async fn attempt(&mut self, key: &str) {
        let since = Instant::now();
        let answer = timeout(STALL, self.ana.try_call(&ephemeral(key, key, 600_000))).await.expect("no stall");
        self.refused_after.push(since.elapsed());
        let error = answer.expect("connected").expect_err("refused");
        assert_eq!((error.code, error.retryable), (ErrorCode::LiveUnavailable, true));
    }

    /// Checks the server while Redis is unreachable and returns the keys of the refused posts.
    async fn while_away(&mut self) -> Vec<String> {
        let mut refused = Vec::new();
        let mut was_notified = false;
        for number in 0..20 {
            let key = format!("away{number}");
            self.attempt(&key).await;
            refused.push(key);
            // Persistent messages are accepted, whatever Redis does.
            let persistent = post(&format!("persistent{number}"), &format!("persistent {number}"));
            timeout(STALL, self.ana.call(&persistent)).await.expect("no stall");
            was_notified |= self.ana.pushed.iter().any(|frame| availability(frame) == Some(false));
        }
        if !was_notified {
            eventually("the notice of the outage", async || (!self.ana.pushed(availability).await).then_some(())).await;
        }
        self.ana.call(&History { room: GENERAL, before: None, limit: 50 }).await;
        let (mut other, welcome) = Peer::with_token(self.server.address(), &self.token, Subscription::None, None).await;
        assert!(!welcome.service.is_live_available, "a new sign-in sees the outage, too");
        assert_eq!(other.refused(&ephemeral("other", "other", 600_000)).await, ErrorCode::LiveUnavailable);
        // A room can start without Redis.
        let room = other.create("started-while-away", chat_proto::room::RoomKind::Public).await;
        other.call(&Post { room, ..post("there", "persistent") }).await;
        // Presence and typing of this process work without Redis.
        let (mut guest, guests) = Peer::appear(self.server.address(), "guest", Subscription::None).await;
        let guest_is = |frame: &ServerFrame| match frame {
            ServerFrame::Presence(seen) => (seen.user == guests.user.id).then_some(seen.presence.availability),
            _ => None,
        };
        assert_eq!(self.ana.pushed(guest_is).await, Availability::Online);
        guest.call(&SetTyping { room: GENERAL, is_typing: true }).await;
        let types = |frame: &ServerFrame| matches!(frame, ServerFrame::Typing(typing) if typing.user == guests.user.id);
        self.ana.pushed(|frame| types(frame).then_some(())).await;
        refused
    }

    /// Posts until a post is refused in flight, as `is_there` sees; returns all texts posted by then. A post that is
    /// queued behind another one does not get so far.
    async fn refused_under_way(
        &mut self,
        detour: &Detour,
        hold: fn(&Detour),
        post: &Post,
        is_there: impl Fn(&Redis) -> bool,
    ) -> Vec<String> {
        let mut posted = Vec::new();
        for number in 0..20 {
            hold(detour);
            let refused = self.ana.try_call(post).await.expect("connected").expect_err("refused");
            assert_eq!(refused.code, ErrorCode::LiveUnavailable);
            if is_there(&self.redis) {
                return posted;
            }
            detour.release();
            let again = format!("again{number}");
            self.ana.until_taken("the return of the service", &ephemeral(&again, &again, 600_000)).await;
            posted.push(again);
        }
        panic!("no post was in flight when it was refused");
    }

    /// Checks the server after recovery: it is automatic, without duplicates and without refused messages.
    async fn once_back(&mut self, refused: Vec<String>) {
        let late = self.refused_after.iter().filter(|after| **after > REFUSED_WITHIN).count();
        assert!(late * 10 <= self.refused_after.len(), "refusals were late: {:?}", self.refused_after);
        let back_at = Instant::now();
        self.ana.pushed.retain(|frame| availability(frame).is_none());
        eventually("the automatic return of the service", async || self.ana.pushed(availability).await.then_some(()))
            .await;
        assert!(back_at.elapsed() < Duration::from_secs(20), "it recovers automatically, and soon");
        let room = texts(&mut self.ana).await;
        for key in &refused {
            assert!(!room.iter().any(|(_, text)| text == key), "{key} was refused, but appears");
        }
        for key in &refused {
            let posted = put(&mut self.ana, &ephemeral(key, key, 600_000)).await;
            assert!(!posted.duplicate, "{key} was refused before");
            assert!(self.ana.call(&ephemeral(key, key, 600_000)).await.duplicate);
        }
        let room = texts(&mut self.ana).await;
        for key in &refused {
            assert_eq!(room.iter().filter(|(_, text)| text == key).count(), 1, "{key}");
        }
        assert!((0..20).all(|number| room.iter().any(|(_, text)| *text == format!("persistent {number}"))));
    }

    /// Checks that the room looks the same after a restart of the server.
    async fn after_a_restart(&mut self) {
        let before = texts(&mut self.ana).await;
        self.server.kill();
        self.server.restart();
        let (mut ana, _) = Peer::with_token(self.server.address(), &self.token, Subscription::None, None).await;
        assert_eq!(texts(&mut ana).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_restarted_empty() {
    let mut fault = Fault::begin(Redis::start()).await;
    fault.redis.kill();
    let refused = fault.while_away().await;
    fault.redis.restart();
    fault.once_back(refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_and_thawed() {
    let mut fault = Fault::begin(Redis::start()).await;
    let frozen_at = Instant::now();
    fault.redis.freeze();
    let mut refused = fault.while_away().await;
    while frozen_at.elapsed() < Duration::from_secs(30) {
        let key = format!("later{}", refused.len());
        fault.attempt(&key).await;
        timeout(STALL, fault.ana.post(&format!("{key}-persistent"), "persistent")).await.expect("no stall");
        refused.push(key);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    fault.redis.thaw();
    fault.once_back(refused).await;
    fault.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_by_seconds() {
    let mut fault = Fault::begin(Redis::start()).await;
    // Every command waits, and is executed when the time is up.
    fault.redis.ask(&["CLIENT", "PAUSE", "6000", "ALL"]);
    let refused = fault.while_away().await;
    fault.once_back(refused).await;
    fault.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_seconds_late_with_every_reply() {
    let redis = Redis::start();
    let detour = Detour::to(redis.socket());
    let mut fault = Fault::begin_over(redis, &detour.url()).await;
    detour.delay(Duration::from_secs(1));
    let refused = fault.while_away().await;
    detour.delay(Duration::ZERO);
    fault.once_back(refused).await;
    fault.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_as_a_read_only_replica() {
    let mut fault = Fault::begin(Redis::start()).await;
    fault.redis.kill();
    fault.redis.restart_with(&["--replicaof", "127.0.0.1", "1"]);
    let refused = fault.while_away().await;
    fault.redis.ask(&["REPLICAOF", "NO", "ONE"]);
    fault.once_back(refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_replica() {
    let mut fault = Fault::begin(Redis::start()).await;
    fault.redis.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    let refused = fault.while_away().await;
    fault.redis.ask(&["REPLICAOF", "NO", "ONE"]);
    fault.once_back(refused).await;
    fault.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_connections_are_reopened_and_lose_nothing_acknowledged() {
    let mut fault = Fault::begin(Redis::start()).await;
    let mut acknowledged = Vec::new();
    for number in 0..60 {
        if number % 10 == 5 {
            fault.redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
        let key = format!("k{number}");
        match fault.ana.try_call(&ephemeral(&key, &key, 600_000)).await.expect("connected") {
            Ok(_) => acknowledged.push(key),
            Err(error) => assert_eq!(error.code, ErrorCode::LiveUnavailable),
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    assert!(acknowledged.len() > 10, "{acknowledged:?}");
    let mut expected: Vec<String> = vec!["ephemeral, before".into()];
    expected.extend(acknowledged);
    let there = |texts: Vec<_>| texts.into_iter().map(|(_, text): (_, String)| text).collect::<Vec<_>>();
    assert_eq!(there(texts(&mut fault.ana).await), expected);
    fault.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_in_flight_when_it_freezes_are_all_or_nothing() {
    let mut fault = Fault::begin(Redis::start()).await;
    let mut answered = 0;
    let mut acknowledged = Vec::new();
    for number in 0..400 {
        if number == 100 {
            fault.redis.freeze();
        }
        let life = Some(Life::TtlMs(600_000));
        fault.ana.start(&Post { life, ..post(&format!("k{number}"), &format!("text {number}")) }).await;
    }
    while answered < 400 {
        match fault.ana.next().await.expect("connected") {
            ServerFrame::Ok(_) => {
                acknowledged.push(answered);
                answered += 1;
            }
            ServerFrame::Error(refused) => {
                assert_eq!(refused.error.code, ErrorCode::LiveUnavailable);
                answered += 1;
            }
            _ => {}
        }
    }
    fault.redis.thaw();
    fault.ana.pushed.clear();
    fault.ana.until_taken("the return of the service", &ephemeral("after", "after", 600_000)).await;
    let mut expected: Vec<String> = vec!["ephemeral, before".into()];
    expected.extend(acknowledged.iter().map(|number| format!("text {number}")));
    expected.push("after".into());
    let mut room = Vec::new();
    let mut before = None;
    loop {
        let page = fault.ana.call(&History { room: GENERAL, before, limit: 200 }).await;
        let text = |item: &chat_proto::message::Item| match &item.content {
            chat_proto::message::Content::Message(message) => Some(message.body.to_string()),
            _ => None,
        };
        room.splice(0..0, page.items.iter().filter_map(text));
        before = page.next_before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(room, expected);
    fault.after_a_restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_commands_on_an_abandoned_connection_are_not_executed() {
    let redis = Redis::start();
    let detour = Detour::to(redis.socket());
    let mut fault = Fault::begin_over(redis, &detour.url()).await;
    detour.hold_questions();
    let refused =
        fault.ana.try_call(&ephemeral("late", "late", 600_000)).await.expect("connected").expect_err("refused");
    assert_eq!(refused.code, ErrorCode::LiveUnavailable);
    fault.ana.pushed.clear();
    fault.ana.until_taken("the return of the service", &ephemeral("after", "after", 600_000)).await;
    // The service is back over another connection; only now does the post reach Redis.
    detour.release();
    let cut = |redis: &Redis| redis.ask(&["CLIENT", "LIST"]).lines().count();
    until("the end of the held connections", || (cut(&fault.redis) <= 2).then_some(()));
    fault.after_a_restart().await;
    assert!(!fault.redis.ask(&["--scan", "--pattern", "*late*"]).contains("late"), "a refused post appeared later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_post_does_not_appear_if_the_server_is_killed_before_compensating_it() {
    let redis = Redis::start();
    let detour = Detour::to(redis.socket());
    let mut fault = Fault::begin_over(redis, &detour.url()).await;
    let there = async |ana: &mut Peer| texts(ana).await.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let mut before = there(&mut fault.ana).await;
    // Redis executes its commands, but its replies are held back.
    let is_kept = |redis: &Redis| {
        let entries = redis.keys().into_iter().find(|key| key.ends_with(":entries")).expect("entries");
        redis.ask(&["HVALS", &entries]).contains("unacknowledged")
    };
    let unacknowledged = ephemeral("unacknowledged", "unacknowledged", 600_000);
    before.extend(fault.refused_under_way(&detour, Detour::hold_answers, &unacknowledged, is_kept).await);
    fault.server.kill();
    fault.server.restart();
    let (mut ana, _) = Peer::with_token(fault.server.address(), &fault.token, Subscription::None, None).await;
    assert_eq!(there(&mut ana).await, before);
    let retry = ephemeral("unacknowledged", "unacknowledged", 600_000);
    assert!(!ana.call(&retry).await.duplicate, "it was refused before");
    assert!(ana.call(&retry).await.duplicate);
    before.push("unacknowledged".into());
    assert_eq!(there(&mut ana).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_in_flight_in_a_killed_server_is_not_the_original_of_a_retry() {
    let redis = Redis::start();
    let detour = Detour::to(redis.socket());
    let mut fault = Fault::begin_over(redis, &detour.url()).await;
    let unacknowledged = ephemeral("unacknowledged", "unacknowledged", 600_000);
    fault.refused_under_way(&detour, Detour::hold_questions, &unacknowledged, |_| detour.holds("unacknowledged")).await;
    fault.server.kill();
    fault.server.restart();
    let (mut ana, _) = Peer::with_token(fault.server.address(), &fault.token, Subscription::None, None).await;
    ana.call(&ephemeral("after", "after", 600_000)).await;
    // Only now does it reach Redis, unknown to the running server.
    detour.release();
    let unacknowledged_key = || fault.redis.keys().into_iter().find(|key| key.ends_with(":unacknowledged"));
    until("the post of the killed server", unacknowledged_key);
    // The refused post does not count as the original: it is compensated, and the retry becomes the original.
    let refused = ana.try_call(&unacknowledged).await.expect("connected").expect_err("refused once more");
    assert_eq!((refused.code, refused.retryable), (ErrorCode::LiveUnavailable, true));
    let posted = ana.call(&unacknowledged).await;
    assert!(!posted.duplicate);
    let there = texts(&mut ana).await;
    assert_eq!(
        there.iter().filter(|(_, text)| text == "unacknowledged").collect::<Vec<_>>(),
        [&(posted.seq, "unacknowledged".into())]
    );
}
