//! `chat-server doctor`: confirms correct settings, and names each fault with its remedy.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chat_tests::program;
use chat_tests::redis::Redis;
use chat_tests::server::Server;
use serde_json::Value;

/// Its output by the names of the checks, and its exit code.
struct Looked {
    checks: BTreeMap<String, Value>,
    code: i32,
}

impl Looked {
    fn level(&self, name: &str) -> &str {
        self.checks.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.checks))["level"]
            .as_str()
            .expect("a word")
    }

    fn advice(&self, name: &str) -> &str {
        self.checks[name]["advice"].as_str().unwrap_or_default()
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program::path("chat-server"));
    command.arg("doctor").args(arguments);
    command
}

fn look(data: &Path, arguments: &[&str]) -> Looked {
    let data = data.display().to_string();
    let mut all = vec!["--json", "--data", &data, "--listen", "127.0.0.1:0"];
    all.extend(arguments);
    let output = command(&all).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let checks = lines.map(|check| {
        assert_eq!((&check["v"], &check["type"]), (&2.into(), &"check".into()), "{check}");
        assert!(check["figures"].is_object() && check["message"].is_string(), "{check}");
        (check["name"].as_str().expect("a name").to_owned(), check)
    });
    Looked { checks: checks.collect(), code: output.status.code().expect("it ended by itself") }
}

/// Checks only a Redis.
fn look_at(url: &str) -> Looked {
    let folder = tempfile::tempdir().expect("a folder");
    look(folder.path(), &["--redis", url])
}

#[test]
fn all_is_well_before_a_server_runs_and_while_it_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = look(&folder.path().join("data"), &[]);
    assert_eq!(before.code, 0, "{:?}", before.checks);
    assert!(before.checks.values().all(|check| check["level"] != "fail"), "{:?}", before.checks);
    assert!(!folder.path().join("data").exists(), "nothing is created");
    let server = Server::start();
    let address = server.address().to_string();
    let socket = server.socket().display().to_string();
    let during = look(&server.data(), &["--listen", &address, "--unix", &socket]);
    assert_eq!(during.code, 0, "{:?}", during.checks);
    assert_eq!(during.checks["held by"]["figures"]["holder"], format!("pid {}", server.pid()));
    assert!(during.checks["database file"]["message"].as_str().expect("text").contains("all of it was checked"));
    for name in ["listen", "unix socket"] {
        let message = during.checks[name]["message"].to_string();
        assert!(message.contains("a server runs") || message.contains("free port"), "{message}");
    }
}

#[test]
fn an_address_in_use_and_a_wrong_setting_fail() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let address = server.address().to_string();
    let other = look(folder.path(), &["--metrics-listen", &address]);
    assert_eq!((other.code, other.level("metrics listen")), (1, "fail"));
    assert!(other.advice("metrics listen").contains("--metrics-listen"));
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    assert_eq!(look(&file, &[]).level("data folder"), "fail");
    let wrong = look(folder.path(), &["--metrics-listen", "nowhere"]);
    assert_eq!((wrong.code, wrong.level("settings")), (1, "fail"));
}

#[test]
fn a_well_configured_redis_is_measured_and_left_unchanged() {
    let redis = Redis::start_with(&["--appendonly", "yes", "--save", "3600", "1", "--maxmemory", "100mb"]);
    let found = look_at(&redis.url());
    assert_eq!(found.code, 0, "{:?}", found.checks);
    for name in ["redis ping", "redis read", "redis write", "redis pipeline"] {
        let figures = &found.checks[name]["figures"];
        assert_eq!(figures["rounds"], 100, "{name}");
        let (p50, p99) = (figures["p50_ms"].as_f64().expect("a time"), figures["p99_ms"].as_f64().expect("a time"));
        assert!(0.0 < p50 && p50 <= p99, "{name}: {figures}");
    }
    for name in ["redis", "redis role", "redis memory", "redis policy", "redis clients", "redis evictions"] {
        assert_eq!(found.level(name), "ok", "{:?}", found.checks[name]);
    }
    assert_eq!(found.checks["redis persistence"]["figures"]["mode"], "AOF and RDB");
    assert_eq!(found.checks["redis memory"]["figures"]["max_bytes"], 100 << 20);
    assert_eq!(redis.keys(), Vec::<String>::new());
}

#[test]
fn a_redis_without_persistence_gets_a_warning_with_a_remedy() {
    let redis = Redis::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    let found = look_at(&redis.url());
    assert_eq!(found.code, 0, "a warning is not a failure: {:?}", found.checks);
    assert_eq!((found.level("redis persistence"), found.level("redis policy")), ("warn", "warn"));
    assert!(found.advice("redis persistence").contains("appendonly yes"));
    assert!(found.advice("redis policy").contains("maxmemory-policy noeviction"));
    redis.ask(&["CONFIG", "SET", "maxmemory", "2mb"]);
    for number in 0..400 {
        redis.ask(&["SET", &format!("filler:{number}"), &"x".repeat(10_000)]);
    }
    let full = look_at(&redis.url());
    assert_eq!((full.code, full.level("redis policy"), full.level("redis evictions")), (1, "fail", "warn"));
}

#[test]
fn a_full_redis_a_replica_and_an_unreachable_one_fail() {
    let redis = Redis::start_with(&["--maxmemory", "100kb"]);
    let full = look_at(&redis.url());
    assert_eq!((full.code, full.level("redis write"), full.level("redis memory")), (1, "fail", "fail"));
    assert!(full.advice("redis write").contains("maxmemory"), "{:?}", full.checks["redis write"]);
    assert_eq!(full.level("redis read"), "ok", "reads still work and are measured");
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    redis.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    let replica = look_at(&redis.url());
    assert_eq!((replica.code, replica.level("redis role"), replica.level("redis write")), (1, "fail", "fail"));
    assert!(replica.advice("redis write").contains("primary"), "{:?}", replica.checks["redis write"]);
    let url = redis.url();
    redis.freeze();
    let frozen = look_at(&url);
    redis.thaw();
    assert_eq!((frozen.code, frozen.level("redis")), (1, "fail"));
    drop(redis);
    let away = look_at(&url);
    assert_eq!((away.code, away.level("redis")), (1, "fail"));
    assert!(away.advice("redis").contains("start it"));
}

#[test]
fn a_wrong_password_is_reported_and_missing_rights_are_named() {
    let redis = Redis::start();
    redis.ask(&["ACL", "SETUSER", "default", ">secret"]);
    let refused = look_at(&format!("{}?pass=wrong", redis.url()));
    assert_eq!((refused.code, refused.level("redis")), (1, "fail"));
    assert!(refused.advice("redis").contains("USER:PASSWORD"), "{:?}", refused.checks["redis"]);
    assert!(!refused.checks["redis"].to_string().contains("wrong"), "no password is shown");
    let rights = ["~{chat}:*", "+@all", "-@admin", "+client|id", "+client|kill"];
    let ask = |words: &[&str]| redis.ask(&[&["-a", "secret", "--no-auth-warning"], words].concat());
    ask(&[&["ACL", "SETUSER", "chat", "on", ">pass"][..], &rights].concat());
    let allowed = look_at(&format!("{}?user=chat&pass=pass", redis.url()));
    assert_eq!(allowed.code, 0, "{:?}", allowed.checks);
    assert_eq!(allowed.checks["redis persistence"]["figures"]["mode"], "unknown", "it may not ask CONFIG");
    ask(&["ACL", "SETUSER", "chat", "-set"]);
    let reader = look_at(&format!("{}?user=chat&pass=pass", redis.url()));
    assert_eq!(reader.level("redis write"), "fail");
    assert!(reader.advice("redis write").contains("grant"), "{:?}", reader.checks["redis write"]);
}

#[test]
fn redis_is_checked_under_the_prefix_of_the_settings_or_of_a_flag() {
    let redis = Redis::start();
    let rights = ["on", ">pass", "~{talk}:*", "+@all", "-@admin", "+client|id", "+client|kill"];
    redis.ask(&[&["ACL", "SETUSER", "chat"], &rights[..]].concat());
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("server.toml");
    std::fs::write(&settings, "[redis]\nprefix = \"talk\"\n").expect("written");
    let url = format!("{}?user=chat&pass=pass", redis.url());
    let data = folder.path().join("data");
    for more in [["--config", settings.to_str().expect("UTF-8")], ["--prefix", "talk"]] {
        let looked = look(&data, &[&["--redis", &url], &more[..]].concat());
        assert_eq!((looked.code, looked.level("redis rights")), (0, "ok"), "{:?}", looked.checks);
    }
    let looked = look(&data, &["--redis", &url]);
    assert_eq!((looked.code, looked.level("redis rights")), (1, "fail"));
    let database = look(&data, &["--redis", &format!("{url}&db=99")]);
    assert_eq!((database.code, database.level("redis")), (1, "fail"));
    assert!(database.advice("redis").contains("0 to 15"), "{:?}", database.checks["redis"]);
}

#[test]
fn the_text_output_shows_each_level_as_a_word_and_flags_work_on_either_side() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program::path("chat-server"));
    command.args(["--redis", &redis.url(), "doctor", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("\nok    data folder ") && text.contains("\nwarn  redis persistence none\n"), "{text}");
    assert!(text.contains("\n      → appendonly yes") && !text.contains('\x1b'), "{text}");
}

#[test]
fn with_redis_the_metrics_include_its_round_trips() {
    let mut redis = Redis::start();
    let server = Server::start_with(&["--redis", &redis.url()], "[limits]\nenabled = false\n");
    let figure = |name: &str| {
        let page = server.metrics();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no {name} in {page}")).parse::<f64>().expect("a number")
    };
    assert!(figure("chat_redis_pipeline_seconds_count") >= 1.0);
    assert!(figure("chat_redis_reconnects_total") < 0.5);
    redis.kill();
    chat_tests::wait::until("the outage of Redis", || (figure("chat_live_available") < 0.5).then_some(()));
    assert!(!server.metrics().contains("chat_ephemeral_alive"), "unknown figures are omitted");
    assert!(figure("chat_redis_refused_operations_total") >= 1.0);
    redis.restart();
    chat_tests::wait::until("the return of Redis", || (figure("chat_live_available") > 0.5).then_some(()));
    assert!((figure("chat_redis_reconnects_total") - 1.0).abs() < 0.1);
}
