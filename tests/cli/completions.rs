//! Completions and manual pages: names that only a server knows, nothing that help hides, and the sections that a manual has.

use std::process::Command;
use std::time::Duration;

use chat_tests::client::Home;
use chat_tests::program;
use chat_tests::pty::Terminal;
use chat_tests::server::Server;
use chat_tests::wait::until;

/// Ana's home, with rooms, a message and a profile to name.
fn home_with_names(server: &Server) -> Home {
    let ana = Home::signed_in(server, "ana");
    for room in ["builds", "ops"] {
        ana.output(&["room", "create", room]);
    }
    ana.output(&["send", "ops", "hello"]);
    ana.configure("[profiles.work]\nserver = \"ws://h\"\n");
    std::fs::write(ana.path().join("odd-file"), "").expect("written");
    ana
}

/// A shell in a home, with `chat` on its path.
fn shell(home: &Home, program: &str) -> Command {
    let path = format!("{}:/usr/bin:/bin", program::path("chat").parent().expect("a folder").display());
    let mut command = Command::new(program);
    command.env_clear().env("HOME", home.path()).env("PATH", path).env("LANG", "C.UTF-8").envs(home.variables());
    command.current_dir(home.path());
    command
}

/// Tries a few times: a completion that takes a second is left out, as happens on a busy machine.
fn offers(expected: &[&str], offered: impl Fn() -> Vec<String>) -> Vec<String> {
    let tries = std::iter::repeat_with(offered).take(5);
    let mut last = Vec::new();
    for found in tries {
        last = found;
        if last == expected {
            break;
        }
    }
    last
}

/// What bash offers for a line.
fn bash(home: &Home, words: &[&str]) -> Vec<String> {
    let script = home.path().join("chat.bash");
    std::fs::write(&script, home.output(&["completions", "bash"])).expect("written");
    let line = r#"source "$1"; shift; COMP_WORDS=(chat "$@"); COMP_CWORD=$#
        _chat_or_values chat "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf '%s\n' "${COMPREPLY[@]}""#;
    let output = shell(home, "bash").args(["-c", line, "bash"]).arg(&script).args(words).output().expect("bash runs");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_rooms_messages_and_profiles() {
    let server = Server::start();
    let ana = home_with_names(&server);
    for (words, offered) in [
        (&["tail", ""][..], &["builds", "general", "ops"][..]),
        (&["tail", "general", "o"], &["ops"]),
        (&["send", "bu"], &["builds"]),
        (&["--quiet", "room", "info", "gen"], &["general"]),
        (&["edit", "o"], &["ops/"]),
        (&["edit", "ops/"], &["ops/2"]),
        (&["wait", "ops", "--since", "ops/2"], &["ops/2"]),
        (&["--profile", "w"], &["work"]),
        (&["profile", "default", "w"], &["work"]),
        (&["send", "--st"], &["--stream"]),
    ] {
        assert_eq!(offers(offered, || bash(&ana, words)), offered, "{words:?}");
    }
    assert!(bash(&ana, &["local", ""]).iter().all(|word| word != "background"));
    assert!(bash(&ana, &["send", "--"]).iter().all(|word| word != "--token"));
}

/// What fish offers for a line.
fn fish(home: &Home, line: &str) -> Vec<String> {
    let output = shell(home, "fish").args(["-c", &format!("complete -C '{line}'")]).output().expect("fish runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    printed.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn fish_offers_rooms_messages_and_profiles() {
    let server = Server::start();
    let ana = home_with_names(&server);
    let folder = ana.path().join(".config/fish/completions");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("chat.fish"), ana.output(&["completions", "fish"])).expect("written");
    for (line, offered) in [
        ("chat tail ", &["builds", "general", "ops"][..]),
        ("chat tail general o", &["ops"]),
        ("chat --quiet room info gen", &["general"]),
        ("chat edit o", &["ops/"]),
        ("chat edit ops/", &["ops/2"]),
        ("chat wait ops --since o", &["ops/"]),
        ("chat wait ops --since ops/2", &["ops/2"]),
        ("chat --profile ", &["work"]),
        ("chat tail ops --profile w", &["work"]),
        ("chat tail ops --cursor odd", &["odd-file"]),
        ("chat send --st", &["--stream"]),
    ] {
        assert_eq!(offers(offered, || fish(&ana, line)), offered, "{line:?}");
    }
}

#[test]
fn zsh_offers_rooms_messages_and_profiles() {
    let server = Server::start();
    let ana = home_with_names(&server);
    let folder = ana.path().join("functions");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("_chat"), ana.output(&["completions", "zsh"])).expect("written");
    let settings = "fpath=(~/functions $fpath)\nautoload -Uz compinit\ncompinit -u\nPS1='ready '\n";
    std::fs::write(ana.path().join(".zshrc"), settings).expect("written");
    let mut zsh = shell(&ana, "zsh");
    zsh.arg("-i").env("TERM", "xterm");
    let mut terminal = Terminal::run(&zsh, (100, 20)).expect("a terminal");
    terminal.wait_for("ready").expect("a prompt");
    for (typed, completed) in [
        ("chat tail general o\t", "chat tail general ops"),
        ("chat send bu\t", "chat send builds"),
        ("chat read \\#bu\t", "chat read \\#builds"),
        // The number follows without a space.
        ("chat edit o\t\t", "chat edit ops/2"),
        ("chat wait ops --since o\t\t", "chat wait ops --since ops/2"),
        ("chat --profile w\t", "chat --profile work"),
        ("chat tail ops --cursor ~/odd\t", "chat tail ops --cursor ~/odd-file"),
        ("chat send --st\t", "chat send --stream"),
    ] {
        // Again if a busy machine takes too long: Ctrl+U empties the line.
        until(completed, || {
            terminal.send(&[b"\x15", typed.as_bytes()].concat()).expect("written");
            terminal.drain(Duration::from_millis(500)).expect("it runs");
            terminal.shows(completed).then_some(())
        });
    }
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
