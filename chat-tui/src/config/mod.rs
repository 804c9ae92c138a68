//! The client's settings: the location of its files, the configuration, the stored tokens. Must not know what the
//! settings are used for.

mod credentials;
mod default_profile;
mod paths;
mod settings;
mod used_servers;

pub use credentials::{CredentialError, Credentials};
pub use default_profile::{DefaultProfileError, set_default_profile};
pub use paths::{PathError, Paths};
pub use settings::{ConfigError, Notify, Profile, Settings, TuiSettings};
pub use used_servers::{UsedServer, UsedServers};
