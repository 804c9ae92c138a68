//! Who may do what, as two pure tables: one for the server, one for its rooms, and the caller they are asked about.
//! Must not know how a request travels, where rooms are stored, or the clock.

mod caller;
mod decision;
mod room;
mod server;
mod source;

pub use caller::{Caller, Credential, Origin, Scope, Scopes, Standing};
pub use decision::Decision;
pub use room::{GENERAL, RoomAction, RoomClass, RoomRefusal, in_room};
pub use server::{ServerAction, ServerRefusal, ServerRole, on_server};
pub use source::Source;
