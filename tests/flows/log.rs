//! The log: what each line about a post says, and what none may say.

use chat_proto::client_frame::Subscription;
use chat_tests::client::Home;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_where_connections_come_from_only_if_it_is_asked_to() {
    let line_with = |server: &Server, words: &str| {
        until(words, || server.log().lines().find(|line| line.contains(words)).map(str::to_owned))
    };
    let server = Server::start();
    let _ana = Peer::register(server.address(), "ana", Subscription::None).await;
    let line = line_with(&server, "signed in");
    assert!(!line.contains("peer") && !line.contains("127.0.0.1"), "{line}");

    let server = Server::start_with(&["--log-peers"], "[limits]\nenabled = false\n");
    let _ana = Peer::register(server.address(), "ana", Subscription::None).await;
    let line = line_with(&server, "signed in");
    assert!(line.contains("peer=127.0.0.1 "), "{line}");
    let home = Home::default();
    let address = format!("ws://{}", server.address());
    assert_eq!(
        home.pipe(&["--server", &address, "login", "ana", "--password-stdin"], b"wrong one\n").status.code(),
        Some(4)
    );
    let line = line_with(&server, "sign-in refused");
    assert!(line.contains("peer=127.0.0.1"), "{line}");
    let socket = format!("unix:{}", server.socket().display());
    home.output(&["--server", &socket, "whoami"]);
    let uid = format!("peer=uid:{} ", rustix::process::getuid().as_raw());
    until("a sign-in over the socket", || server.log().contains(&uid).then_some(()));
}
