//! Every internal error becomes the error body that clients see here, and only here. Must not know how bodies are encoded.

use chat_proto::error::{ErrorBody, ErrorCode};

use crate::access::{RoomRefusal, Scope};
use crate::auth::PasswordError;
use crate::limits::{Limit, Limited};
use crate::live::LiveError;
use crate::room::RoomError;
use crate::store::{ROOMS_MAX, StoreError};

/// Why a request is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// A reason in its final form.
    #[error(transparent)]
    Wire(#[from] ErrorBody),
    /// The caller is not signed in, or not any more.
    #[error("not signed in")]
    SignedOut,
    /// The caller's credential does not have the scope.
    #[error("the credential lacks the scope {0:?}")]
    OutOfScope(Scope),
    /// Only a connection that stays open can do this.
    #[error("no connection that stays open")]
    NoConnection,
    /// The account, or its address, does this too often.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// A room's reason.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The database's reason.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password's reason.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

impl Refusal {
    /// A reason in its final form.
    pub(super) fn wire(code: ErrorCode, message: &str) -> Self {
        Self::Wire(ErrorBody::new(code, message))
    }

    /// For everything that does not exist, or must not be known to exist.
    pub(super) fn not_found() -> Self {
        Self::wire(ErrorCode::NotFound, "There is no such room or message, or you may not see it.")
    }
}

/// Why a new password is refused, at its field.
pub(super) fn of_new_password(error: PasswordError) -> Refusal {
    let body = of_password(error);
    if body.field.is_some() { body.at_field("new").into() } else { body.into() }
}

/// Why an edit is refused.
pub(super) fn of_edit(error: RoomError) -> Refusal {
    of_change("The edit was not made", error)
}

/// Why a deletion is refused.
pub(super) fn of_delete(error: RoomError) -> Refusal {
    of_change("The message was not deleted", error)
}

fn of_change(undone: &str, error: RoomError) -> Refusal {
    match error {
        RoomError::Live(error) => of_live(undone, &error).into(),
        other => other.into(),
    }
}

impl From<Refusal> for ErrorBody {
    /// The error as the client gets it. Our own faults are logged here, with their facts.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Wire(body) => body,
            Refusal::SignedOut => auth_required(),
            Refusal::OutOfScope(_) => {
                Self::new(ErrorCode::NotAllowed, "This sign-in may not do this; use another one.")
            }
            Refusal::NoConnection => Self::new(ErrorCode::BadRequest, "Only a connection that stays open can do this."),
            Refusal::Limited(limited) => of_limited(limited),
            Refusal::Room(error) => of_room(error),
            Refusal::Store(error) => of_store(&error),
            Refusal::Password(error) => of_password(error),
        }
    }
}

fn of_limited(Limited { limit, retry_after_ms }: Limited) -> ErrorBody {
    let (code, message) = match limit {
        Limit::Posts => (ErrorCode::RateLimited, "Too many messages; wait a moment."),
        Limit::Repeats => (ErrorCode::Repeated, "The same text was posted just before; wait, or rephrase it."),
        Limit::Changes => (ErrorCode::RateLimited, "Too many changes; wait a moment."),
        Limit::ReadMarkers => (ErrorCode::RateLimited, "Too many read markers; wait a moment."),
        Limit::WrongPasswords => (ErrorCode::RateLimited, "Too many wrong passwords for this account; wait a moment."),
        Limit::WrongNames => (ErrorCode::RateLimited, "Too many wrong passwords from your address; wait a moment."),
        Limit::SignIns => (ErrorCode::RateLimited, "Too many sign-ins from your address; wait a moment."),
    };
    ErrorBody::new(code, message).retry_after(retry_after_ms)
}

fn of_room(error: RoomError) -> ErrorBody {
    match error {
        RoomError::NotFound => Refusal::not_found().into(),
        RoomError::Refused(why) => of_access(why),
        RoomError::LifeOutOfRange => {
            ErrorBody::new(ErrorCode::BadRequest, "A message lives from 1 second to 7 days.").at_field("life")
        }
        RoomError::KeyReused => ErrorBody::new(
            ErrorCode::KeyReused,
            "This key was used for another message; use a new key for a new message.",
        )
        .at_field("key"),
        RoomError::ChainBroken => ErrorBody::new(
            ErrorCode::ChainBroken,
            "An earlier message of this chain was refused; send that one again with `restart`, then the rest.",
        ),
        RoomError::Busy => ErrorBody::new(ErrorCode::Busy, "The room has more to do than it can hold; try again."),
        RoomError::Store(error) => of_store(&error),
        RoomError::Live(error) => of_live("The message was not accepted", &error),
    }
}

fn of_access(why: RoomRefusal) -> ErrorBody {
    match why {
        RoomRefusal::SignedOut => auth_required(),
        RoomRefusal::NotMember => {
            ErrorBody::new(ErrorCode::NotMember, "Only members may do this; join the room first.")
        }
        RoomRefusal::NotAuthor => ErrorBody::new(ErrorCode::NotAllowed, "Only its author may change a message."),
        RoomRefusal::NobodyLeaves => {
            ErrorBody::new(ErrorCode::NotAllowed, "Everyone is in #general; it cannot be left.")
        }
    }
}

/// The answer to callers that are not signed in.
fn auth_required() -> ErrorBody {
    ErrorBody::new(ErrorCode::AuthRequired, "Sign in first: send `hello`.")
}

fn of_store(error: &StoreError) -> ErrorBody {
    match error {
        StoreError::NotFound => Refusal::not_found().into(),
        StoreError::NameTaken { .. } => {
            ErrorBody::new(ErrorCode::NameTaken, "This name, or one that looks like it, is taken; choose another.")
                .at_field("name")
        }
        StoreError::TooManyRooms => {
            let message = format!("An account is a member of at most {ROOMS_MAX} rooms; leave one first.");
            ErrorBody::new(ErrorCode::TooMany, message)
        }
        StoreError::KeyReused => of_room(RoomError::KeyReused),
        StoreError::ChainBroken => of_room(RoomError::ChainBroken),
        StoreError::Busy => ErrorBody::new(ErrorCode::Busy, "The server has more to do than it can hold; try again."),
        StoreError::Displaced => ErrorBody::new(
            ErrorCode::StorageFailed,
            "The server's data folder was moved or replaced; nothing was accepted. Try again once it is back.",
        ),
        StoreError::Ended => ErrorBody::new(
            ErrorCode::StorageFailed,
            "The server's database has failed, and the server must be restarted. Try again then.",
        ),
        StoreError::Closed => ErrorBody::new(ErrorCode::ShuttingDown, "The server is going down; reconnect."),
        StoreError::Damaged(_) => {
            tracing::error!(error = error.with_causes(), "the database is damaged; `chat-server doctor` says where");
            let message = "The server's data are damaged; nothing was accepted. The server's log says more.";
            ErrorBody { retryable: false, ..ErrorBody::new(ErrorCode::StorageFailed, message) }
        }
        StoreError::Unreadable { .. } | StoreError::Failed(_) => {
            tracing::error!(error = error.with_causes(), "the database failed");
            ErrorBody::new(
                ErrorCode::StorageFailed,
                "The database could not be written; nothing was accepted. Try again.",
            )
        }
    }
}

fn of_live(undone: &str, error: &LiveError) -> ErrorBody {
    let code = match error {
        LiveError::AccountFull { .. } | LiveError::RoomFull { .. } | LiveError::Full { .. } => ErrorCode::EphemeralFull,
        LiveError::Unavailable
        | LiveError::Down
        | LiveError::OutOfMemory
        | LiveError::KeyConflict
        | LiveError::Busy
        | LiveError::NotEphemeral => ErrorCode::LiveUnavailable,
    };
    ErrorBody::new(code, format!("{undone}: {error}."))
}

fn of_password(error: PasswordError) -> ErrorBody {
    match error {
        PasswordError::Length => ErrorBody::new(ErrorCode::BadRequest, sentence(&error)).at_field("password"),
        PasswordError::Busy => {
            ErrorBody::new(ErrorCode::TooMany, "Too many sign-ins at once; try again in a moment.").retry_after(1_000)
        }
        PasswordError::Failed => ErrorBody::new(ErrorCode::Internal, "The sign-in failed in the server."),
    }
}

/// An error of ours as the sentence that clients show.
fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}
