//! Watches that the data folder and its files are those that were opened, by device and inode: a write into a file that has
//! lost its name would be lost with it. Must not open them: closing any handle of a database ends SQLite's locks on it.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::health::Switch;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A file or folder under its name.
#[derive(Debug)]
pub(super) struct Named {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Named {
    /// Remembers the one that has this name now.
    pub(super) fn now(path: &Path) -> std::io::Result<Self> {
        let found = std::fs::metadata(path)?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Returns what has become of it; `None` if it still has its name.
    fn fate(&self) -> Option<Fate> {
        match std::fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => None,
            Ok(_) => Some(Fate::Replaced),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(Fate::Gone),
            Err(error) => Some(Fate::Unreachable(error)),
        }
    }
}

/// What has become of a file.
#[derive(Debug)]
enum Fate {
    Gone,
    Replaced,
    Unreachable(std::io::Error),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("removed or moved away"),
            Self::Replaced => f.write_str("replaced by another"),
            Self::Unreachable(error) => write!(f, "not found: {error}"),
        }
    }
}

/// The folder, its lock, its database and the database's log, as they were opened.
#[derive(Debug)]
pub(super) struct Whereabouts {
    database: Named,
    /// The log, once SQLite has made it. It keeps its name until the last connection is closed, and every connection of this
    /// server is closed after its last write.
    log: OnceLock<Named>,
    log_path: PathBuf,
    others: Vec<Named>,
    health: Arc<Switch>,
}

impl Whereabouts {
    /// Watches a database, and what it must not be found without.
    pub(super) fn new(database: Named, others: Vec<Named>, health: Arc<Switch>) -> Self {
        let log_path = database.path.with_extension("db-wal");
        let log = Named::now(&log_path).map_or_else(|_| OnceLock::new(), OnceLock::from);
        Self { database, log, log_path, others, health }
    }

    /// Returns whether the database and its log have their names; tells if they have not. One look at two files: done before
    /// each transaction.
    pub(super) fn has_database(&self) -> bool {
        let is_there = self.database.fate().is_none() && self.log().is_none_or(|log| log.fate().is_none());
        if !is_there {
            self.look();
        }
        is_there
    }

    /// The log as it was when it was first seen.
    fn log(&self) -> Option<&Named> {
        match self.log.get() {
            Some(log) => Some(log),
            None => Named::now(&self.log_path).ok().map(|log| self.log.get_or_init(|| log)),
        }
    }

    /// Looks at all of them, and logs the first look that finds another answer.
    fn look(&self) {
        let mut all = self.others.iter().chain([&self.database]).chain(self.log());
        let lost = all.find_map(|file| Some((file.path.display(), file.fate()?)));
        if !self.health.set_displaced(lost.is_some()) {
            return;
        }
        let Some((path, fate)) = lost else {
            tracing::info!("the data are back in place; writes are taken");
            return;
        };
        tracing::error!(
            %path, %fate,
            "the data are not where they were opened: every write is refused until they are back in place, or the \
             server was stopped (SIGTERM) and started again"
        );
    }

    /// Looks every two seconds, for ever.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let whereabouts = Arc::clone(&self);
            // A network's file system may take its time.
            let _ = tokio::task::spawn_blocking(move || whereabouts.look()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Health;

    #[test]
    fn a_folder_or_file_that_is_gone_or_another_one_is_noticed_and_so_is_its_return() {
        let root = tempfile::tempdir().expect("a folder");
        let (folder, away) = (root.path().join("data"), root.path().join("away"));
        std::fs::create_dir(&folder).expect("made");
        let [database, lock, log] = ["chat.db", "lock", "chat.db-wal"].map(|name| folder.join(name));
        for file in [&database, &lock] {
            std::fs::write(file, "x").expect("written");
        }
        let named = |path: &Path| Named::now(path).expect("there");
        let health = Arc::<Switch>::default();
        let whereabouts = Whereabouts::new(named(&database), vec![named(&folder), named(&lock)], Arc::clone(&health));
        let found = || {
            whereabouts.look();
            *health.subscribe().borrow()
        };
        assert_eq!(found(), Health::Writable, "SQLite has not made its log yet");
        std::fs::write(&log, "x").expect("written");
        assert!(whereabouts.has_database());
        for (place, other) in [(&folder, &away), (&lock, &away), (&database, &away), (&log, &away)] {
            std::fs::rename(place, other).expect("moved");
            assert_eq!(found(), Health::Displaced, "{}", place.display());
            std::fs::rename(other, place).expect("moved back");
            assert_eq!(found(), Health::Writable, "{}", place.display());
        }
        std::fs::rename(&log, &away).expect("moved");
        assert!(!whereabouts.has_database(), "what is written into it is lost with it");
        std::fs::rename(&away, &log).expect("moved back");
        std::fs::copy(&database, &away).expect("copied");
        std::fs::rename(&away, &database).expect("replaced");
        assert!(!whereabouts.has_database(), "a copy is another file");
        assert_eq!(*health.subscribe().borrow(), Health::Displaced);
    }
}
