//! References to rooms and messages: each has one meaning, and a message belongs to its room.

use chat_tests::client::Home;

#[test]
fn a_message_of_another_room_is_refused_and_named() {
    let home = Home::default();
    home.output(&["send", "general", "one"]);
    home.output(&["room", "create", "ops"]);
    home.output(&["send", "ops", "two"]);
    for arguments in [
        &["history", "general", "--before", "ops/2"][..],
        &["read", "general", "ops/2"],
        &["wait", "general", "--match", "x", "--since", "ops/2", "--timeout", "2s"],
        &["tail", "general", "--since", "ops/2"],
    ] {
        let output = home.run(arguments);
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {talk}");
        assert!(talk.contains("ops/2") && talk.contains("#general"), "{talk}");
    }
    assert_eq!(home.code(&["history", "general", "--before", "general/2"]), 0);
    assert_eq!(home.code(&["history", "general", "--before", "R1/2"]), 0, "an id names the same room");
}

#[test]
fn a_room_cannot_be_called_like_an_id() {
    let home = Home::default();
    for name in ["R5", "r5", "#r17"] {
        assert_eq!(home.code(&["room", "create", name]), 2, "{name}");
    }
    assert_eq!(home.code(&["room", "create", "r5x"]), 0);
}

#[test]
fn a_missing_text_shows_the_current_one_and_only_clear_clears() {
    let home = Home::default();
    for word in ["topic", "describe"] {
        home.output(&["room", word, "general", "of", "all"]);
        assert_eq!(home.output(&["room", word, "general"]), "of all\n");
        assert_eq!(home.code(&["room", word, "general", ""]), 2);
        assert_eq!(home.output(&["room", word, "general"]), "of all\n");
        home.output(&["room", word, "general", "--clear"]);
        assert_eq!(home.output(&["room", word, "general"]).trim(), "");
    }
}

#[test]
fn delete_goes_on_past_a_failure_and_names_each() {
    let home = Home::default();
    home.output(&["send", "general", "one"]);
    home.output(&["send", "general", "two"]);
    let output = home.run(&["delete", "general/2", "general/99", "nosuch/1", "general/3"]);
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "general/2\ngeneral/3\n");
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(talk.contains("general/99") && talk.contains("nosuch"), "{talk}");
    assert_eq!(talk.lines().count(), 2, "{talk}");
}

#[test]
fn a_room_named_twice_is_shown_once() {
    let home = Home::default();
    home.output(&["send", "general", "only once"]);
    assert_eq!(home.output(&["tail", "general", "#general", "R1"]).matches("only once").count(), 1);
}

#[test]
fn a_runtime_folder_with_a_long_path_is_not_used() {
    let mut home = Home::default();
    let long = home.path().join("x".repeat(120));
    std::fs::create_dir(&long).expect("a folder");
    home.set("XDG_RUNTIME_DIR", &long.display().to_string());
    assert_eq!(home.output(&["send", "general", "hello"]), "general/2\n");
}
