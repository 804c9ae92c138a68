//! How many connections may wait to be accepted, the same for every listener. Must not know who listens.

/// As many as a whole team that comes back at once. The system drops those beyond, and their next try comes a second later. It
/// may allow fewer (`net.core.somaxconn`).
pub(super) const BACKLOG: u32 = 4_096;
