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
