//! Starting with a Redis that is misconfigured or unreachable.

use std::process::{Command, Output};

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_tests::peer::Peer;
use chat_tests::program;
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use chat_tests::wait::until;

use super::lives::{ephemeral, put};

pub(crate) fn start(flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program::path("chat-server"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).args(flags);
    command.output().expect("it runs")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn permanent_faults_are_reported_with_their_remedy() {
    let redis = Redis::start_with(&["--requirepass", "sesame"]);
    let output = start(&["--redis", &redis.url()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("user and password"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("sesame"));
    let output = start(&["--redis", "http://127.0.0.1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("redis://127.0.0.1:6379"), "{}", stderr(&output));
    let output = start(&["--redis", "unix:///nowhere/redis", "--require-redis"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot be reached") && stderr(&output).contains("--require-redis"));
    let output = start(&["--require-redis"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn a_missing_database_is_named_together_with_a_valid_one() {
    let redis = Redis::start();
    let url = format!("{}?db=99", redis.url());
    for flags in [&["--redis", &url][..], &["--redis", &url, "--require-redis"]] {
        let output = start(flags);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        for part in ["database 99", "DB index is out of range", "0 to 15", "?db=0"] {
            assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
        }
    }
    for impossible in
        ["redis://127.0.0.1/-1", "redis://127.0.0.1/first", "unix:///nowhere?db=-1", "unix:///nowhere?db=x"]
    {
        let output = start(&["--check-config", "--redis", impossible]);
        assert_eq!(output.status.code(), Some(2), "{impossible}: {}", stderr(&output));
        assert!(stderr(&output).to_lowercase().contains("database"), "{}", stderr(&output));
    }
    assert_eq!(start(&["--check-config", "--redis", "redis://127.0.0.1/15"]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_sets_the_address_and_key_prefix_of_redis() {
    let redis = Redis::start();
    let url = redis.url();
    let variables =
        [("CHAT_SERVER_REDIS_PREFIX", "other"), ("CHAT_SERVER_REDIS_URL", &url), ("CHAT_SERVER_COLOUR", "1")];
    let settings = "[redis]\nprefix = \"talk\"\nurl = \"unix:///nowhere\"\n";
    let server = Server::start_with_variables(&[], settings, &variables);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("k", "ephemeral", 60_000)).await;
    let keys = redis.keys();
    assert!(keys.len() > 3 && keys.iter().all(|key| key.starts_with("{other}:")), "{keys:?}");
    assert!(server.log().contains("CHAT_SERVER_COLOUR"), "the unknown variable is named: {}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_a_password_and_a_database_are_used() {
    let redis = Redis::start();
    let rights =
        ["ACL", "SETUSER", "chat", "on", ">sesame", "~{talk}:*", "+@all", "-@admin", "+client|id", "+client|kill"];
    assert_eq!(redis.ask(&rights), "OK");
    let url = format!("redis+unix://{}?user=chat&pass=sesame&db=3", redis.socket().display());
    let server = Server::start_with(&["--redis", &url], "[redis]\nprefix = \"talk\"\n");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("k", "ephemeral", 60_000)).await;
    assert_eq!(redis.keys(), Vec::<String>::new(), "another database");
    let keys = redis.ask(&["-n", "3", "--scan"]);
    assert!(keys.lines().count() > 3 && keys.lines().all(|key| key.starts_with("{talk}:")), "{keys}");
    assert!(!server.log().contains("sesame"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_works_only_with_a_redis_whose_certificate_is_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(path("cert"), made.cert.pem()).expect("written");
    std::fs::write(path("key"), made.signing_key.serialize_pem()).expect("written");
    let (cert, key) = (path("cert"), path("key"));
    let tls = ["--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-ca-cert-file", &cert];
    let (_redis, port) = Redis::start_with_port("--tls-port", &[&["--tls-auth-clients", "no"][..], &tls[..]].concat());
    let url = format!("rediss://localhost:{port}/0");
    let flags = ["--redis", &url, "--require-redis"];
    let server = Server::start_with_variables(&flags, "", &[("SSL_CERT_FILE", &cert)]);
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("k", "ephemeral", 60_000)).await;
    let output = start(&flags);
    assert_eq!(output.status.code(), Some(1), "an untrusted certificate is refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_starts_later_is_used() {
    let mut redis = Redis::start();
    redis.kill();
    let server = Server::start_with(&["--redis", &redis.url()], "[limits]\nenabled = false\n");
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    assert!(!welcome.service.is_live_available);
    assert_eq!(ana.refused(&ephemeral("k", "ephemeral", 60_000)).await, ErrorCode::LiveUnavailable);
    ana.post("persistent", "persistent").await;
    redis.restart();
    let log = || server.log().contains("cannot be reached").then_some(());
    until("the log line about it", log);
    let posted = ana.until_taken("the service", &ephemeral("k", "ephemeral", 60_000)).await;
    assert!(!posted.duplicate);
}
