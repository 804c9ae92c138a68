//! Who may do what, as two pure tables: one for the server, one for its rooms, and the caller they are asked about.
//! Must not know how a request travels, where rooms are stored, or the clock.

mod caller;
mod room;
mod server;

pub use caller::{Caller, Credential, Origin, Scope, Scopes, Standing};
pub use room::{GENERAL, Place, RoomAction, RoomRefusal, in_room};
pub use server::{ServerAction, ServerRefusal, ServerRole, on_server};

/// The answer of a table; `R` is the table's own list of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<R> {
    /// The action may go ahead.
    Allowed,
    /// The caller may not learn that the target exists: answered exactly as if it did not.
    Hidden,
    /// The caller sees the target but may not do this to it.
    Refused(R),
}

impl<R> Decision<R> {
    /// Whether the action may go ahead.
    pub fn is_allowed(&self) -> bool {
        match self {
            Self::Allowed => true,
            Self::Hidden | Self::Refused(_) => false,
        }
    }
}
