//! `chat doctor`: the server's figures, and the state of its Redis.

use std::collections::BTreeMap;

use chat_tests::client::Home;
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use serde_json::Value;

fn checks(text: &[u8]) -> BTreeMap<String, Value> {
    let text = String::from_utf8_lossy(text).into_owned();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.map(|check| (check["name"].as_str().expect("a name").to_owned(), check)).collect()
}

#[test]
fn the_figures_of_the_server_are_served_over_the_socket_and_over_loopback() {
    let server = Server::start();
    let home = Home::signed_in(&server, "ana");
    for body in ["one", "two"] {
        home.output(&["send", "general", body]);
    }
    home.output(&["send", "general", "--ttl", "1h", "ephemeral"]);
    let ways = [format!("unix:{}", server.socket().display()), format!("ws://{}", server.address())];
    for server in ways {
        // The token is kept for the socket's address only: the figures are also served without signing in.
        let found = checks(&home.run(&["--server", &server, "doctor", "--json"]).stdout);
        assert_eq!(found["ephemeral"]["figures"]["alive"], 1, "{server}: {found:?}");
        assert_eq!(found["database"]["level"], "ok");
        let acknowledged = &found["acknowledged"]["figures"];
        assert_eq!(acknowledged["count"], 3, "{acknowledged}");
        assert!(acknowledged["p99_within_ms"].as_f64() > Some(0.0), "{acknowledged}");
        assert!(found["connections"]["figures"]["connections"].is_u64());
        assert_eq!(found["connections"]["level"], "ok");
    }
    let text = home.output(&["doctor"]);
    assert!(text.contains("\nok    acknowledged      p50 "), "{text}");
}

#[test]
fn a_redis_is_checked_if_one_is_named() {
    let redis = Redis::start();
    let mut home = Home::default();
    let output = home.run(&["doctor", "--json", "--redis", &redis.url()]);
    let found = checks(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "a warning is not a failure: {found:?}");
    assert_eq!(found["redis pipeline"]["figures"]["rounds"], 100);
    assert_eq!((&found["redis persistence"]["level"], &found["redis policy"]["level"]), (&"warn".into(), &"ok".into()));
    home.set("CHAT_REDIS_URL", "redis://127.0.0.1:1");
    let output = home.run(&["doctor", "--json"]);
    assert_eq!((output.status.code(), &checks(&output.stdout)["redis"]["level"]), (Some(1), &"fail".into()));
}

#[test]
fn a_redis_is_checked_under_the_keys_that_its_user_may_use() {
    let redis = Redis::start();
    let rights = ["on", ">sesame", "~{talk}:*", "+@all", "-@admin", "+client|id", "+client|kill"];
    assert_eq!(redis.ask(&[&["ACL", "SETUSER", "chat"], &rights[..]].concat()), "OK");
    let url = |more: &str| format!("{}?user=chat&pass=sesame{more}", redis.url());
    let home = Home::default();
    let looked = |arguments: &[&str]| {
        let output = home.run(&[&["doctor", "--json"], arguments].concat());
        (output.status.code(), checks(&output.stdout))
    };
    let (code, found) = looked(&["--redis", &url(""), "--prefix", "talk"]);
    assert_eq!((code, &found["redis rights"]["level"]), (Some(0), &"ok".into()), "{found:?}");
    let (code, found) = looked(&["--redis", &url("")]);
    assert_eq!((code, &found["redis rights"]["level"]), (Some(1), &"fail".into()), "{found:?}");
    let advice = found["redis rights"]["advice"].as_str().expect("advice");
    assert!(advice.contains("ACL SETUSER chat ~{chat}:* +@all") && advice.contains("--prefix"), "{advice}");
    redis.ask(&["ACL", "SETUSER", "chat", "-evalsha"]);
    let (_, found) = looked(&["--redis", &url(""), "--prefix", "talk"]);
    assert!(found["redis rights"]["message"].as_str().expect("a message").contains("'evalsha'"), "{found:?}");
    let (code, found) = looked(&["--redis", &url("&db=99"), "--prefix", "talk"]);
    assert_eq!(code, Some(1));
    assert!(found["redis"]["message"].as_str().expect("a message").contains("database 99"), "{found:?}");
    let (_, found) = looked(&["--redis", &url(""), "--prefix", "not {one}"]);
    assert_eq!(found["redis"]["level"], "fail", "{found:?}");
}
