//! The words `--json` prints for the protocol's enums: named here, so that a new word of the protocol is a decision
//! here too. Must not know lines.

use chat_proto::presence::Availability;
use chat_proto::room::{Role, RoomKind, Rsvp};

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
