//! The log: what each line about a post says, and what none may say.

use chat_proto::client_frame::Subscription;
use chat_tests::peer::Peer;
use chat_tests::server::Server;
use chat_tests::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_logged_with_its_room_number_size_time_and_user_and_never_its_text() {
    let server = Server::start_with(&["-vv"], "[limits]\nenabled = false\n");
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let posted = ana.post("k", "zanzibarsecret").await;
    let line =
        until("a line about the post", || server.log().lines().find(|line| line.contains("posted")).map(str::to_owned));
    let seq = format!("seq={} ", posted.seq.0);
    let user = format!("user={}", welcome.user.id);
    for field in ["room=R1 ", &seq, "bytes=14 ", "elapsed_us=", &user] {
        assert!(line.contains(field), "{field} in {line}");
    }
    assert!(!server.log().contains("zanzibar"), "even with everything logged");
}
