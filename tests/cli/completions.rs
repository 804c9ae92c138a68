//! Completions and manual pages: names that only a server knows, nothing that help hides, and the sections that a manual has.

use std::process::Command;

use chat_tests::client::Home;
use chat_tests::program;
use chat_tests::server::Server;

/// What bash offers for a line.
fn bash(home: &Home, words: &[&str]) -> Vec<String> {
    let script = home.path().join("chat.bash");
    std::fs::write(&script, home.output(&["completions", "bash"])).expect("written");
    let path = format!("{}:/usr/bin:/bin", program::path("chat").parent().expect("a folder").display());
    let line = r#"source "$1"; shift; COMP_WORDS=(chat "$@"); COMP_CWORD=$#
        _chat_or_values chat "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf '%s\n' "${COMPREPLY[@]}""#;
    let mut command = Command::new("bash");
    command.args(["-c", line, "bash"]).arg(&script).args(words).env_clear().env("HOME", home.path()).env("PATH", path);
    let output = command.envs(home.variables()).output().expect("bash runs");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_rooms_messages_and_profiles() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    for room in ["builds", "ops"] {
        ana.output(&["room", "create", room]);
    }
    ana.output(&["send", "ops", "hello"]);
    let config = ana.path().join(".config/chat");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(config.join("client.toml"), "[profiles.work]\nserver = \"ws://h\"\n").expect("written");
    for (words, offered) in [
        (&["tail", ""][..], &["builds", "general", "ops"][..]),
        (&["tail", "general", "o"], &["ops"]),
        (&["send", "bu"], &["builds"]),
        (&["--quiet", "room", "info", "gen"], &["general"]),
        (&["edit", "o"], &["ops/"]),
        (&["edit", "ops/"], &["ops/2"]),
        (&["wait", "ops", "--since", "ops/2"], &["ops/2"]),
        (&["--profile", "w"], &["work"]),
        (&["send", "--st"], &["--stream"]),
    ] {
        assert_eq!(bash(&ana, words), offered, "{words:?}");
    }
    assert!(bash(&ana, &["local", ""]).iter().all(|word| word != "background"));
    assert!(bash(&ana, &["send", "--"]).iter().all(|word| word != "--token"));
}

#[test]
fn completing_a_room_starts_no_server() {
    let home = Home::default();
    bash(&home, &["tail", ""]);
    assert_eq!(home.code(&["local", "status"]), 3);
}

#[test]
fn no_script_offers_what_help_hides_and_each_asks_for_names() {
    let home = Home::default();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.output(&["completions", shell]);
        assert!(script.contains("chat complete -- "), "{shell}");
        for hidden in [r"--token\b[^-]", "-l token ", r#"'background:|,background|-a "?background"#] {
            let hidden = regex::Regex::new(hidden).expect("a pattern");
            assert!(!hidden.is_match(&script), "{hidden} in {shell}");
        }
    }
}

#[test]
fn manual_pages_have_the_sections_that_readers_look_for() {
    let home = Home::default();
    let server = |arguments: &[&str]| {
        let output = Command::new(program::path("chat-server")).args(arguments).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let folder = home.path().join("man").display().to_string();
    home.output(&["man", "--dir", &folder]);
    let tail = std::fs::read_to_string(home.path().join("man/chat-tail.1")).expect("a page");
    for page in [home.output(&["man"]), tail, server(&["man"])] {
        for section in ["\n.SH \"EXIT STATUS\"\n", "\n.SH ENVIRONMENT\n", "\n.SH FILES\n", "\n.SH EXAMPLES\n"] {
            assert_eq!(page.matches(section).count(), 1, "{section} in {page}");
        }
    }
    assert!(server(&["completions", "bash"]).contains("complete -F"));
}
