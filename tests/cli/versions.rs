//! `chat versions`: the texts of a message before it was edited.

use chat_tests::client::Home;
use chat_tests::server::Server;
use serde_json::Value;

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Returns a home with a message that was edited twice.
fn edited() -> Home {
    let home = Home::default();
    home.output(&["send", "general", "teh biuld"]);
    home.output(&["edit", "general/2", "the biuld"]);
    home.output(&["edit", "general/2", "the build"]);
    home
}

#[test]
fn previous_texts_come_oldest_first_and_the_current_one_last() {
    let home = edited();
    let printed = home.output(&["versions", "general/2"]);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    for (line, text) in lines.iter().zip(["teh biuld", "the biuld", "the build"]) {
        assert!(line.ends_with(&format!(": {text}")) && line.contains("general/2"), "{line}");
    }
    let until = regex::Regex::new(r"^until \d\d:\d\d:\d\d general/2 ").expect("a pattern");
    assert!(until.is_match(lines[0]) && until.is_match(lines[1]) && !lines[2].contains("until"), "{printed}");
    assert_eq!(home.output(&["history", "general", "-n", "1"]).trim(), lines[2], "it is shown as elsewhere");
    assert_eq!(home.output(&["versions", "#general/2"]), printed);
    assert_eq!(home.output(&["versions", "R1/2"]), printed);
}

#[test]
fn as_json_each_text_is_an_object_of_its_own() {
    let home = edited();
    let printed = objects(&home.output(&["versions", "general/2", "--json"]));
    let types: Vec<_> = printed.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["version", "version", "message"]);
    let moment = regex::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").expect("a pattern");
    for (line, text) in printed.iter().zip(["teh biuld", "the biuld", "the build"]) {
        assert_eq!((&line["v"], &line["id"], &line["body"]), (&2.into(), &"general/2".into(), &text.into()));
        assert_eq!(line["room"], serde_json::json!({"id": "R1", "name": "general"}));
        assert_eq!(line["from"], printed[0]["from"]);
        let at = &line[if line["type"] == "version" { "replaced_at" } else { "edited_at" }];
        assert!(at.as_str().is_some_and(|at| moment.is_match(at)), "{line}");
    }
    assert!(printed[0]["replaced_at"].as_str() <= printed[1]["replaced_at"].as_str());
    assert_eq!(printed[1]["replaced_at"], printed[2]["edited_at"], "one replaced the other");
}

#[test]
fn an_unedited_or_ephemeral_message_has_only_its_current_text() {
    let home = Home::default();
    home.output(&["send", "general", "as it was"]);
    assert!(home.output(&["versions", "general/2"]).ends_with(": as it was\n"));
    home.output(&["send", "general", "--ttl", "5m", "ephemeral"]);
    home.output(&["edit", "general/3", "edited"]);
    let printed = objects(&home.output(&["versions", "general/3", "--json"]));
    assert_eq!((printed.len(), &printed[0]["body"]), (1, &"edited".into()));
}

#[test]
fn deleted_and_unknown_messages_are_not_found() {
    let home = edited();
    home.output(&["delete", "general/2"]);
    let deleted = home.run(&["versions", "general/2"]);
    assert_eq!((deleted.status.code(), deleted.stdout.len()), (Some(5), 0));
    let talk = String::from_utf8_lossy(&deleted.stderr).into_owned();
    assert!(talk.contains("general/2 was deleted"), "{talk}");
    assert_eq!(home.code(&["versions", "general/99"]), 5);
    assert_eq!(home.code(&["versions", "general/1"]), 5, "a join has no text");
    assert_eq!(home.code(&["versions", "nosuch/1"]), 5);
    assert_eq!(home.code(&["versions", "general"]), 2);
    assert_eq!(home.code(&["versions"]), 2);
    let error = home.run(&["versions", "general/99", "--json"]);
    let error: Value = serde_json::from_slice(&error.stderr).expect("JSON");
    assert_eq!((&error["type"], &error["code"]), (&"error".into(), &"not_found".into()));
}

#[test]
fn previous_texts_are_shown_to_everyone_who_sees_the_message() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    let name = ana.output(&["send", "general", "first"]);
    ana.output(&["edit", name.trim(), "second"]);
    let printed = ben.output(&["versions", name.trim()]);
    assert!(printed.contains("ana: first") && printed.contains("ana (edited): second"), "{printed}");
}

#[test]
fn help_and_completions_include_it() {
    let home = Home::default();
    assert!(home.output(&["versions", "--help"]).contains("Example"));
    assert!(home.output(&["--help"]).contains("versions"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.output(&["completions", shell]).contains("versions"), "{shell}");
    }
    assert!(home.output(&["man"]).contains("versions"));
}
