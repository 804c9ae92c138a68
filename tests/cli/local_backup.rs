//! `chat local backup` and `chat local restore`: the data of the user's own server, to a file and back.

use chat_tests::client::Home;
use serde_json::Value;

#[test]
fn the_own_server_is_backed_up_while_it_runs_and_restored_when_it_does_not() {
    let home = Home::default();
    let file = home.path().join("chat.db").display().to_string();
    let refused = |arguments: &[&str], said: &str| {
        let output = home.run(arguments);
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{talk}");
        assert!(talk.contains(said), "{talk}");
    };
    refused(&["local", "backup", &file], "not been started yet");
    home.output(&["send", "general", "one"]);
    assert!(home.output(&["local", "backup", &file]).contains("backed up "));
    refused(&["local", "backup", &file], "--force");
    let line = home.output(&["local", "backup", "--force", "--json", &file]);
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((&line["type"], line["file"].as_str()), (&"backup".into(), Some(file.as_str())));
    home.output(&["send", "general", "two"]);
    refused(&["local", "restore", "--force", &file], "chat local stop");
    home.output(&["local", "stop"]);
    refused(&["local", "restore", &file], "not empty");
    assert!(home.output(&["local", "restore", "--force", &file]).contains("the former data are in "));
    let history = home.output(&["history", "general"]);
    assert!(history.contains("one") && !history.contains("two"), "{history}");
}

#[test]
fn doctor_checks_the_data_of_the_own_server() {
    let home = Home::default();
    home.output(&["send", "general", "one"]);
    let found = home.output(&["doctor"]);
    assert!(found.contains("\nok    database file ") && found.contains("all of it was checked"), "{found}");
    home.output(&["local", "stop"]);
    let status: Value = serde_json::from_slice(&home.run(&["local", "status", "--json"]).stdout).expect("JSON");
    let database = std::path::Path::new(status["data"].as_str().expect("a folder")).join("chat.db");
    std::fs::write(&database, "").expect("emptied");
    let output = home.run(&["doctor"]);
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{found}");
    assert!(found.contains("\nfail  database file ") && found.contains("is empty"), "{found}");
    let output = home.run(&["send", "general", "two"]);
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && talk.contains("is empty") && talk.contains("chat local restore"), "{talk}");
}
