//! Listeners, the HTTP surface, and one WebSocket for each connection. Must not know rooms or stores; frames are made and
//! read by `connection`.

mod accept;
mod backlog;
mod bind_error;
mod frames;
mod host_names;
mod http;
mod inherited;
mod listen;
mod socket;
mod trusted_proxies;
mod unix_door;

pub use accept::serve;
pub use bind_error::BindError;
pub use host_names::HostNames;
pub use inherited::Inherited;
pub use listen::{Listen, Listeners};
pub use trusted_proxies::TrustedProxies;
pub use unix_door::UnixListen;
