//! Signing in: who may create an account, how often a password may be guessed, who can use the Unix socket.

use std::os::unix::fs::MetadataExt;

use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::server_frame::{ServerFrame, Welcome};
use chat_tests::peer::Peer;
use chat_tests::server::Server;

/// Sends `hello` over a new connection.
async fn hello(server: &Server, auth: Auth) -> Result<Box<Welcome>, ErrorBody> {
    let mut peer = Peer::connect(server.address()).await;
    peer.send(codec::encode_hello(&Peer::hello(auth, Subscription::None, None))).await;
    match peer.next().await {
        Some(ServerFrame::Welcome(welcome)) => Ok(welcome),
        Some(ServerFrame::Error(refused)) => Err(refused.error),
        other => panic!("an answer to hello, not {other:?}"),
    }
}

fn register(name: &str, code: Option<&str>) -> Auth {
    let code = code.map(str::to_owned);
    Auth::Register { name: name.parse().expect("a name"), password: "correct horse".into(), code }
}

fn password(name: &str, password: &str) -> Auth {
    Auth::Password { name: name.parse().expect("a name"), password: password.into() }
}

#[tokio::test]
async fn a_setup_code_creates_one_account() {
    let mut server = Server::start_with(&[], "[auth]\nregistration = \"code\"\n");
    let line = server.next_line();
    let code = line.strip_prefix("setup code for the first account: ").unwrap_or_else(|| panic!("{line:?}"));
    for wrong in [None, Some("0"), Some("")] {
        let refused = hello(&server, register("ana", wrong)).await.expect_err("no code");
        assert_eq!(refused.code, ErrorCode::RegistrationClosed);
    }
    // A taken name or too short a password does not use it up.
    let short = Auth::Register { name: "ana".parse().expect("a name"), password: "x".into(), code: Some(code.into()) };
    assert_eq!(hello(&server, short).await.expect_err("too short").code, ErrorCode::BadRequest);
    assert_eq!(hello(&server, register("ana", Some(code))).await.expect("welcome").user.name.as_str(), "ana");
    let refused = hello(&server, register("ben", Some(code))).await.expect_err("used up");
    assert_eq!(refused.code, ErrorCode::RegistrationClosed);
    assert!(!server.log().contains(code), "the log must not contain the code");
}

#[tokio::test]
async fn wrong_passwords_must_wait_and_other_accounts_need_not() {
    let server = Server::start_with(&[], "");
    for name in ["ana", "ben"] {
        hello(&server, register(name, None)).await.expect("welcome");
    }
    let mut wrong = 0;
    let refused = loop {
        let refused = hello(&server, password("ana", "wrong horse")).await.expect_err("wrong");
        if refused.code != ErrorCode::AuthFailed {
            break refused;
        }
        wrong += 1;
        assert!(wrong < 20, "guesses are limited");
    };
    assert_eq!((refused.code, refused.retryable), (ErrorCode::RateLimited, true));
    assert!(refused.retry_after_ms.is_some_and(|ms| ms > 0));
    assert!(wrong >= 10);
    let right = hello(&server, password("ana", "correct horse")).await;
    assert_eq!(right.expect_err("must wait, too").code, ErrorCode::RateLimited);
    hello(&server, password("ben", "correct horse")).await.expect("another name");
}

#[tokio::test]
async fn the_socket_has_the_requested_mode_and_group() {
    let own = std::process::Command::new("id").arg("-gn").output().expect("it runs").stdout;
    let group = String::from_utf8(own).expect("UTF-8");
    let server = Server::start_with(&["--unix-mode", "0620", "--unix-group", group.trim()], "");
    let found = std::fs::metadata(server.socket()).expect("the socket");
    assert_eq!(found.mode() & 0o777, 0o620);
    assert_eq!(found.gid(), rustix::process::getgid().as_raw());
    let closed = Server::start();
    assert_eq!(std::fs::metadata(closed.socket()).expect("the socket").mode() & 0o777, 0o600, "the default");
}
