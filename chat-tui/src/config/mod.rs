//! The client's settings: the location of its files, the configuration, the stored tokens. Must not know what the
//! settings are used for.

mod credentials;
mod paths;
mod settings;

pub use credentials::{CredentialError, Credentials};
pub use paths::{PathError, Paths};
pub use settings::{ConfigError, Notify, Profile, Settings, TuiSettings};
