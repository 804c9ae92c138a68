//! The sources of the workspace.

use std::path::{Path, PathBuf};

/// A file, by its path in the workspace.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Returns every Rust file of our crates.
pub(crate) fn read(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for member in ["chat-proto", "chat-server", "chat-tui", "tests"] {
        visit(root, &root.join(member), &mut sources);
    }
    sources
}

fn visit(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            visit(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            sources.push(Source { path: path.strip_prefix(root).expect("below").to_owned(), text });
        }
    }
}
