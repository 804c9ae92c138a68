//! `chat versions`: what a message said before it was edited.

use chat_tests::client::Home;
use chat_tests::server::Server;
use serde_json::Value;

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A message that was edited twice.
fn edited() -> Home {
    let home = Home::default();
    home.output(&["send", "general", "teh biuld"]);
    home.output(&["edit", "general/2", "the biuld"]);
    home.output(&["edit", "general/2", "the build"]);
    home
}

#[test]
fn former_texts_come_oldest_first_and_the_present_one_last() {
    let home = edited();
    let told = home.output(&["versions", "general/2"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    for (line, text) in lines.iter().zip(["teh biuld", "the biuld", "the build"]) {
        assert!(line.ends_with(&format!(": {text}")) && line.contains("general/2"), "{line}");
    }
    let until = regex::Regex::new(r"^until \d\d:\d\d:\d\d general/2 ").expect("a pattern");
    assert!(until.is_match(lines[0]) && until.is_match(lines[1]) && !lines[2].contains("until"), "{told}");
    assert_eq!(home.output(&["history", "general", "-n", "1"]).trim(), lines[2], "it is told as elsewhere");
    assert_eq!(home.output(&["versions", "#general/2"]), told);
    assert_eq!(home.output(&["versions", "R1/2"]), told);
}

#[test]
fn as_json_each_text_is_an_object_of_its_own() {
    let home = edited();
    let told = objects(&home.output(&["versions", "general/2", "--json"]));
    let types: Vec<_> = told.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["version", "version", "message"]);
    let moment = regex::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").expect("a pattern");
    for (line, text) in told.iter().zip(["teh biuld", "the biuld", "the build"]) {
        assert_eq!((&line["v"], &line["id"], &line["body"]), (&1.into(), &"general/2".into(), &text.into()));
        assert_eq!((&line["room"], &line["room_id"]), (&"general".into(), &"R1".into()));
        let at = &line[if line["type"] == "version" { "replaced_at" } else { "edited_at" }];
        assert!(at.as_str().is_some_and(|at| moment.is_match(at)), "{line}");
    }
    assert!(told[0]["replaced_at"].as_str() <= told[1]["replaced_at"].as_str());
    assert_eq!(told[1]["replaced_at"], told[2]["edited_at"], "one took the other's place");
}

#[test]
fn a_message_that_was_not_edited_or_expires_has_only_its_present_text() {
    let home = Home::default();
    home.output(&["send", "general", "as it was"]);
    assert!(home.output(&["versions", "general/2"]).ends_with(": as it was\n"));
    home.output(&["send", "general", "--ttl", "5m", "brief"]);
    home.output(&["edit", "general/3", "briefer"]);
    let told = objects(&home.output(&["versions", "general/3", "--json"]));
    assert_eq!((told.len(), &told[0]["body"]), (1, &"briefer".into()));
}

#[test]
fn what_is_gone_or_was_never_there_is_not_found() {
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
fn someone_elses_former_texts_are_told_to_those_who_see_the_message() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    let name = ana.output(&["send", "general", "first"]);
    ana.output(&["edit", name.trim(), "second"]);
    let told = ben.output(&["versions", name.trim()]);
    assert!(told.contains("ana: first") && told.contains("ana (edited): second"), "{told}");
}

#[test]
fn help_and_completions_know_it() {
    let home = Home::default();
    assert!(home.output(&["versions", "--help"]).contains("Example"));
    assert!(home.output(&["--help"]).contains("versions"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.output(&["completions", shell]).contains("versions"), "{shell}");
    }
    assert!(home.output(&["man"]).contains("versions"));
}
