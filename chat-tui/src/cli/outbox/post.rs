//! A post that waits, in the form it has on disk. Must not know where it is kept or how it is sent.

use chat_proto::ids::ClientKey;
use chat_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::cli::run_report::RunReport;

/// The result of a command that waits to be posted. It is persistent: nothing that expires is written to disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct OutboxPost {
    /// Names it on the command line.
    pub id: String,
    /// The room as typed: a name, or an id.
    pub room: String,
    /// The message's key: however often it is sent, it is posted once.
    pub key: ClientKey,
    /// The profile or server it is for, as people know it.
    pub profile: String,
    /// Names the token it must be sent with; `None`: the sign-in of the profile.
    pub token: Option<String>,
    /// When it was stored.
    pub stored_at: UnixMillis,
    /// Why it cannot be posted as it is; `None`: it waits.
    pub refusal: Option<Refusal>,
    /// The command and its result.
    pub report: RunReport,
}

/// The server's final answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cli) struct Refusal {
    /// Its code.
    pub code: String,
    /// Its reason, for people.
    pub message: String,
}
