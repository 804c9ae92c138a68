//! Inspects the database's files from outside, also while a server uses them. For `doctor`; must not open the database.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::form::beside;
use super::holder::holder;
use super::open::{COMPANIONS, is_library_safe};

/// The contents of a data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseFiles {
    /// The process that holds it (`pid 12`), if any.
    pub holder: Option<String>,
    /// The database's size; `None` if there is no database yet.
    pub database_bytes: Option<u64>,
    /// The log's size; `None` if there is no log.
    pub log_bytes: Option<u64>,
}

/// Inspects a data folder.
pub fn inspect(folder: &Path) -> DatabaseFiles {
    let holder = holder(folder).map(|holder| holder.to_string());
    let size = |name: &str| std::fs::metadata(folder.join(name)).ok().map(|found| found.len());
    DatabaseFiles { holder, database_bytes: size("chat.db"), log_bytes: size("chat.db-wal") }
}

/// Returns the data folder and the database's files as far as their permissions let other users in, with the permissions.
pub fn open_to_others(folder: &Path) -> Vec<(PathBuf, u32)> {
    let database = folder.join("chat.db");
    let companions = COMPANIONS.iter().map(|end| beside(&database, end));
    let files = [folder.to_owned(), database.clone()].into_iter().chain(companions);
    let modes = files.filter_map(|path| {
        let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
        Some((path, mode))
    });
    modes.filter(|(_, mode)| mode & 0o077 != 0).collect()
}

/// The version of SQLite in this program, and whether that version keeps data safe.
pub fn library() -> (&'static str, bool) {
    (rusqlite::version(), is_library_safe())
}

#[cfg(test)]
mod tests {
    use super::super::folder::Folder;
    use super::super::holder::LOCK;
    use super::*;

    #[test]
    fn a_folder_is_looked_at_without_being_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(inspect(folder.path()), DatabaseFiles::default());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let held = Folder::hold(folder.path()).expect("ours");
        assert_eq!(inspect(folder.path()).holder, Some(format!("pid {}", std::process::id())));
        std::fs::remove_file(folder.path().join(LOCK)).expect("removed");
        let unnamed = Some("a process that does not say which".to_owned());
        assert_eq!(inspect(folder.path()).holder, unnamed, "the folder itself is held");
        let second = Folder::hold(folder.path()).expect_err("held").to_string();
        assert!(second.contains("in use by another server"), "{second}");
        assert!(!folder.path().join(LOCK).exists(), "who is refused makes no lock");
        drop(held);
        assert_eq!(inspect(folder.path()).holder, None);
        drop(Folder::hold(folder.path()).expect("free again"));
        assert_eq!(inspect(folder.path()).holder, None, "the file stays, the lock does not");
    }
}
