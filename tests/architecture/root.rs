//! The list of files and folders at the workspace's top level. Must not know the contents of the folders.

use std::collections::BTreeSet;
use std::path::Path;

/// The folders and files a visitor sees first.
const VISIBLE: [&str; 12] = [
    "Cargo.toml",
    "chat-server",
    "chat-tui",
    "chat-proto",
    "config",
    "tests",
    "README.md",
    "Cargo.lock",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

/// Settings of tools.
const HIDDEN: [&str; 7] = [".cargo", ".ci", ".clippy.toml", ".config", ".github", ".gitignore", ".rustfmt.toml"];

/// Left by cargo and Git, not part of the project.
const IGNORED: [&str; 2] = ["target", ".git"];

/// Returns the names at `root` that are in no list.
///
/// # Errors
/// If the folder cannot be read.
pub(crate) fn strangers(root: &Path) -> std::io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(root)? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let is_known = |name: &str| VISIBLE.iter().chain(&HIDDEN).chain(&IGNORED).any(|known| *known == name);
    names.retain(|name| !is_known(name));
    Ok(names)
}

/// Returns the required names that are missing at `root`.
pub(crate) fn missing(root: &Path) -> Vec<&'static str> {
    let expected = VISIBLE.iter().chain(&HIDDEN).copied();
    expected.filter(|name| !root.join(name).exists()).collect()
}
