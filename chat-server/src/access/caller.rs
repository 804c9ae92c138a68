//! Who asks: the account behind a connection, where it connects from, how it signed in and what it may use.
//! Must not know requests, rooms or how a connection works. Pure.

#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use chat_proto::ids::{ConnectionId, SessionId, UserId};
use parking_lot::Mutex;

use super::ServerRole;

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The user of this machine at the other end of a Unix socket.
    pub uid: Option<u32>,
    /// Whether it comes from this machine.
    pub is_loopback: bool,
    /// Its network address; `None` over a Unix socket.
    pub address: Option<IpAddr>,
}

/// As the log names it: an address or a user of this machine.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.uid) {
            (Some(address), _) => write!(f, "{}", address.to_canonical()),
            (None, Some(uid)) => write!(f, "uid:{uid}"),
            (None, None) => f.write_str("unknown"),
        }
    }
}

/// How a caller proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// By the uid at the other end of a Unix socket.
    Peer {
        /// The uid.
        uid: u32,
    },
    /// By the token of a stored sign-in.
    Token(SessionId),
    /// By a password, given now; the stored sign-in was made for it.
    Password(SessionId),
}

impl Credential {
    /// The stored sign-in, which can be revoked; `None` for a uid.
    pub fn sign_in(self) -> Option<SessionId> {
        match self {
            Self::Peer { .. } => None,
            Self::Token(sign_in) | Self::Password(sign_in) => Some(sign_in),
        }
    }
}

/// A part of what an account may do, which a credential can be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// See and read rooms, and who is in them.
    Read,
    /// Post, edit and delete messages, show typing, move read markers.
    Post,
    /// Make, join, leave and describe rooms.
    Rooms,
    /// Change the account itself: its status, password and sign-ins.
    Account,
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Everything the account may do. Every credential has it today.
    pub const ALL: Self = Self::of(&[Scope::Read, Scope::Post, Scope::Rooms, Scope::Account]);

    /// The set of these scopes.
    pub const fn of(scopes: &[Scope]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < scopes.len() {
            bits |= 1 << scopes[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Whether the set holds a scope.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }
}

/// An account's present role on the server and its revoked sign-ins: one value that all its callers share, so that a
/// change holds at once.
#[derive(Debug)]
pub struct Standing {
    role: AtomicU8,
    /// Whether any is revoked, so that the others need not look.
    has_revoked: AtomicBool,
    revoked: Mutex<Vec<SessionId>>,
}

impl Standing {
    /// The standing of an account.
    pub fn new(role: ServerRole) -> Self {
        Self { role: AtomicU8::new(role as u8), has_revoked: AtomicBool::new(false), revoked: Mutex::default() }
    }

    /// The role at this moment.
    pub fn role(&self) -> ServerRole {
        let code = self.role.load(Ordering::Acquire);
        ServerRole::ALL.into_iter().find(|role| *role as u8 == code).unwrap_or(ServerRole::Anonymous)
    }

    /// Changes the role, for every connection of the account.
    pub fn set_role(&self, role: ServerRole) {
        self.role.store(role as u8, Ordering::Release);
    }

    /// A sign-in has been revoked: its callers are anonymous from now on.
    pub fn revoke(&self, sign_in: SessionId) {
        self.revoked.lock().push(sign_in);
        self.has_revoked.store(true, Ordering::Release);
    }

    fn has_revoked(&self, sign_in: Option<SessionId>) -> bool {
        self.has_revoked.load(Ordering::Acquire)
            && sign_in.is_some_and(|sign_in| self.revoked.lock().contains(&sign_in))
    }
}

/// Who asks; a clone is the same caller.
#[derive(Clone, Debug)]
pub struct Caller {
    facts: Arc<Facts>,
    /// `None` if the caller's door keeps no connection.
    connection: Option<ConnectionId>,
}

#[derive(Debug)]
struct Facts {
    user: UserId,
    origin: Origin,
    credential: Credential,
    scopes: Scopes,
    standing: Arc<Standing>,
    /// Set once, when the sign-in is revoked.
    is_revoked: AtomicBool,
}

impl Caller {
    /// A caller that has just signed in.
    pub fn new(user: UserId, origin: Origin, credential: Credential, scopes: Scopes, standing: Arc<Standing>) -> Self {
        let is_revoked = AtomicBool::new(false);
        Self { facts: Arc::new(Facts { user, origin, credential, scopes, standing, is_revoked }), connection: None }
    }

    /// The same caller over a connection that stays open, to which events can be pushed.
    #[must_use]
    pub fn over(self, connection: ConnectionId) -> Self {
        Self { connection: Some(connection), ..self }
    }

    /// The connection it asks over, if its door keeps one.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// The account.
    pub fn user(&self) -> UserId {
        self.facts.user
    }

    /// Where it connects from.
    pub fn origin(&self) -> Origin {
        self.facts.origin
    }

    /// Whether it is a user of this machine, proved by the Unix socket it came through.
    pub fn is_local(&self) -> bool {
        self.facts.origin.uid.is_some()
    }

    /// How it signed in.
    pub fn credential(&self) -> Credential {
        self.facts.credential
    }

    /// The scopes its credential is limited to.
    pub fn scopes(&self) -> Scopes {
        self.facts.scopes
    }

    /// Its role on the server at this moment; [`ServerRole::Anonymous`] once its sign-in has been revoked.
    pub fn role(&self) -> ServerRole {
        let Facts { standing, credential, is_revoked, .. } = &*self.facts;
        let is_revoked = is_revoked.load(Ordering::Acquire) || standing.has_revoked(credential.sign_in());
        if is_revoked { ServerRole::Anonymous } else { standing.role() }
    }

    /// Its sign-in has been revoked: whatever it has asked for and was not decided yet is refused.
    pub fn revoke(&self) {
        self.facts.is_revoked.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(standing: &Arc<Standing>, credential: Credential) -> Caller {
        let origin = Origin { uid: None, is_loopback: true, address: None };
        Caller::new(UserId(5), origin, credential, Scopes::ALL, Arc::clone(standing))
    }

    #[test]
    fn every_connection_reads_the_accounts_present_standing() {
        let standing = Arc::new(Standing::new(ServerRole::Account));
        let (first, second) =
            (caller(&standing, Credential::Token(SessionId(1))), caller(&standing, Credential::Peer { uid: 7 }));
        let copy = first.clone();
        assert_eq!((first.role(), second.role()), (ServerRole::Account, ServerRole::Account));
        first.revoke();
        assert_eq!((copy.role(), second.role()), (ServerRole::Anonymous, ServerRole::Account), "only its own sign-in");
        let third = caller(&standing, Credential::Token(SessionId(3)));
        standing.revoke(SessionId(3));
        assert_eq!((third.role(), second.role()), (ServerRole::Anonymous, ServerRole::Account), "only that sign-in");
        standing.set_role(ServerRole::Anonymous);
        assert_eq!(second.role(), ServerRole::Anonymous);
    }

    #[test]
    fn only_stored_sign_ins_can_be_revoked() {
        assert_eq!(Credential::Peer { uid: 7 }.sign_in(), None);
        assert_eq!(Credential::Token(SessionId(3)).sign_in(), Some(SessionId(3)));
        assert_eq!(Credential::Password(SessionId(4)).sign_in(), Some(SessionId(4)));
    }

    #[test]
    fn a_set_of_scopes_holds_what_it_was_made_of() {
        let some = Scopes::of(&[Scope::Read, Scope::Account]);
        assert!(some.contains(Scope::Read) && some.contains(Scope::Account));
        assert!(!some.contains(Scope::Post) && !some.contains(Scope::Rooms));
        assert!(
            [Scope::Read, Scope::Post, Scope::Rooms, Scope::Account].iter().all(|scope| Scopes::ALL.contains(*scope))
        );
    }
}
