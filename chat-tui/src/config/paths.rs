//! The location of the client's files, by the XDG rules (through `directories`). Must not know what is in them.

use std::path::PathBuf;

/// No home folder was found.
#[derive(Debug, thiserror::Error)]
#[error("no home folder is known for this user; set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME")]
pub struct PathError;

/// The folders the client uses; they need not exist yet.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Settings: `client.toml`, `keymap.toml`, themes.
    pub config: PathBuf,
    /// Data that must be kept: tokens, and the local server's data.
    pub data: PathBuf,
    /// State worth keeping: outbox, drafts, input history, cache, logs.
    pub state: PathBuf,
}

impl Paths {
    /// Returns the folders of this user.
    ///
    /// # Errors
    /// [`PathError`] if the home folder is unknown.
    pub fn of_user() -> Result<Self, PathError> {
        let dirs = directories::ProjectDirs::from("", "", "chat").ok_or(PathError)?;
        let data = dirs.data_dir().to_owned();
        let state = dirs.state_dir().map_or_else(|| data.join("state"), ToOwned::to_owned);
        Ok(Self { config: dirs.config_dir().to_owned(), data, state })
    }

    /// Returns the settings file.
    pub fn client_toml(&self) -> PathBuf {
        self.config.join("client.toml")
    }

    /// Returns the file of the servers that were used.
    pub fn used_servers(&self) -> PathBuf {
        self.state.join("servers.toml")
    }

    /// Returns the local server's data folder.
    pub fn local_server_data(&self) -> PathBuf {
        self.data.join("server")
    }
}
