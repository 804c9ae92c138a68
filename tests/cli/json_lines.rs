//! `--json`: every line is an object with its version and type, names its subject, and formats times alike.

use std::io::{BufRead as _, BufReader};

use chat_tests::client::Home;
use chat_tests::server::Server;
use serde_json::Value;

fn line(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(line).collect()
}

/// Returns the error a command prints, with its exit code.
fn refusal(home: &Home, arguments: &[&str]) -> (i32, Value) {
    let output = home.run(arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    let error = line(&String::from_utf8_lossy(&output.stderr));
    assert_eq!((&error["v"], &error["type"]), (&2.into(), &"error".into()), "{arguments:?}");
    assert!(error["message"].is_string() && error["retryable"].is_boolean(), "{error}");
    (output.status.code().expect("it ended by itself"), error)
}

/// Collects every time in a value, at any depth.
fn moments<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "at" || name.ends_with("_at") || name == "last_seen" {
                    found.push(member);
                }
                moments(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| moments(item, found)),
        _ => {}
    }
}

#[test]
fn wrong_arguments_are_a_line_of_json_too() {
    let home = Home::default();
    for wrong in [
        &["--json", "send"][..],
        &["--json", "send", "a/b", "text"],
        &["send", "general", "text", "--ttl", "bla", "--json"],
        &["wait", "general", "--match", "(", "--json"],
        &["--json", "room"],
        &["--json", "nonsense"],
    ] {
        let (code, error) = refusal(&home, wrong);
        assert_eq!((code, &error["code"]), (2, &"bad_request".into()), "{wrong:?}");
        let message = error["message"].as_str().expect("text");
        assert!(!message.contains('\u{1b}') && !message.starts_with("error:"), "{message}");
    }
    assert!(home.output(&["--json", "--help"]).starts_with("Team chat"));
    // The arguments of the command to run are not ours.
    let output = home.run(&["run", "--", "x", "--json"]);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("chat: "));
}

#[test]
fn an_error_code_identifies_the_fault() {
    let home = Home::default();
    let (code, error) = refusal(&home, &["--server", "unix:/nonexistent/s", "whoami", "--json"]);
    assert_eq!((code, &error["code"], &error["retryable"]), (3, &"unreachable".into(), &true.into()));
    let (code, error) = refusal(&home, &["wait", "general", "--match", "x", "--timeout", "100ms", "--json"]);
    assert_eq!((code, &error["code"]), (7, &"timed_out".into()));
}

#[test]
fn times_are_rfc_3339_everywhere() {
    let server = Server::start();
    let home = Home::signed_in(&server, "ana");
    let mut count = 0;
    for command in [
        &["room", "create", "ops", "--topic", "what runs"][..],
        &["send", "ops", "hello"],
        &["rooms"],
        &["room", "info", "ops"],
        &["room", "topic", "ops"],
        &["room", "join", "general"],
        &["room", "members", "ops"],
        &["who"],
        &["unread"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--json");
        for object in objects(&home.output(&arguments)) {
            let mut found = Vec::new();
            moments(&object, &mut found);
            for moment in found {
                let text = moment.as_str().unwrap_or_else(|| panic!("{command:?}: {object}"));
                assert!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T', "{text}");
                count += 1;
            }
        }
    }
    assert!(count >= 8, "{count} times were seen");
}

#[test]
fn a_changed_rsvp_is_followed_as_a_line_with_its_counts() {
    let home = Home::default();
    home.output(&["room", "create", "ops"]);
    home.output(&["rsvp", "ops", "attending"]);
    let mut tail =
        home.chat(&["tail", "ops", "-f", "--since", "ops/1", "--max", "1", "--json"]).spawn().expect("it starts");
    let mut printed = BufReader::new(tail.stdout.take().expect("a pipe")).lines();
    let mut next = || line(&printed.next().expect("a line").expect("UTF-8"));
    // The second answer is given once the first has been followed: otherwise one line would show both.
    let first = next();
    home.output(&["rsvp", "ops", "interested"]);
    let lines = [first, next()];
    // Only messages count towards `--max`.
    home.output(&["send", "ops", "done"]);
    assert_eq!(next()["body"], "done");
    assert!(tail.wait().expect("it ends").success());
    let rsvp = |line: &Value| [&line["type"], &line["rsvp"], &line["attending"], &line["interested"]].map(Value::clone);
    assert_eq!(rsvp(&lines[0]), [Value::from("rsvp"), "attending".into(), 1.into(), 0.into()]);
    assert_eq!(rsvp(&lines[1]), [Value::from("rsvp"), "interested".into(), 0.into(), 1.into()]);
    assert_eq!(lines[0]["seq"], lines[1]["seq"], "one item");
    assert!(lines[1]["changed"].as_u64() > lines[1]["seq"].as_u64(), "{}", lines[1]);
}

#[test]
fn an_output_line_names_its_subject() {
    let home = Home::default();
    home.output(&["room", "create", "ops"]);
    let room = line(&home.output(&["room", "info", "ops", "--json"]))["room"].clone();
    assert_eq!(room["name"], "ops");
    for text in ["one", "two", "three"] {
        home.output(&["send", "ops", text]);
    }
    let named = |arguments: &[&str]| {
        let object = line(&home.output(arguments));
        assert_eq!(object["room"], room, "{arguments:?}: {object}");
        object
    };
    assert_eq!(named(&["edit", "ops/2", "uno", "--json"])["id"], "ops/2");
    assert_eq!(named(&["read", "ops", "ops/2", "--json"])["id"], "ops/2");
    let deleted = objects(&home.output(&["delete", "ops/2", "ops/3", "--json"]));
    assert_eq!(deleted.iter().map(|object| &object["id"]).collect::<Vec<_>>(), ["ops/2", "ops/3"]);
    assert!(deleted.iter().all(|object| object["room"] == room && object["type"] == "deleted"));
    named(&["room", "topic", "ops", "--json"]);
    named(&["room", "topic", "ops", "new", "--json"]);
    named(&["room", "describe", "ops", "for it", "--json"]);
    named(&["room", "describe", "ops", "--json"]);
    named(&["rsvp", "ops", "attending", "--json"]);
    named(&["room", "members", "ops", "--json"]);
    named(&["room", "leave", "ops", "--json"]);
}

#[test]
fn the_past_has_one_line_for_all_joins_between_two_messages() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let ben = Home::signed_in(&server, "ben");
    ana.output(&["room", "create", "ops"]);
    ben.output(&["room", "join", "ops"]);
    ana.output(&["send", "ops", "hello"]);
    ben.output(&["room", "leave", "ops"]);
    ben.output(&["room", "join", "ops"]);
    for command in ["history", "tail"] {
        let lines = objects(&ana.output(&[command, "ops", "-n", "1", "--json"]));
        let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
        assert_eq!(types, ["message", "joins"], "the joins before it belong to an earlier page");
        let (joined, left, users) = (&lines[1]["joined"], &lines[1]["left"], &lines[1]["users"]);
        assert_eq!((joined, left, &users[0]["name"], &users[1]), (&1.into(), &1.into(), &"ben".into(), &Value::Null));
        let text = ana.output(&[command, "ops"]);
        assert!(text.contains("2 people joined: ben, ana") && text.contains("1 join, 1 leave: ben"), "{text}");
    }
}
