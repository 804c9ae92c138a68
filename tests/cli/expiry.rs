//! Ephemeral messages on the command line: the line at their end, and the question before the server ends with them.

use std::io::{BufRead, BufReader};

use chat_tests::client::Home;
use serde_json::Value;

#[test]
fn a_followed_message_that_expires_gets_one_expire_line() {
    let home = Home::default();
    let id = home.output(&["send", "general", "--ttl", "8s", "soon gone"]);
    let gone = home.output(&["send", "general", "--ttl", "8s", "deleted before"]);
    let mut tail = home.chat(&["tail", "general", "-f", "-n", "2", "--max", "3", "--json"]).spawn().expect("it starts");
    let mut lines = BufReader::new(tail.stdout.take().expect("piped")).lines();
    let mut next = || -> Value {
        let line = lines.next().expect("a line").expect("readable");
        serde_json::from_str(&line).expect("JSON")
    };
    let (message, deleted) = (next(), next());
    assert_eq!((&message["type"], &message["body"]), (&"message".into(), &"soon gone".into()));
    assert_eq!(&deleted["type"], "message");
    home.output(&["delete", gone.trim()]);
    let (deletion, expired) = (next(), next());
    assert_eq!((&deletion["type"], &deletion["seq"]), (&"delete".into(), &deleted["seq"]));
    assert_eq!((&expired["type"], expired["id"].as_str()), (&"expire".into(), Some(id.trim())));
    assert_eq!(expired["expires_at"], message["expires_at"]);
    assert_eq!((&expired["from"], &expired["body"]), (&message["from"], &Value::Null), "without its text");
    home.output(&["send", "general", "after"]);
    assert_eq!(next()["body"], "after", "neither a second line nor one of the deleted message");
    assert!(tail.wait().expect("it ends").success());
}

#[test]
fn the_own_server_is_not_stopped_unasked_while_ephemeral_messages_live() {
    let home = Home::default();
    home.output(&["send", "general", "--ttl", "1h", "in memory only"]);
    for command in ["stop", "restart"] {
        let output = home.run(&["local", command]);
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{talk}");
        assert!(talk.contains("1 ephemeral message ") && talk.contains("--force"), "{talk}");
        assert!(home.output(&["history", "general"]).contains("in memory only"));
    }
    home.output(&["local", "restart", "--force"]);
    assert!(!home.output(&["history", "general"]).contains("in memory only"));
    home.output(&["local", "stop"]);
    assert_eq!(home.code(&["local", "stop"]), 0, "nothing runs");
}
