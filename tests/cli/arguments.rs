//! Arguments as people type them: standard input, numbers, lengths of time, servers and profiles.

use std::process::Output;

use chat_tests::client::Home;
use chat_tests::server::Server;

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_dash_is_standard_input() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    for arguments in [&["send", "general", "-"][..], &["send", "general", "--stream", "-"], &["edit", "general/2", "-"]]
    {
        let output = ana.pipe(arguments, b"from a pipe\n");
        assert!(output.status.success(), "{arguments:?}: {}", talk(&output));
    }
    let shown = ana.output(&["history", "general"]);
    assert_eq!(shown.matches("from a pipe").count(), 2, "{shown}");
    assert_eq!(ana.code(&["send", "general", "--stream", "words"]), 2);
}

#[test]
fn a_language_that_is_posted_as_text_is_said() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let output = ana.run(&["send", "general", "--code", "rust", "fn main() {}"]);
    assert!(output.status.success());
    assert!(talk(&output).contains("--code=rust"), "{}", talk(&output));
    for arguments in [&["--code=rust", "fn main() {}"][..], &["--code", "x = 1"], &["rust", "is", "fine"]] {
        let output = ana.run(&[&["send", "general"], arguments].concat());
        assert_eq!(talk(&output), "", "{arguments:?}");
    }
}

#[test]
fn bare_numbers_are_seconds_and_wrong_numbers_get_advice_that_helps() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    ana.output(&["send", "general", "--ttl", "60", "a minute"]);
    assert_eq!(ana.code(&["wait", "general", "--match", "never", "--timeout", "0.2"]), 7);
    for (arguments, advice) in [
        (&["tail", "general", "-n", "-1"][..], "expected a whole number from 0 to 100000"),
        (&["tail", "general", "-n", "abc"], "expected a whole number from 0 to 100000"),
        (&["tail", "general", "--max", "0"], "expected a whole number from 1"),
        (&["history", "general", "-n", "-5"], "expected a whole number from 1 to 100000"),
        (&["wait", "general", "--match", "x", "--timeout", "-5"], "a duration cannot be negative"),
        (&["wait", "general", "--match", "x", "--timeout", "soon"], "a bare number counts seconds"),
        (&["send", "general", "--ttl", "-5s", "x"], "a duration cannot be negative"),
    ] {
        let output = ana.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(talk(&output).contains(advice), "{arguments:?}: {}", talk(&output));
        assert!(!talk(&output).contains("-- -"), "{arguments:?}: {}", talk(&output));
    }
}

#[test]
fn a_flag_wins_over_the_environment() {
    let (ours, other) = (Server::start(), Server::start());
    let mut home = Home::signed_in(&ours, "ana");
    let config = home.path().join(".config/chat");
    std::fs::create_dir_all(&config).expect("a folder");
    let profile = format!("[profiles.work]\nserver = \"unix:{}\"\n", ours.socket().display());
    std::fs::write(config.join("client.toml"), profile).expect("written");
    home.set("CHAT_SERVER", &format!("unix:{}", other.socket().display()));
    let at_ours = home.output(&["--profile", "work", "whoami"]);
    assert!(at_ours.contains(&ours.socket().display().to_string()), "{at_ours}");
    let at_other = home.output(&["whoami"]);
    assert!(at_other.contains(&other.socket().display().to_string()), "{at_other}");
    let address = format!("unix:{}", ours.socket().display());
    for arguments in [&["--profile", "nope", "whoami"][..], &["--server", &address, "--profile", "nope", "whoami"]] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(talk(&output).contains("there is no profile \"nope\""), "{}", talk(&output));
    }
}

#[test]
fn a_server_is_named_by_a_url_with_a_path_or_by_its_port() {
    let server = Server::start();
    let home = Home::default();
    let port = server.address().port();
    let mut names = ["ana", "ben", "zoe", "dee"].into_iter();
    for (address, shown) in [
        (format!("ws://127.0.0.1:{port}/team/chat"), format!("ws://127.0.0.1:{port}/team/chat")),
        (format!("http://127.0.0.1:{port}"), format!("ws://127.0.0.1:{port}")),
        (format!("127.0.0.1:{port}"), format!("ws://127.0.0.1:{port}")),
        (server.socket().display().to_string(), format!("unix:{}", server.socket().display())),
    ] {
        let name = names.next().expect("a name");
        let output = home.pipe(&["--server", &address, "register", name, "--password-stdin"], b"correct horse");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(printed.contains(&format!("at {shown} as")), "{printed}{}", talk(&output));
        assert!(home.output(&["--server", &address, "whoami"]).contains(&shown));
    }
}

#[test]
fn a_profile_signs_in_by_itself_whatever_token_the_environment_holds() {
    let ours = Server::start();
    let home = Home::signed_in(&ours, "ana");
    let config = home.path().join(".config/chat");
    std::fs::create_dir_all(&config).expect("made");
    let settings = format!("[profiles.work]\nserver = \"unix:{}\"\n", ours.socket().display());
    std::fs::write(config.join("client.toml"), settings).expect("written");
    let with_token = |arguments: &[&str]| home.chat(arguments).env("CHAT_TOKEN", "of-another-server").output();
    let output = with_token(&["--profile", "work", "whoami"]).expect("it runs");
    assert!(output.status.success(), "{}", talk(&output));
    let output = with_token(&["whoami"]).expect("it runs");
    assert_eq!(output.status.code(), Some(4), "{}", talk(&output));
}

#[test]
fn a_negative_number_or_time_is_named_as_the_mistake() {
    let home = Home::default();
    for (arguments, mistake) in [
        (&["run", "general", "--ttl", "-5s", "--", "true"][..], "negative"),
        (&["local", "log", "-n", "-1"], "a whole number from 0"),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(talk(&output).contains(mistake), "{}", talk(&output));
    }
}
