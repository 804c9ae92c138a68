//! Changes the default profile in the settings file, and nothing else in it: comments and order stay. Must not know what a
//! profile is for.

use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};

use crate::text::io_reason;

/// Why the default profile cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum DefaultProfileError {
    /// The file cannot be read or written.
    #[error("cannot change {path}: {}", io_reason(.source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("cannot change {path}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
}

/// Makes a profile the default one; `None`: there is none any more.
///
/// # Errors
/// The file cannot be read, understood or written; it is then as it was.
pub fn set_default_profile(file: &Path, profile: Option<&str>) -> Result<(), DefaultProfileError> {
    let failed = |source| DefaultProfileError::Io { path: file.to_owned(), source };
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(failed)?,
    };
    let damaged = |reason: String| DefaultProfileError::Damaged { path: file.to_owned(), reason };
    let mut settings: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| damaged(error.to_string()))?;
    match profile {
        // A changed value keeps its place and its comments.
        Some(name) if settings.contains_key("profile") => settings["profile"] = value(name),
        Some(name) => drop(settings.insert("profile", value(name))),
        None => drop(settings.remove("profile")),
    }
    write(file, &settings.to_string()).map_err(failed)
}

/// Writes a new file beside the old one, and renames it. A link to the settings stays one.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let new = file.with_extension(format!("new-{}", std::process::id()));
    std::fs::write(&new, text)?;
    if let Ok(former) = std::fs::metadata(&file) {
        std::fs::set_permissions(&new, former.permissions())?;
    }
    std::fs::rename(&new, &file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_default_changes_and_comments_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("settings"), folder.path().join("config/client.toml"));
        let read = || std::fs::read_to_string(&link).expect("there");
        set_default_profile(&link, Some("work")).expect("written");
        assert_eq!(read(), "profile = \"work\"\n");
        std::fs::rename(&link, &file).expect("moved");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        let rest = "# mine\n[profiles.work] # at work\nserver = \"ws://h\"\n";
        std::fs::write(&file, rest).expect("written");
        set_default_profile(&link, Some("work")).expect("written");
        assert!(
            read().contains("profile = \"work\"\n") && read().contains("[profiles.work] # at work\n"),
            "{}",
            read()
        );
        let (_, faults) = crate::config::Settings::read(&link);
        assert_eq!(faults, Vec::<String>::new());
        set_default_profile(&link, Some("home")).expect("written");
        assert!(read().contains("profile = \"home\"\n") && read().contains("# mine"), "{}", read());
        set_default_profile(&link, None).expect("written");
        assert!(!read().contains("profile ="), "{}", read());
        assert!(link.is_symlink());
        std::fs::write(&file, "server = ").expect("written");
        assert!(set_default_profile(&link, None).is_err());
        assert_eq!(read(), "server = ");
    }
}
