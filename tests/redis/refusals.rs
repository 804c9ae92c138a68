//! What is refused while Redis does not do its work, and how: each thing by itself, in its own words, without delay for
//! what Redis has no part in.

use chat_proto::client_frame::Subscription;
use chat_tests::peer::Peer;
use chat_tests::redis::Redis;
use chat_tests::wait::until;

use super::lives::{brief, server_on};

#[tokio::test(flavor = "multi_thread")]
async fn how_many_are_alive_is_not_said_while_nobody_knows() {
    let redis = Redis::start();
    let server = server_on(&redis);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.call(&brief("k", "brief", 600_000)).await;
    let totals = |count: usize| {
        let log = server.log();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("the last ten seconds")).collect();
        (lines.len() >= count).then(|| lines.last().map(ToString::to_string).unwrap_or_default())
    };
    let line = until("the first totals", || totals(1));
    assert!(line.contains("ephemeral_alive=1"), "{line}");
    redis.freeze();
    ana.post("lasting", "lasting").await;
    let line = until("the second totals", || totals(2));
    redis.thaw();
    assert!(!line.contains("ephemeral_alive"), "{line}");
    assert!(line.contains("posts=1"), "{line}");
}
