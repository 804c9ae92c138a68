//! Drafts, places and posts of an earlier run for rooms that are not known yet. Must not know where they came from.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::time::UnixMillis;

use super::editor::Editor;
use super::rooms::pending_post::PendingPost;
use super::rooms::room::Room;
use crate::app::state::effect::StoredPost;
use crate::app::state::place::Place;
use crate::app::state::room_key::RoomKey;

/// Drafts, places and posts that wait for their rooms.
#[derive(Debug, Default)]
pub struct Unclaimed {
    drafts: BTreeMap<RoomKey, String>,
    places: BTreeMap<RoomKey, Place>,
    posts: Vec<StoredPost>,
}

impl Unclaimed {
    /// Keeps a draft until its room is known.
    pub fn keep_draft(&mut self, room_key: RoomKey, draft: String) {
        self.drafts.insert(room_key, draft);
    }

    /// Keeps the place where a room was left until the room is known.
    pub fn keep_place(&mut self, room_key: RoomKey, place: Place) {
        self.places.insert(room_key, place);
    }

    /// Drops the places: the numbers stand for other messages now.
    pub fn forget_places(&mut self) {
        self.places.clear();
    }

    /// Keeps a post until its room is known.
    pub fn keep_post(&mut self, post: StoredPost) {
        self.posts.push(post);
    }

    /// Hands a room that has become known what waited for it.
    pub fn hand_over(&mut self, room: &mut Room, now: UnixMillis) {
        if let Some(draft) = self.drafts.remove(&room.key) {
            // The file may have lost it meanwhile.
            room.writing.set_draft(Editor::with(draft));
        }
        if let Some(place) = self.places.remove(&room.key) {
            room.restore_place(place);
        }
        let posts = self.posts.extract_if(.., |post| post.room_key == room.key);
        room.writing.pending.extend(posts.map(|post| PendingPost::restored(post, now)));
    }

    /// Drops everything, because another account left it; it stays on disk for that account.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}
