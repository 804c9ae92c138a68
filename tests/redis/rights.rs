//! The rights of the server's Redis user: missing ones are named at startup, and revoked ones in the log.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::Peer;
use chat_tests::redis::Redis;
use chat_tests::wait::eventually;
use tokio::time::Instant;

use super::lives::{ephemeral, put, server_at};
use super::starting::{start, stderr};

/// The rights that README calls sufficient.
const ENOUGH: [&str; 6] = [">sesame", "~{chat}:*", "+@all", "-@admin", "+client|id", "+client|kill"];

fn url(redis: &Redis, database: u8) -> String {
    format!("unix://{}?user=chat&pass=sesame&db={database}", redis.socket().display())
}

/// Starts a Redis whose user `chat` has the sufficient rights, followed by these rules.
fn redis_with(rules: &[&str]) -> Redis {
    let redis = Redis::start();
    let words = [&["ACL", "SETUSER", "chat", "on"], &ENOUGH[..], rules].concat();
    assert_eq!(redis.ask(&words), "OK", "{words:?}");
    redis
}

#[test]
fn a_missing_right_is_named_at_startup_with_the_rule_that_grants_it() {
    for (rules, named) in [
        (&["resetkeys", "~other:*"][..], "keys"),
        (&["-select"], "'select'"),
        (&["-set"], "'set'"),
        (&["-script|load"], "'script|load'"),
        (&["-evalsha"], "'evalsha'"),
        (&["-hset"], "'hset'"),
        (&["-zadd"], "'zadd'"),
        (&["-pexpire"], "'pexpire'"),
        (&["-info"], "'info'"),
        (&["-client|id"], "'client|id'"),
        (&["-client|kill"], "'client|kill'"),
    ] {
        let redis = redis_with(rules);
        let output = start(&["--redis", &url(&redis, 3)]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{rules:?}: {text}");
        let cure = "ACL SETUSER chat ~{chat}:* +@all -@admin +client|id +client|kill";
        for part in ["lacks rights", named, cure] {
            assert!(text.contains(part), "{rules:?}: {part} in {text}");
        }
        assert!(!text.contains("right user and password"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_right_is_named_in_the_log_and_the_service_does_not_flap() {
    let redis = redis_with(&[]);
    let server = server_at(&url(&redis, 0));
    let (mut ana, _) = Peer::appear(server.address(), "ana", Subscription::All).await;
    put(&mut ana, &ephemeral("before", "before", 600_000)).await;
    redis.ask(&["ACL", "SETUSER", "chat", "-evalsha"]);
    let availability = |frame: &ServerFrame| match frame {
        ServerFrame::Service(service) => Some(service.is_live_available),
        _ => None,
    };
    // The sweep detects it, so that no post has to be compensated.
    assert!(!ana.pushed(availability).await);
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(6) {
        ana.post(&format!("persistent{}", since.elapsed().as_millis()), "persistent").await;
        assert!(!ana.pushed.iter().any(|frame| availability(frame).is_some()), "it flaps");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ana.refused(&ephemeral("without", "without", 600_000)).await, ErrorCode::LiveUnavailable);
    assert!(server.log().lines().any(|line| line.contains("lacks rights") && line.contains("evalsha")));
    redis.ask(&["ACL", "SETUSER", "chat", "+evalsha"]);
    eventually("the return of the service", async || ana.pushed(availability).await.then_some(())).await;
    assert!(!ana.call(&ephemeral("without", "without", 600_000)).await.duplicate);
}
