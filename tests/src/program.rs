//! Where the programs under test are.

use std::path::PathBuf;

/// A program of this workspace, built beside the running test.
pub fn path(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("a test has a path");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join(name);
    assert!(program.exists(), "{} is not built; `tests/run` builds it", program.display());
    program
}
