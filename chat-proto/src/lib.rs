//! The chat protocol: what a client and a server say to each other.

pub mod client_frame;
pub mod codec;
pub mod error;
pub mod ids;
pub mod limits;
pub mod message;
pub mod presence;
pub mod request;
pub mod room;
pub mod server_frame;
pub mod text;
pub mod time;
pub mod topic;
