//! README: its blocks of shell commands work as typed, in their order, for someone with an empty home folder.

use std::path::Path;
use std::process::Command;

use chat_tests::client::Home;
use chat_tests::program;

const README: &str = include_str!("../../README.md");

/// Returns the fenced blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).map(|rest| rest.split("```").next().expect("a first part")).collect()
}

#[test]
fn its_shell_blocks_run_as_typed_in_an_empty_home() {
    let home = Home::default();
    let programs = program::path("chat").parent().map(Path::to_owned).expect("a folder");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
    let blocks = blocks("sh");
    assert!(blocks.len() >= 4, "{} blocks", blocks.len());
    let mut printed = String::new();
    for block in blocks {
        // As `chat` is run elsewhere here: with nothing but a home folder.
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("PATH", &path)
            .env("CHAT_LOCAL_IDLE_SECONDS", "20")
            .current_dir(home.path())
            .output()
            .expect("bash runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}\n{block}\n{out}\n{err}", output.status);
        printed.push_str(&out);
    }
    for words in ["general/2", "hello from the shell", "uname -a", "the key for the demo", "deploying"] {
        assert!(printed.contains(words), "{words:?} in\n{printed}");
    }
    assert_eq!(printed.matches("deployed 4.2").count(), 0, "posted after it was listed");
    let listed = home.output(&["history", "general"]);
    assert_eq!(listed.matches("deployed 4.2").count(), 1, "{listed}");
}

#[test]
fn its_links_lead_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let mut files = links.filter(|link| !link.starts_with("https:") && !link.starts_with('#')).peekable();
    assert!(files.peek().is_some());
    let missing: Vec<_> = files.filter(|file| !root.join(file).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn its_settings_are_taken_as_they_are() {
    let blocks = blocks("toml");
    assert!(blocks.len() >= 2, "{} blocks", blocks.len());
    for block in blocks {
        let home = Home::default();
        home.configure(block);
        let output = home.run(&["profile", "list"]);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{block}\n{err}");
        let profile = block.lines().find_map(|line| line.strip_prefix("[profiles.")?.strip_suffix(']'));
        assert!(profile.is_none_or(|name| out.contains(name)), "{block}\n{out}");
        home.configure(&block.replace("server = ", "sever = "));
        assert_eq!(home.code(&["profile", "list"]), 2, "what is misspelled is refused");
    }
}

/// Returns the commands of the console blocks, without their comments.
fn console_commands() -> Vec<&'static str> {
    let typed = blocks("console").into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    typed.map(|line| line.split("  ").next().unwrap_or(line).trim()).collect()
}

#[test]
fn the_commands_of_its_consoles_exist_with_their_arguments() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    let home = Home::default();
    let mut checked = 0;
    for command in console_commands() {
        let words: Vec<_> = command.split(' ').collect();
        let value = |flag| words.iter().skip_while(|word| **word != flag).nth(1);
        match words[0] {
            // Nothing is done: the arguments before `--help` are checked.
            "chat" | "chat-server" => {
                let help = if words[1] == "help" { None } else { Some("--help") };
                let program = Command::new(program::path(words[0])).args(&words[1..]).args(help).output();
                let output = program.expect("it runs");
                assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
                checked += 1;
            }
            "cargo" => {
                let names = value("--path").map_or(&words[2..], std::slice::from_ref);
                for name in names {
                    assert!(root.join(name).join("Cargo.toml").exists(), "{command}");
                }
                let profile = value("--profile").map(|name| format!("[profile.{name}]"));
                assert!(profile.is_none_or(|profile| manifest.contains(&profile)), "{command}");
            }
            "rm" => {
                home.output(&["send", "general", "hello"]);
                for folder in &words[2..] {
                    assert!(home.path().join(folder.trim_start_matches("~/")).exists() || folder.contains(".config"));
                }
            }
            other => panic!("{other} is not known here: {command}"),
        }
    }
    assert!(checked >= 4, "{checked}");
}
