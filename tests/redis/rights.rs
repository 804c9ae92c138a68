//! What the server may do in Redis is its user's rights: those that lack at the start are named, and so are those that
//! are taken away later.

use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::Peer;
use chat_tests::redis::Redis;
use chat_tests::wait::eventually;
use tokio::time::Instant;

use super::lives::{brief, put, server_at};
use super::starting::{start, told};

/// What README says suffices.
const ENOUGH: [&str; 6] = [">sesame", "~{chat}:*", "+@all", "-@admin", "+client|id", "+client|kill"];

fn url(redis: &Redis, database: u8) -> String {
    format!("unix://{}?user=chat&pass=sesame&db={database}", redis.socket().display())
}

/// A Redis whose user `chat` has what suffices, and after it these rules.
fn redis_with(rules: &[&str]) -> Redis {
    let redis = Redis::start();
    let words = [&["ACL", "SETUSER", "chat", "on"], &ENOUGH[..], rules].concat();
    assert_eq!(redis.ask(&words), "OK", "{words:?}");
    redis
}

#[test]
fn a_right_that_lacks_is_named_at_the_start_with_the_rule_that_gives_it() {
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
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{rules:?}: {told}");
        let cure = "ACL SETUSER chat ~{chat}:* +@all -@admin +client|id +client|kill";
        for part in ["lacks rights", named, cure] {
            assert!(told.contains(part), "{rules:?}: {part} in {told}");
        }
        assert!(!told.contains("right user and password"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_away_later_is_named_in_the_log_and_the_service_does_not_come_and_go() {
    let redis = redis_with(&[]);
    let server = server_at(&url(&redis, 0));
    let (mut ana, _) = Peer::appear(server.address(), "ana", Subscription::All).await;
    put(&mut ana, &brief("before", "before", 600_000)).await;
    redis.ask(&["ACL", "SETUSER", "chat", "-evalsha"]);
    let told = |frame: &ServerFrame| match frame {
        ServerFrame::Service(service) => Some(service.is_live_available),
        _ => None,
    };
    // The sweep learns it: nobody posts what would have to be taken back.
    assert!(!ana.pushed(told).await);
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(6) {
        ana.post(&format!("lasting{}", since.elapsed().as_millis()), "lasting").await;
        assert!(!ana.pushed.iter().any(|frame| told(frame).is_some()), "it comes and goes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ana.refused(&brief("without", "without", 600_000)).await, ErrorCode::LiveUnavailable);
    assert!(server.log().lines().any(|line| line.contains("lacks rights") && line.contains("evalsha")));
    redis.ask(&["ACL", "SETUSER", "chat", "+evalsha"]);
    eventually("the return of the service", async || ana.pushed(told).await.then_some(())).await;
    assert!(!ana.call(&brief("without", "without", 600_000)).await.duplicate);
}
