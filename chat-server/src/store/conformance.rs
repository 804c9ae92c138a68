//! The contract of the store's ports as tests, for every store. Must not know which database it is.
//!
//! `suite!(storage)` makes one test per case, each with a new [`Storage`] and the store in it.

mod accounts;
mod lists;
mod retention;
mod rooms;
mod timeline;

pub(crate) use {accounts::*, lists::*, retention::*, rooms::*, timeline::*};

use std::sync::Arc;

use chat_proto::ids::{RoomId, Run, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::room::{Role, RoomKind};
use chat_proto::time::UnixMillis;

use super::{Append, HistoryBounds, MemberState, NewRoom, RecentBounds, Store};

/// Makes the suite's tests for one kind of store.
macro_rules! suite {
    ($storage:expr) => {
        crate::store::conformance::suite!(@cases $storage;
            a_repeated_key_returns_the_first_number_and_adds_nothing
            a_write_that_fails_takes_none_of_its_batch_along
            behind_a_refused_write_of_a_chain_none_is_kept
            a_chain_breaks_over_rooms_and_only_behind_the_refusal
            an_append_changes_what_its_item_says_about_the_room
            an_edit_keeps_the_former_text_and_a_deletion_leaves_none
            a_run_is_known_in_the_rooms_it_wrote_in_with_their_numbers_before_it
            a_room_starts_with_every_write_that_was_asked_for
            what_was_acknowledged_is_there_after_reopening_with_the_same_epoch
            a_number_that_was_reserved_is_never_given_again
            a_refused_change_is_known_by_its_numbers_until_nothing_can_be_left_of_it
            unread_counts_persistent_messages_after_the_mark_and_the_mark_only_grows
            own_messages_are_never_unread_and_move_no_read_marker
            who_is_named_follows_edits_and_deletions
            what_a_member_answered_is_known_however_long_ago
            a_changed_answer_changes_its_item_and_the_membership_and_deletes_nothing
            the_rooms_of_an_account_are_those_of_its_memberships_in_their_order
            a_closed_private_room_opens_again_for_its_maker_only
            a_room_is_made_with_its_owner_and_closed_with_its_last_leave
            an_account_at_its_limit_makes_no_room_and_burns_no_name
            a_user_of_the_machine_has_one_account_and_a_taken_name_gets_a_suffix
            a_name_that_is_taken_or_looks_like_it_is_refused_and_adds_no_account
            an_account_is_found_by_its_id_and_its_name_alike
            many_accounts_are_found_at_once_and_unknown_ones_are_left_out
            a_profile_is_kept_and_belongs_to_one_account
            a_sign_in_is_found_by_its_token_until_it_is_revoked
            a_new_password_ends_every_sign_in_of_its_account_but_the_kept_one
            a_list_of_rooms_holds_those_that_the_access_table_shows
            pages_of_rooms_hold_each_open_room_once_by_rising_name
            pages_of_members_hold_each_once_by_rising_name
            old_messages_are_removed_step_by_step_and_nothing_else
            the_newest_message_is_known_and_stays_so_when_all_are_removed
            unread_counts_go_on_when_old_messages_are_removed
            a_store_that_writes_is_healthy_and_counts_its_writes);
    };
    (@cases $storage:expr; $($case:ident)+) => {
        $(#[tokio::test]
        async fn $case() {
            let fixture = crate::store::conformance::Fixture::new($storage);
            crate::store::conformance::$case(fixture).await;
        })+
    };
}
pub(crate) use suite;

/// How much of a room is read at its start.
pub(crate) const RECENT: RecentBounds = RecentBounds { events: 256, messages: 50, bytes: 256 * 1024 };

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);
const GENERAL: RoomId = RoomId(1);
/// An account that is no member.
const BEN: UserId = UserId(77);

/// Where one test's store keeps its data.
pub(crate) trait Storage: Sized {
    /// Opens the store for a run. In an empty storage the data begin the life `epoch`.
    fn open(&self, epoch: &str, run: Run) -> Arc<dyn Store>;
}

/// An open store and its storage.
pub(crate) struct Fixture<P> {
    pub store: Arc<dyn Store>,
    pub storage: P,
}

impl<P: Storage> Fixture<P> {
    pub(crate) fn new(storage: P) -> Self {
        Self { store: storage.open("e1", Run(1)), storage }
    }

    /// Closes the store and opens it again.
    async fn reopened(self) -> Self {
        let run = self.store.run();
        self.store.close().await.expect("it closes");
        let Self { store, storage } = self;
        drop(store);
        Self { store: storage.open("e2", Run(run.0 + 1)), storage }
    }

    /// The places of a room's last items, latest first, and those of its runs of joins.
    pub(crate) async fn places(&self, room: RoomId) -> (Vec<u64>, Vec<(u64, u64)>) {
        let found = self.store.history(room, None, HistoryBounds::page(100)).await.expect("read");
        let runs = found.joins.iter().map(|run| (run.from_seq.0, run.to_seq.0)).collect();
        (found.items.iter().map(|item| item.seq.0).collect(), runs)
    }

    /// Makes an account that is a member of the first room.
    pub(crate) async fn ana(&self) -> UserId {
        let ana = self.store.account_for_uid(1000, "ana".parse().expect("a name"), NOW).await.expect("made");
        let joins = Append { content: Content::Join, ..event(ana.id, 1, "-") };
        self.store.change_member(joins, MemberState::Joins(Role::Member)).await.expect("joined");
        ana.id
    }
}

/// A message in the first room.
pub(crate) fn event(by: UserId, seq: u64, body: &str) -> Append {
    let key = Some(format!("key-{seq}").parse().expect("a key"));
    let message = Message { key, ..Message::plain(body.parse().expect("a body")) };
    Append { room: GENERAL, seq: Seq(seq), at: NOW, by, content: Content::Message(message), chain: None }
}

fn body(item: &Item) -> &str {
    item.content.message().map_or("", |message| message.body.as_str())
}

fn room_of(by: UserId, kind: RoomKind) -> NewRoom {
    NewRoom {
        kind,
        name: "hush".parse().expect("a name"),
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: true,
        by,
        at: NOW,
    }
}
