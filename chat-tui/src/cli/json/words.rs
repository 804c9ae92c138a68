//! The words `--json` prints for the protocol's enums: named here, so that a new word of the protocol is a decision
//! here too. Must not know lines.

use chat_proto::error::ErrorCode;
use chat_proto::presence::Availability;
use chat_proto::room::{Role, RoomKind, Rsvp};

use crate::cli::exit::Code;

/// Returns the word for a room's kind.
pub(super) fn kind(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Public => "public",
        RoomKind::Private => "private",
        RoomKind::Direct => "direct",
    }
}

/// Returns the word for a member's role.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Owner => "owner",
    }
}

/// Returns the word for an RSVP.
pub(super) fn rsvp(answer: Rsvp) -> &'static str {
    match answer {
        Rsvp::None => "none",
        Rsvp::Interested => "interested",
        Rsvp::Attending => "attending",
    }
}

/// Returns the word for an availability.
pub(super) fn availability(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "online",
        Availability::Away => "away",
        Availability::Dnd => "dnd",
        Availability::Offline => "offline",
        Availability::Unknown => "unknown",
    }
}

/// Returns the word for the code of an error.
pub(in crate::cli) fn code(code: Code) -> &'static str {
    match code {
        Code::Unreachable => "unreachable",
        Code::TimedOut => "timed_out",
        Code::Protocol(code) => protocol_code(code),
    }
}

fn protocol_code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::AuthRequired => "auth_required",
        ErrorCode::AuthFailed => "auth_failed",
        ErrorCode::RegistrationClosed => "registration_closed",
        ErrorCode::VersionUnsupported => "version_unsupported",
        ErrorCode::BadFrame => "bad_frame",
        ErrorCode::UnknownType => "unknown_type",
        ErrorCode::BadRequest => "bad_request",
        ErrorCode::TooLarge => "too_large",
        ErrorCode::NotFound => "not_found",
        ErrorCode::NotAllowed => "not_allowed",
        ErrorCode::NotMember => "not_member",
        ErrorCode::NameTaken => "name_taken",
        ErrorCode::KeyReused => "key_reused",
        ErrorCode::ChainBroken => "chain_broken",
        ErrorCode::RateLimited => "rate_limited",
        ErrorCode::Repeated => "repeated",
        ErrorCode::TooMany => "too_many",
        ErrorCode::Busy => "busy",
        ErrorCode::StorageFailed => "storage_failed",
        ErrorCode::LiveUnavailable => "live_unavailable",
        ErrorCode::EphemeralFull => "ephemeral_full",
        ErrorCode::ShuttingDown => "shutting_down",
        ErrorCode::Internal => "internal",
    }
}
