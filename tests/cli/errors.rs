//! Errors in one voice: a clause after the program's name, each cause once, with its code and the next step.

use std::process::Output;

use chat_tests::client::Home;
use chat_tests::server::Server;
use serde_json::Value;

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_error_is_a_clause_after_the_name_of_the_program() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["room", "create", "ops"]);
    for (arguments, begins) in [
        (&["tail", "general", "--nonsense"][..], "chat: unexpected argument '--nonsense' found"),
        (&["nonsense"], "chat: unrecognized subcommand 'nonsense'"),
        (&["send", "general", ""], "chat: the message is empty"),
        (&["room", "create", "ops"], "chat: "),
        (&["login", "nobody", "--token-stdin"], "chat: standard input has no line"),
        (&["delete", "general/99"], "chat: general/99: there is no such room or message, or you may not see it\n"),
    ] {
        let output = ana.run(arguments);
        let talk = talk(&output);
        assert!(talk.starts_with(begins), "{arguments:?}: {talk}");
        let first = talk["chat: ".len()..].chars().next().expect("a letter");
        assert!(!first.is_uppercase() && !talk.contains("error:"), "{arguments:?}: {talk}");
    }
    let short = ana.pipe(&["register", "ben", "--password-stdin"], b"short");
    assert_eq!(talk(&short), "chat: a password has at least 8 characters and at most 256 bytes\n");
    for arguments in [&["tail", "general", "--nonsense"][..], &["tail", "general", "-n", "-1"]] {
        assert!(talk(&ana.run(arguments)).ends_with("\nsee `chat tail --help`\n"), "{arguments:?}");
    }
}

#[test]
fn the_server_refuses_arguments_in_the_same_voice() {
    for (arguments, clause, help) in [
        (&["--nonsense"][..], "unexpected argument '--nonsense' found", "chat-server --help"),
        (&["backup"], "the following required arguments were not provided:", "chat-server backup --help"),
    ] {
        let program = chat_tests::program::path("chat-server");
        let output = std::process::Command::new(program).args(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2));
        let talk = talk(&output);
        assert!(talk.starts_with(&format!("chat-server: {clause}")), "{talk}");
        assert!(talk.ends_with(&format!("\nsee `{help}`\n")), "{talk}");
    }
}

#[test]
fn what_exists_is_a_failure_with_its_code_and_no_wrong_usage() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["room", "create", "ops", "--topic", "kept"]);
    ana.output(&["send", "general", "--key", "k", "one"]);
    for (arguments, code) in [
        (&["room", "create", "ops", "--json"][..], "name_taken"),
        (&["send", "general", "--key", "k", "another", "--json"], "key_reused"),
    ] {
        let output = ana.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", talk(&output));
        let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        assert_eq!(error["code"], code);
    }
    let ben = Home::signed_in(&server, "ben");
    for name in ["ops", "new"] {
        let create = ["room", "create", name, "--if-not-exists", "--topic", "another"];
        assert_eq!(ben.output(&create), format!("{name}\n"));
        ben.output(&["send", name, "a member"]);
    }
    assert_eq!(ben.output(&["room", "topic", "ops"]), "kept\n");
}

#[test]
fn status_alone_shows_ones_own() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    assert_eq!(ana.output(&["status"]), "online or away, by your activity\n");
    assert_eq!(ana.output(&["status", "dnd", "in", "a", "review"]), "do not disturb: in a review\n");
    assert_eq!(ana.output(&["status"]), "do not disturb: in a review\n");
    let json: Value = serde_json::from_str(&ana.output(&["status", "--json"])).expect("JSON");
    assert_eq!(
        (&json["type"], &json["availability"], &json["status"]),
        (&"presence".into(), &"dnd".into(), &"in a review".into())
    );
}

#[test]
fn accounts_are_named_and_not_numbered() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let id = regex::Regex::new(r"\bU\d").expect("a pattern");
    for command in [&["whoami"][..], &["room", "info", "general"], &["doctor"]] {
        let printed = ana.output(command);
        assert!(!id.is_match(&printed), "{command:?}: {printed}");
    }
    assert!(ana.output(&["room", "info", "general"]).contains("by the server"));
}

#[test]
fn a_token_of_another_account_is_refused_and_not_stored() {
    let server = Server::start_with(&[], "[auth]\nregistration = \"open\"\n");
    let mut home = Home::default();
    home.set("CHAT_SERVER", &format!("ws://{}", server.address()));
    assert!(home.pipe(&["register", "ana", "--password-stdin"], b"correct horse").status.success());
    let stored = std::fs::read_to_string(home.path().join(".local/share/chat/credentials.toml")).expect("a file");
    let token =
        stored.lines().find_map(|line| line.strip_prefix("token = ")).expect("a token").trim_matches('"').to_owned();
    let mut other = Home::default();
    other.set("CHAT_SERVER", &format!("ws://{}", server.address()));
    let output = other.pipe(&["login", "zoe", "--token-stdin"], token.as_bytes());
    assert_eq!(output.status.code(), Some(4), "{}", talk(&output));
    assert!(talk(&output).contains("this token belongs to ana, not zoe; nothing was saved"), "{}", talk(&output));
    assert!(!other.holds(&token));
    assert!(other.pipe(&["login", "ana", "--token-stdin"], token.as_bytes()).status.success());
}

#[test]
fn a_cause_is_said_once() {
    let server = Server::start();
    let taken = server.address().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let output = std::process::Command::new(chat_tests::program::path("chat-server"))
        .args(["--listen", &taken, "--data"])
        .arg(folder.path().join("data"))
        .output()
        .expect("it runs");
    assert_eq!(talk(&output).matches("Address already in use").count(), 1, "{}", talk(&output));
}
