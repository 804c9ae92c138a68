//! Sign-ins are fair: what they cost is given back, nobody's guesses or waiting are another's, and proxies name their clients.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::SetPassword;
use chat_proto::server_frame::{ServerFrame, Welcome};
use chat_tests::peer::Peer;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use futures_util::StreamExt;

const TRUSTING: &str = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";

fn password(name: &str, password: &str) -> Auth {
    Auth::Password { name: name.parse().expect("a name"), password: password.into() }
}

fn register(name: &str, code: Option<&str>) -> Auth {
    let code = code.map(str::to_owned);
    Auth::Register { name: name.parse().expect("a name"), password: "correct horse".into(), code }
}

async fn say_hello(mut peer: Peer, auth: Auth) -> Result<Box<Welcome>, ErrorBody> {
    peer.send(codec::encode_hello(&Peer::hello(auth, Subscription::None, None))).await;
    match peer.next().await {
        Some(ServerFrame::Welcome(welcome)) => Ok(welcome),
        Some(ServerFrame::Error(refused)) => Err(refused.error),
        other => panic!("an answer to hello, not {other:?}"),
    }
}

/// Sends `hello` directly.
async fn hello(server: &Server, auth: Auth) -> Result<Box<Welcome>, ErrorBody> {
    say_hello(Peer::connect(server.address()).await, auth).await
}

/// Sends `hello` through a proxy that names this client.
async fn hello_from(server: &Server, client: &str, auth: Auth) -> Result<Box<Welcome>, ErrorBody> {
    say_hello(Peer::connect_with(server.address(), &[("x-forwarded-for", client)]).await, auth).await
}

/// How often each code was answered.
fn counted(answers: impl IntoIterator<Item = Result<Box<Welcome>, ErrorBody>>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let code = answer.map_or_else(|refused| format!("{:?}", refused.code), |_| "Ok".to_owned());
        *counts.entry(code).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_given_back_after_password_sign_ins() {
    let server = Server::start();
    let fresh = server.resident_kib();
    hello(&server, register("ana", None)).await.expect("welcome");
    for n in 0..30 {
        let wrong = hello(&server, password(&format!("name{n}"), "wrong horse")).await.expect_err("wrong");
        assert_eq!(wrong.code, ErrorCode::AuthFailed);
        hello(&server, password("ana", "correct horse")).await.expect("right");
    }
    // Code that has run since, and what 60 connections left; a block for one hash is 19 MiB.
    let most = fresh + 6 * 1_024;
    eventually("little memory", async || (server.resident_kib() < most).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_names_from_one_network_are_braked_and_other_networks_are_not() {
    let server = Server::start_with(&[], TRUSTING);
    hello(&server, register("ana", None)).await.expect("welcome");
    let attempts = (0..120).map(|n| {
        let client = format!("2001:470:1:2::{n:x}");
        let server = &server;
        async move { hello_from(server, &client, password(&format!("name{n}"), "wrong horse")).await }
    });
    let answers: Vec<_> = futures_util::stream::iter(attempts).buffer_unordered(8).collect().await;
    let counts = counted(answers);
    // A slow machine gives one attempt back every five seconds.
    let judged = counts.get("AuthFailed").copied().unwrap_or(0);
    assert!((50..=60).contains(&judged) && counts["RateLimited"] == 120 - judged, "{counts:?}");
    hello_from(&server, "198.51.100.7", password("ana", "correct horse")).await.expect("another network");
    hello_from(&server, "2001:470:1:3::1", password("ana", "correct horse")).await.expect("the next network");
    let made_up = [("x-forwarded-for", "198.51.100.7, 2001:470:1:2::1")];
    let peer = Peer::connect_with(server.address(), &made_up).await;
    let refused = say_hello(peer, password("ben", "wrong horse")).await.expect_err("the same network");
    assert_eq!(refused.code, ErrorCode::RateLimited);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_counts_no_guess_and_others_get_their_turn() {
    let server = Server::start_with(&[], TRUSTING);
    hello(&server, register("ana", None)).await.expect("welcome");
    let server = &server;
    let flood = async {
        // As many at once as find no place; each name is tried once.
        let attempts = (0..320).map(|n| {
            let name = format!("name{n}");
            async move { hello_from(server, &format!("203.0.113.{}", 1 + n % 8), password(&name, "wrong horse")).await }
        });
        futures_util::future::join_all(attempts).await
    };
    let owner = async {
        let mut answers = Vec::new();
        for _ in 0..12 {
            answers.push(hello_from(server, "198.51.100.7", password("ana", "correct horse")).await);
        }
        answers
    };
    let (flooded, owned) = tokio::join!(flood, owner);
    let counts = counted(flooded);
    assert!(counts.get("TooMany").copied().unwrap_or(0) > 10, "{counts:?}");
    assert_eq!(counted(owned), BTreeMap::from([("Ok".to_owned(), 12)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_guesses_on_this_machine_keeps_nobody_here_out() {
    let server = Server::start();
    hello(&server, register("ana", None)).await.expect("welcome");
    let server = &server;
    let is_over = AtomicBool::new(false);
    let attack = async |attacker: usize| {
        let mut number = 0;
        while !is_over.load(Ordering::Relaxed) {
            number += 1;
            drop(hello(server, password(&format!("name{attacker}-{number}"), "wrong horse")).await);
        }
    };
    let owner = async {
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(hello(server, password("ana", "correct horse")).await);
        }
        is_over.store(true, Ordering::Relaxed);
        answers
    };
    let (_, owned) = tokio::join!(futures_util::future::join_all((0..60).map(attack)), owner);
    assert_eq!(counted(owned), BTreeMap::from([("Ok".to_owned(), 6)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_an_address_lock_out_nobody_who_has_signed_in_from_there() {
    let server = Server::start_with(&[], &format!("{TRUSTING}[auth]\nregistration = \"open\"\n"));
    let nat = "203.0.113.9";
    let welcome = hello_from(&server, nat, register("ana", None)).await.expect("welcome");
    let token = welcome.token.expect("a token");
    let mut counts = BTreeMap::new();
    for n in 0..60 {
        let answer = hello_from(&server, nat, password(&format!("name{n}"), "wrong horse")).await;
        *counts.entry(format!("{:?}", answer.expect_err("wrong").code)).or_insert(0) += 1;
    }
    assert!(counts.contains_key("RateLimited"), "{counts:?}");
    hello_from(&server, nat, password("ana", "correct horse")).await.expect("a name that is known there");
    hello_from(&server, nat, Auth::Token { token }).await.expect("a token");
    let unknown = hello_from(&server, nat, password("ben", "wrong horse")).await.expect_err("unknown there");
    assert_eq!(unknown.code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn guesses_with_set_password_must_wait() {
    let server = Server::start_with(&[], "");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let guess = |old: &str| SetPassword { old: Some(old.to_owned()), new: "another horse".into() };
    let mut judged = 0;
    let code = loop {
        let refused = ana.try_call(&guess("wrong horse")).await.expect("connected").expect_err("wrong");
        if refused.code != ErrorCode::AuthFailed {
            break refused.code;
        }
        judged += 1;
        assert!(judged < 20, "guesses are limited");
    };
    assert_eq!(code, ErrorCode::RateLimited);
    assert!(judged >= 10, "{judged}");
}

#[tokio::test]
async fn a_client_behind_a_proxy_is_not_local_and_a_header_alone_makes_nobody_another() {
    let trusting = Server::start_with(&[], TRUSTING);
    let refused = hello_from(&trusting, "198.51.100.7", register("eve", None)).await.expect_err("not local");
    assert_eq!(refused.code, ErrorCode::RegistrationClosed);
    hello(&trusting, register("ana", None)).await.expect("local");
    let distrusting = Server::start_with(&[], "");
    for n in 0..12 {
        // Each attempt claims another address; they count as one.
        let answer = hello_from(&distrusting, &format!("198.51.100.{n}"), password("ana", "wrong horse")).await;
        let code = answer.expect_err("wrong").code;
        assert_eq!(code, if n < 10 { ErrorCode::AuthFailed } else { ErrorCode::RateLimited }, "{n}");
    }
    assert!(distrusting.log().contains("server.trusted_proxies"), "{}", distrusting.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_start_has_a_new_setup_code_until_there_is_an_account() {
    let mut server = Server::start_with(&["--trusted-proxies", "127.0.0.1"], "");
    let code_of = |line: String| line.strip_prefix("setup code for the first account: ").expect("a code").to_owned();
    let former = code_of(server.next_line());
    server.terminate();
    server.restart();
    let code = code_of(server.next_line());
    assert_ne!(former, code);
    let away = "198.51.100.7";
    let refused = hello_from(&server, away, register("eve", Some(&former))).await.expect_err("replaced");
    assert_eq!(refused.code, ErrorCode::RegistrationClosed);
    // Someone of this machine makes the first account.
    hello(&server, register("ana", None)).await.expect("welcome");
    let refused = hello_from(&server, away, register("eve", Some(&code))).await.expect_err("too late");
    assert_eq!(refused.code, ErrorCode::RegistrationClosed);
    server.terminate();
    server.restart();
    server.terminate();
    assert_eq!(server.next_line(), "", "there is an account");
}
