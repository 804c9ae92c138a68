//! Every internal error becomes a wire error here, and only here.

use chat_proto::error::{ErrorBody, ErrorCode};

use crate::access::RoomRefusal;
use crate::auth::PasswordError;
use crate::limits::Take;
use crate::live::LiveError;
use crate::room::RoomError;
use crate::store::StoreError;

/// Why a request is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// Known as it goes out.
    #[error(transparent)]
    Wire(#[from] ErrorBody),
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
    /// A reason known as it goes out.
    pub(super) fn wire(code: ErrorCode, message: &str) -> Self {
        Self::Wire(ErrorBody::new(code, message))
    }

    /// What is not there, and what must not be known to be there.
    pub(super) fn not_found() -> Self {
        Self::wire(ErrorCode::NotFound, "There is no such room or message, or you may not see it.")
    }
}

/// Why a new password is refused, at the field it stands in.
pub(super) fn of_new_password(error: PasswordError) -> Refusal {
    let body = of_password(error);
    if body.field.is_some() { body.at_field("new").into() } else { body.into() }
}

/// A bucket's answer: where it holds too little, `message` and when to ask again.
pub(super) fn granted(take: Take, message: &str) -> Result<(), ErrorBody> {
    match take {
        Take::Granted => Ok(()),
        Take::Refused { retry_after_ms } => {
            Err(ErrorBody::new(ErrorCode::RateLimited, message).retry_after(retry_after_ms.unwrap_or(1_000)))
        }
    }
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

/// The error as the client gets it. Faults of our own are logged here, with their facts.
pub(super) fn to_wire(refusal: Refusal) -> ErrorBody {
    match refusal {
        Refusal::Wire(body) => body,
        Refusal::Room(error) => of_room(error),
        Refusal::Store(error) => of_store(error),
        Refusal::Password(error) => of_password(error),
    }
}

fn of_room(error: RoomError) -> ErrorBody {
    match error {
        RoomError::NotFound => to_wire(Refusal::not_found()),
        RoomError::Refused(why) => of_access(why),
        RoomError::LifeOutOfRange => {
            ErrorBody::new(ErrorCode::BadRequest, "A message lives from 1 second to 7 days.").at_field("life")
        }
        RoomError::KeyReused => ErrorBody::new(
            ErrorCode::KeyReused,
            "This key was used for another message; use a new key for a new message.",
        )
        .at_field("key"),
        RoomError::ChainBroken => super::chain::broken(),
        RoomError::Busy => ErrorBody::new(ErrorCode::Busy, "The room has more to do than it can hold; try again."),
        RoomError::Store(error) => of_store(error),
        RoomError::Live(error) => of_live("The message was not taken", &error),
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

/// The answer to whoever is not signed in.
pub(super) fn auth_required() -> ErrorBody {
    ErrorBody::new(ErrorCode::AuthRequired, "Sign in first: send `hello`.")
}

fn of_store(error: StoreError) -> ErrorBody {
    match error {
        StoreError::NotFound => to_wire(Refusal::not_found()),
        StoreError::NameTaken => {
            ErrorBody::new(ErrorCode::NameTaken, "This name, or one that looks like it, is taken; choose another.")
                .at_field("name")
        }
        StoreError::KeyReused => of_room(RoomError::KeyReused),
        StoreError::ChainBroken => of_room(RoomError::ChainBroken),
        StoreError::Busy => ErrorBody::new(ErrorCode::Busy, "The server has more to do than it can hold; try again."),
        StoreError::Closed => ErrorBody::new(ErrorCode::ShuttingDown, "The server is going down; reconnect."),
        StoreError::Failed(reason) => {
            tracing::error!(%reason, "the database refused");
            ErrorBody::new(
                ErrorCode::StorageFailed,
                "The database could not be written; nothing was accepted. Try again.",
            )
        }
    }
}

fn of_live(undone: &str, error: &LiveError) -> ErrorBody {
    ErrorBody::new(ErrorCode::LiveUnavailable, format!("{undone}: {error}."))
}

fn of_password(error: PasswordError) -> ErrorBody {
    match error {
        PasswordError::Length => ErrorBody::new(ErrorCode::BadRequest, format!("{error}.")).at_field("password"),
        PasswordError::Busy => {
            ErrorBody::new(ErrorCode::TooMany, "Too many sign-ins at once; try again in a moment.").retry_after(1_000)
        }
        PasswordError::Failed => ErrorBody::new(ErrorCode::Internal, "The sign-in failed in the server."),
    }
}
