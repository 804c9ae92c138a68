//! What two runs of a server share through Redis: how much an account has posted.

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_tests::peer::{Peer, post};
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_nobody_a_new_burst() {
    let redis = Redis::start();
    let settings = "[limits]\nposts_per_second = 1\nposts_burst = 30\n";
    let mut server = Server::start_with(&["--redis", &redis.url()], settings);
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    for number in 0..30 {
        ana.post(&format!("k{number}"), &format!("line {number}")).await;
    }
    until("the shared bucket", || redis.keys().into_iter().find(|key| key.contains(":bucket:posts:")));
    server.kill();
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    // The first second passes on what is known here; then what was used before counts.
    let mut refused = None;
    for number in 30..90 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let answer = ana.try_call(&post(&format!("k{number}"), &format!("line {number}"))).await;
        if let Err(error) = answer.expect("connected") {
            refused = Some((number, error.code));
            break;
        }
    }
    let (number, code) = refused.expect("she waits long before another thirty");
    assert_eq!(code, ErrorCode::RateLimited);
    assert!(number < 55, "{} passed", number - 30);
}
