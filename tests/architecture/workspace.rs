//! All crates of the workspace as trees of modules. Must not know any rule.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Source;
use super::parse::{self, Part};
use super::tree::Tree;

/// Parses the sources into the trees of their crates.
///
/// # Errors
/// If a file is not valid Rust, a module has no file, or a file belongs to no crate.
pub(crate) fn trees(sources: &[Source]) -> Result<Vec<Tree>, String> {
    let mut parts: BTreeMap<PathBuf, Part> = BTreeMap::new();
    for source in sources {
        let part = parse::parse(&source.text).map_err(|error| format!("{}: {error}", source.path.display()))?;
        parts.insert(source.path.clone(), part);
    }
    let roots: Vec<PathBuf> = parts.keys().filter(|path| is_root(path)).cloned().collect();
    let trees: Vec<Tree> = roots.iter().map(|root| Tree::of(root, &mut parts)).collect::<Result<_, _>>()?;
    match parts.keys().next() {
        Some(lost) => Err(format!("{} is in no crate", lost.display())),
        None => Ok(trees),
    }
}

/// Returns whether a file is a crate root: of a library, a program, a build script, or tests beside `src`.
fn is_root(path: &Path) -> bool {
    let is_in = |name: &str| path.parent().and_then(Path::file_name).is_some_and(|folder| folder == name);
    let is_beside_src = !path.components().any(|part| part.as_os_str() == "src");
    let is_named = path.file_name().is_some_and(|name| name == "lib.rs" || name == "main.rs");
    let is_script = path.ends_with("build.rs") || is_in("tests");
    (is_named && (is_in("src") || is_beside_src)) || (is_script && is_beside_src)
}
