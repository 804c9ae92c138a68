//! Which server a command talks to, and whose certificates it trusts: flags, then the environment, then the settings. Must not
//! know how to connect.

use std::path::PathBuf;

use super::context::Context;
use super::exit::CliError;
use crate::config::Profile;
use crate::net::ServerAddress;

/// The environment variable that names the server; `--server` and `--profile` stand above it.
const SERVER_VARIABLE: &str = "CHAT_SERVER";
/// The environment variable that holds the token to sign in with; `--profile` stands above it.
const TOKEN_VARIABLE: &str = "CHAT_TOKEN";

impl Context {
    /// As [`Self::address`], without starting a server. `None` if none runs.
    ///
    /// # Errors
    /// The address is invalid.
    pub fn running_address(&self) -> Result<Option<ServerAddress>, CliError> {
        match self.configured_server()? {
            Some(server) => Ok(Some(server.parse()?)),
            None => self.running_default_server(),
        }
    }

    #[cfg(feature = "local-server")]
    fn running_default_server(&self) -> Result<Option<ServerAddress>, CliError> {
        if std::os::unix::net::UnixStream::connect(crate::local::SYSTEM_SOCKET).is_ok() {
            return Ok(Some(format!("unix:{}", crate::local::SYSTEM_SOCKET).parse()?));
        }
        let own = crate::local::named_address(&self.local_server());
        let is_running = |address: &String| {
            address.strip_prefix("unix:").is_some_and(|path| std::os::unix::net::UnixStream::connect(path).is_ok())
        };
        Ok(own.filter(is_running).map(|address| address.parse()).transpose()?)
    }

    #[cfg(not(feature = "local-server"))]
    #[expect(clippy::unnecessary_wraps, reason = "the same form as with a local server")]
    fn running_default_server(&self) -> Result<Option<ServerAddress>, CliError> {
        Ok(None)
    }

    /// Returns the server from the flags, the environment or the settings, as it was typed; `None` if none is named.
    ///
    /// # Errors
    /// The profile does not exist.
    pub fn configured_server(&self) -> Result<Option<String>, CliError> {
        if self.globals.local {
            return Ok(None);
        }
        // A flag that names no profile is a mistake, even beside --server.
        let profile = self.profile_in_use().map(|name| self.profile(name)).transpose()?;
        let profile = profile.map(|profile| profile.server.clone());
        Ok(self.named_server().or(profile).or_else(|| self.settings.server.clone()))
    }

    /// Whether the flags or the environment name a server.
    pub fn is_server_named(&self) -> bool {
        self.globals.local || self.globals.profile.is_some() || self.named_server().is_some()
    }

    /// The server that was named directly: by the flag, or by the environment if no flag names a profile.
    fn named_server(&self) -> Option<String> {
        let named = self.globals.server.clone().filter(|server| !server.is_empty());
        let is_flag_used = named.is_some() || self.globals.profile.is_some();
        let variable = if is_flag_used { None } else { std::env::var(SERVER_VARIABLE).ok() };
        named.or(variable.filter(|server| !server.is_empty()))
    }

    /// The profile in use: the one of the flag, or the default one if no server is named directly.
    pub fn profile_in_use(&self) -> Option<&str> {
        if self.globals.local {
            return None;
        }
        let default = if self.named_server().is_none() { self.settings.profile.as_deref() } else { None };
        self.globals.profile.as_deref().or(default)
    }

    /// Returns the token that was given with the command: by the flag, or by the environment if no flag names a profile
    /// or the own server, which have sign-ins of their own.
    pub fn given_token(&self) -> Option<String> {
        let named = self.globals.token.clone().filter(|token| !token.is_empty());
        let is_elsewhere = self.globals.profile.is_some() || self.globals.local;
        let variable = if is_elsewhere { None } else { std::env::var(TOKEN_VARIABLE).ok() };
        named.or(variable.filter(|token| !token.is_empty()))
    }

    fn profile(&self, name: &str) -> Result<&Profile, CliError> {
        self.settings.profile(name, &self.paths.client_toml()).map_err(|error| CliError::usage(error.to_string()))
    }

    /// Returns the file of certificates that the profile in use trusts instead of the system's.
    pub fn ca_file(&self) -> Option<PathBuf> {
        let file = self.settings.profiles.get(self.profile_in_use()?)?.ca_file.as_ref()?;
        let in_home = file.strip_prefix("~").ok().and_then(|rest| Some(std::env::home_dir()?.join(rest)));
        Some(in_home.unwrap_or_else(|| self.paths.config.join(file)))
    }
}
