//! Presence leases in Redis: they end with a killed server, and others' presence is unknown without Redis.

use chat_proto::client_frame::Subscription;
use chat_proto::ids::UserId;
use chat_proto::presence::Availability;
use chat_proto::request::{SetTyping, Who};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::redis::Redis;
use chat_tests::wait::{eventually, until};

use super::lives::server_on;

fn lease_key(redis: &Redis) -> Option<String> {
    redis.keys().into_iter().find(|key| key.ends_with(":leases"))
}

/// Returns the number of leases in Redis.
fn leases(redis: &Redis) -> usize {
    lease_key(redis).and_then(|key| redis.ask(&["HLEN", &key]).parse().ok()).unwrap_or(0)
}

fn of(user: UserId) -> impl Fn(&ServerFrame) -> Option<Availability> {
    move |frame| match frame {
        ServerFrame::Presence(seen) if seen.user == user => Some(seen.presence.availability),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_carries_its_expiry_and_its_key_expires_too() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (_ana, _) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let leases = || redis.keys().into_iter().find(|key| key.ends_with(":leases"));
    let key = until("her lease", leases);
    let value = redis.ask(&["HVALS", &key]);
    let end: i64 = value.rsplit(' ').next().and_then(|end| end.parse().ok()).expect("an end");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let left_ms = end - i64::try_from(now).expect("a time");
    assert!((1..=31_000).contains(&left_ms), "{left_ms} ms");
    assert!(redis.ask(&["PTTL", &key]).parse::<i64>().is_ok_and(|ttl| ttl > 0), "the key expires by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_begins_and_ends_with_its_connection() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (ana, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let second = Peer::appear_again(server.address(), &welcome.token.expect("a token")).await;
    until("two leases", || (leases(&redis) == 2).then_some(()));
    drop(ana);
    until("one lease", || (leases(&redis) == 1).then_some(()));
    drop(second);
    until("none", || (leases(&redis) == 0).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_written_again_as_soon_as_redis_is_back() {
    let mut redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::appear(server.address(), "ana", Subscription::None).await;
    until("her lease", || lease_key(&redis));
    // Between two renewals, which are ten seconds apart.
    redis.kill();
    redis.restart();
    let is_back = |frame: &ServerFrame| matches!(frame, ServerFrame::Service(service) if service.is_live_available);
    ana.pushed(|frame| is_back(frame).then_some(())).await;
    let back_at = std::time::Instant::now();
    until("her lease again", || lease_key(&redis));
    assert!(back_at.elapsed().as_secs() < 5, "with the next renewal only");
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_by_the_lease_of_another_process_is_unknown_while_redis_is_unreachable() {
    let mut redis = Redis::start();
    let mut server = server_on(&redis);
    let (_before, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let (_ben, bens) = Peer::appear(server.address(), "ben", Subscription::None).await;
    let ben = bens.user.id;
    until("their leases", || (leases(&redis) == 2).then_some(()));
    // The next process knows ben by the lease of the killed one.
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::All, None).await;
    let mut other = Peer::appear_again(server.address(), &token).await;
    let seen = async |peer: &mut Peer, user| {
        let who = peer.call(&Who { room: Some(GENERAL) }).await;
        who.people.iter().find(|seen| seen.user == user).map(|seen| seen.presence.availability)
    };
    let is_online = async || (seen(&mut ana, ben).await == Some(Availability::Online)).then_some(());
    eventually("ben by his lease", is_online).await;
    ana.pushed.clear();
    redis.kill();
    assert_eq!(ana.pushed(of(ben)).await, Availability::Unknown);
    assert_eq!(seen(&mut ana, ben).await, Some(Availability::Unknown));
    assert_eq!(seen(&mut ana, welcome.user.id).await, Some(Availability::Online), "she is known here");
    // Typing and presence of this process do not need Redis.
    other.call(&SetTyping { room: GENERAL, is_typing: true }).await;
    let typing = |frame: &ServerFrame| match frame {
        ServerFrame::Typing(typing) => Some((typing.user, typing.ttl_ms > 0)),
        _ => None,
    };
    assert_eq!(ana.pushed(typing).await, (welcome.user.id, true));
    let (_chen, chens) = Peer::appear(server.address(), "chen", Subscription::None).await;
    let chen = of(chens.user.id);
    eventually("chen", async || (ana.pushed(&chen).await == Availability::Online).then_some(())).await;
    // Redis comes back empty: ben's server is dead, so he is offline once his lease is gone.
    redis.restart();
    eventually("ben going offline", async || (ana.pushed(of(ben)).await == Availability::Offline).then_some(())).await;
}
