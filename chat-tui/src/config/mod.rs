//! The client's settings: where files are, what the configuration says, which tokens are kept.

mod credentials;
mod paths;
mod settings;

pub use credentials::{CredentialError, Credentials};
pub use paths::{PathError, Paths};
pub use settings::{ConfigError, Notify, Profile, Settings, TuiSettings};
