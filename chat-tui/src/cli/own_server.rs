//! The user's own server as commands use it where no other one is named: found, started, and followed when it moves. Must not
//! know how it is found or started.

use std::sync::Arc;

use super::context::Context;
use super::exit::CliError;
use crate::net::{Locate, Prepare, ServerAddress};

impl Context {
    /// Returns the system service, or the user's own server, which is started if it does not run.
    ///
    /// # Errors
    /// It cannot be started.
    #[cfg(feature = "local-server")]
    pub async fn default_server(&self) -> Result<ServerAddress, CliError> {
        let server = self.local_server();
        // It may take many seconds: meanwhile signals and time limits hold.
        let found = tokio::task::spawn_blocking(move || find_or_start(&server)).await;
        found.map_err(|error| CliError::failed(error.to_string()))?
    }

    /// A build without a local server needs a name.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(feature = "local-server"))]
    pub fn default_server(&self) -> impl Future<Output = Result<ServerAddress, CliError>> + use<> {
        let advice = "name a server: --server URL, CHAT_SERVER, or a profile in client.toml";
        std::future::ready(Err(CliError::usage(advice)))
    }

    /// Returns the paths of the local server.
    #[cfg(feature = "local-server")]
    pub fn local_server(&self) -> crate::local::LocalServer {
        crate::local::LocalServer::of(&self.paths.local_server_data(), &self.paths.state)
    }

    /// Returns the local server if it is, or was last, at `address`.
    #[cfg(feature = "local-server")]
    fn local_server_at(&self, address: &ServerAddress) -> Option<crate::local::LocalServer> {
        let server = self.local_server();
        (crate::local::named_address(&server)? == address.to_string()).then_some(server)
    }

    /// Returns the step before each attempt to connect: starts the local server if it does not run.
    #[cfg(feature = "local-server")]
    pub fn prepare(&self, address: &ServerAddress) -> Prepare {
        let Some(server) = self.local_server_at(address) else { return Arc::new(|| Ok(())) };
        Arc::new(move || crate::local::ensure_running(&server).map(drop).map_err(|error| error.to_string()))
    }

    /// Returns the step before each attempt to connect: nothing, in a build without a local server.
    #[cfg(not(feature = "local-server"))]
    pub fn prepare(&self, _: &ServerAddress) -> Prepare {
        Arc::new(|| Ok(()))
    }

    /// Returns how to find the local server where it is at each attempt: the next one to be started may have another socket.
    #[cfg(feature = "local-server")]
    pub fn locate(&self, address: &ServerAddress) -> Option<Locate> {
        let server = self.local_server_at(address)?;
        Some(Arc::new(move || crate::local::named_address(&server)?.parse().ok()))
    }

    /// Other servers do not move.
    #[cfg(not(feature = "local-server"))]
    pub fn locate(&self, _: &ServerAddress) -> Option<Locate> {
        None
    }

    /// Adds the way out to the error if the user's own server takes connections but answers none: it hangs.
    #[cfg(feature = "local-server")]
    pub fn with_way_out(&self, address: &ServerAddress, error: CliError) -> CliError {
        if !error.is_unreachable() {
            return error;
        }
        let running = self.local_server_at(address).and_then(|server| crate::local::find(&server).ok().flatten());
        match running {
            Some(running) => error.with_message(|message| {
                format!("{message}; your own server (pid {}) hangs, `chat local stop --force` ends it", running.pid)
            }),
            None => error,
        }
    }

    /// Other servers are not ended from here.
    #[cfg(not(feature = "local-server"))]
    pub fn with_way_out(&self, _: &ServerAddress, error: CliError) -> CliError {
        error
    }

    /// Returns the name under which things are kept for the server at `address`: the address, or for the local server, whose
    /// socket may be elsewhere tomorrow, its data folder.
    pub fn server_name(&self, address: &ServerAddress) -> String {
        #[cfg(feature = "local-server")]
        if let Some(server) = self.local_server_at(address) {
            return format!("local:{}", server.data.display());
        }
        address.to_string()
    }
}

#[cfg(feature = "local-server")]
fn find_or_start(server: &crate::local::LocalServer) -> Result<ServerAddress, CliError> {
    if std::os::unix::net::UnixStream::connect(crate::local::SYSTEM_SOCKET).is_ok() {
        return Ok(format!("unix:{}", crate::local::SYSTEM_SOCKET).parse()?);
    }
    let running = crate::local::ensure_running(server);
    Ok(running.map_err(|error| CliError::unreachable(error.to_string()))?.address().parse()?)
}
