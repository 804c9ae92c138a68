//! Results of `chat run` that could not be posted, on disk until a later command or the screen posts them. Must not know how a
//! command is run.
//!
//! They are files of their own, one a post, and not rows of the screen's outbox: that one belongs to an account of a server
//! and names rooms by the server's ids, while `run` must work where no server has answered yet, and may only know the
//! profile and the room's name. A file needs no database that may be locked or damaged.

mod delivery;
mod folder;
mod post;
mod room_lives;

pub(super) use delivery::{Delivered, deliver, deliver_for_ever, report_expired};
pub(super) use folder::OutboxFolder;
pub(super) use post::{OutboxPost, Refusal};
pub(super) use room_lives::{RoomLife, remember_rooms, room_life};
