//! Identity: passwords, tokens, users of this machine. Must not know frames or sockets.

mod fair_queue;
mod hashers;
mod password;
mod peer;
mod token;

pub use password::{PasswordError, Passwords};
pub use peer::{NOBODY_UID, name_of_uid};
pub use token::{Token, hash_token};
