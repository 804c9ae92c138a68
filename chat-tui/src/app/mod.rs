//! The state of the screen and its rules: messages in, effects out. Pure.
//!
//! `update(&mut Model, Msg, now)` is the one way in; what has to be done in the world comes out as [`Effect`]s. Three
//! floors, each importing only those below it: `state` is plain data; `parts` is what the screen can do, one file a part,
//! each with its own state; `routing` holds the [`Model`] and brings everything that happens to its part, together with
//! the pieces of other parts that it needs. What a part leaves to others, it adds to its `Outcomes`, which `routing`
//! follows.
//!
//! Knows no terminal, clock, disk or socket; the view reads the model and changes nothing.

#![deny(clippy::disallowed_methods)]

mod parts;
mod routing;
mod state;
#[cfg(test)]
pub(crate) mod tests;

pub use parts::activity::Activity;
pub use parts::completion::Completing;
pub use parts::composer::Composer;
pub use parts::deletions::Deletions;
pub use parts::editor::Editor;
pub use parts::first_keys::{FirstKey, FirstKeys};
pub use parts::history_search::HistorySearch;
pub use parts::link_list::LinkList;
pub use parts::navigation::Navigation;
pub use parts::notices::Notices;
pub use parts::overlays::{EditHistory, Overlay, Overlays};
pub use parts::panes::Panes;
pub use parts::recent::Recent;
pub use parts::rooms::backlog::{Backlog, History};
pub use parts::rooms::pending_post::{PendingPost, PostState};
pub use parts::rooms::queues::DeliveryStatus;
pub use parts::rooms::room::{Room, RoomPeople, Scroll};
pub use parts::rooms::sight::{OutOfSight, UnreadCount};
pub use parts::rooms::timeline::Timeline;
pub use parts::rooms::unread::Reading;
pub use parts::rooms::writing::Writing;
pub use parts::selection::{Focus, may_delete, may_edit};
pub use parts::server::{LinkState, Server};
pub use parts::sign_in::{SignInField, SignInForm, SignInState};
pub use parts::switcher::{Switcher, SwitcherLine};
pub use routing::{Model, update};
pub use state::completion::Candidate;
pub use state::effect::{Effect, PersistOp, SavedRoom, StoredPost};
pub use state::msg::{Msg, Restored};
pub use state::notice::Notice;
pub use state::pane::{Fold, Pane};
pub use state::place::Place;
pub use state::room_key::{RoomKey, ServerKey};
pub use state::setup::Setup;
pub use state::timeline_entry::{EntryKind, MessageContent, RoomEvent, TimelineEntry};
pub use state::viewport::{Area, Mouse, Target, Viewport};
