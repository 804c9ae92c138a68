//! The tokens of earlier sign-ins, one per server, in a file only its owner may read. Must not know how tokens are
//! used.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::text::io_reason;

/// Why tokens cannot be read or stored.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The file cannot be read or written.
    #[error("cannot use {path}: {}", io_reason(.source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is damaged.
    #[error("{path} is damaged ({reason}); delete it and sign in again with `chat login NAME`")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
}

/// The tokens stored for this user.
#[derive(Debug)]
pub struct Credentials {
    path: PathBuf,
    file_content: CredentialsFile,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct CredentialsFile {
    /// By server address.
    #[serde(default)]
    servers: BTreeMap<String, ServerCredential>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ServerCredential {
    name: String,
    token: String,
}

impl Credentials {
    /// Reads the tokens in `folder`; none if there is no file.
    ///
    /// # Errors
    /// If the file exists but cannot be read.
    pub fn load(folder: &Path) -> Result<Self, CredentialError> {
        let path = folder.join("credentials.toml");
        let file_content = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| CredentialError::Damaged { path: path.clone(), reason: error.message().to_owned() })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => CredentialsFile::default(),
            Err(source) => return Err(CredentialError::Io { path, source }),
        };
        Ok(Self { path, file_content })
    }

    /// Returns the token for a server.
    pub fn token(&self, server: &str) -> Option<&str> {
        self.file_content.servers.get(server).map(|entry| entry.token.as_str())
    }

    /// Returns the account that the token of a server is for.
    pub fn account(&self, server: &str) -> Option<&str> {
        self.file_content.servers.get(server).map(|entry| entry.name.as_str())
    }

    /// Stores a token, replacing an earlier one.
    ///
    /// # Errors
    /// If the file cannot be written; the earlier tokens are kept.
    pub fn set(&mut self, server: &str, name: &str, token: &str) -> Result<(), CredentialError> {
        self.file_content
            .servers
            .insert(server.to_owned(), ServerCredential { name: name.to_owned(), token: token.to_owned() });
        self.save()
    }

    /// Deletes the token for a server.
    ///
    /// # Errors
    /// As for [`Self::set`].
    pub fn remove(&mut self, server: &str) -> Result<(), CredentialError> {
        match self.file_content.servers.remove(server) {
            Some(_) => self.save(),
            None => Ok(()),
        }
    }

    /// Writes a new file and renames it over the old one, so that a crash leaves one of them intact.
    fn save(&self) -> Result<(), CredentialError> {
        let text = toml::to_string(&self.file_content).expect("invariant: a map of strings is TOML");
        let write = || {
            if let Some(folder) = self.path.parent() {
                std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            let new = self.path.with_extension(format!("new-{}", std::process::id()));
            let mut file =
                std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)
        };
        write().map_err(|source| CredentialError::Io { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_stored_for_its_owner_only_and_can_be_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut credentials = Credentials::load(folder.path()).expect("empty");
        credentials.set("ws://a", "ana", "secret").expect("kept");
        let mode = std::fs::metadata(folder.path().join("credentials.toml")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut again = Credentials::load(folder.path()).expect("readable");
        assert_eq!(again.token("ws://a"), Some("secret"));
        again.remove("ws://a").expect("forgotten");
        assert_eq!(Credentials::load(folder.path()).expect("readable").token("ws://a"), None);
    }

    #[test]
    fn a_damaged_file_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("credentials.toml"), "= nonsense").expect("written");
        let error = Credentials::load(folder.path()).expect_err("damaged");
        assert!(error.to_string().contains("chat login"), "{error}");
    }
}
