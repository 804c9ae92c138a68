//! Signing in: who may create an account, how often a password may be guessed, who can use the Unix socket.

use std::os::unix::fs::MetadataExt;

use chat_proto::client_frame::{Auth, ClientInfo, Hello, Subscription};
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::server_frame::{ServerFrame, Welcome};
use chat_tests::peer::{Peer, public_room};
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

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_that_is_drawn_like_another_is_refused_and_an_existing_one_signs_in() {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "victim", Subscription::None).await;
    let stacked = format!("victim{}", "\u{301}".repeat(3));
    for (name, said) in [
        ("vi\u{307}ctim", "an i or a j"),
        ("VİCTİM", "an i or a j"),
        ("victim\u{2bc}", "U+02BC"),
        (&stacked, "two marks"),
    ] {
        let refused = hello(&server, register(name, None)).await.expect_err("refused");
        assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::BadRequest, Some("auth.name")), "{name}");
        assert!(refused.message.contains(said), "{}", refused.message);
        let refused = ana.try_call(&public_room(name)).await.expect("an answer").expect_err("refused");
        assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::BadRequest, Some("name")), "{name}");
    }
    hello(&server, register("maría", None)).await.expect("a name of many languages");
    server.edit_database(|database| {
        database.execute("UPDATE account SET name = 'vi\u{307}ctim' WHERE name = 'victim'", []).expect("renamed");
    });
    let welcome = hello(&server, password("vi\u{307}ctim", "correct horse")).await.expect("it was there before");
    assert_eq!(welcome.user.name.as_str(), "vi\u{307}ctim");
}

#[tokio::test]
async fn the_log_shows_what_is_hidden_in_a_clients_name() {
    let server = Server::start();
    let hidden = "a\u{202e}b\u{2028}c\u{e0041}d\u{200b}e\u{3164}f\u{fe0f}g";
    let client = ClientInfo { name: hidden.into(), version: "0".into() };
    let mut peer = Peer::connect(server.address()).await;
    let hello = Hello { client, ..Peer::hello(register("ana", None), Subscription::None, None) };
    peer.send(codec::encode_hello(&hello)).await;
    assert!(matches!(peer.next().await, Some(ServerFrame::Welcome(_))));
    let log = chat_tests::wait::eventually("the line", async || {
        server.log().lines().find(|line| line.contains("signed in")).map(str::to_owned)
    })
    .await;
    assert!(log.contains(r"client=a\u{202e}b\u{2028}c\u{e0041}d\u{200b}e\u{3164}f\u{fe0f}g"), "{log}");
    assert!(log.is_ascii(), "{log}");
}
