//! Rooms followed over reconnects: every change once, in the room's order, without a gap, and several rooms in the order of
//! time. Must not know when to connect again, nor who reads.

mod followed;
mod rooms;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{RoomId, Seq};
use chat_proto::limits::IDS_MAX;
use chat_proto::message::{ChangeDetail, Content, Item, ItemChange};
use chat_proto::request::{Call, Changes, ChangesPage, History, Subscribe};
use chat_proto::room::Membership;
use chat_proto::server_frame::{AccountChange, AccountEvent, Event, ServerFrame, Update, Welcome};

pub use self::followed::{Followed, FollowedItem, RoomStart};
use self::rooms::FollowedRooms;
use super::client::Client;
use super::link::LinkOptions;
use super::server_clock::{ClockReadings, ServerClock};
use crate::catch_up::{Arrival, Entered, Life, Step};
use crate::link_event::{CallError, LinkEvent, NetError};

/// Messages that come again where the server does not know how far a room was followed.
const LAST_ITEMS: u32 = 20;

/// Why rooms cannot be followed any more.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FollowError {
    /// The link has stopped: the sign-in has ended.
    #[error(transparent)]
    Link(#[from] NetError),
    /// The server refused a request: a room is gone, or may not be seen any more.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Which rooms are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Those that were named; it is an error if one is gone.
    Named,
    /// All rooms of the account, as it joins and leaves them.
    All,
}

/// Follows rooms.
#[derive(Debug)]
pub struct Follower {
    client: Client,
    is_connected: bool,
    /// Whether the loss of the connection was reported, and its return was not.
    is_outage_reported: bool,
    scope: Scope,
    life: Life,
    clock: ClockReadings,
    /// Items on one page.
    page_max: u32,
    rooms: FollowedRooms,
    /// Comes before what is ready of the rooms.
    notices: VecDeque<Followed>,
}

impl Follower {
    /// Connects and begins after these cursors, which may be old.
    ///
    /// # Errors
    /// If the first connection cannot be made, or a room cannot be subscribed to. Later connections are made for as long
    /// as it takes.
    pub async fn start(options: LinkOptions, starts: Vec<RoomStart>) -> Result<Self, FollowError> {
        Self::start_within(options, starts, Scope::Named).await
    }

    /// As [`Self::start`], and follows rooms that the account joins later from then on.
    ///
    /// # Errors
    /// As [`Self::start`]; a room that may not be seen any more is no error.
    pub async fn start_all(options: LinkOptions, starts: Vec<RoomStart>) -> Result<Self, FollowError> {
        Self::start_within(options, starts, Scope::All).await
    }

    async fn start_within(options: LinkOptions, starts: Vec<RoomStart>, scope: Scope) -> Result<Self, FollowError> {
        let (client, welcome) = Client::connect(options).await?;
        let mut follower = Self {
            client,
            is_connected: true,
            is_outage_reported: false,
            scope,
            life: Life::default(),
            clock: ClockReadings::new(welcome.now),
            page_max: welcome.limits.page_max,
            rooms: FollowedRooms::new(starts),
            notices: VecDeque::new(),
        };
        follower.on_welcome(&welcome);
        follower.step().await?;
        Ok(follower)
    }

    /// Waits for the next change.
    ///
    /// # Errors
    /// If the sign-in has ended, or a room may not be seen any more.
    pub async fn next(&mut self) -> Result<Followed, FollowError> {
        loop {
            if let Some(followed) = self.take_ready() {
                return Ok(followed);
            }
            self.step().await?;
        }
    }

    /// Waits for the next change; `None` once all have come that the server had at the last connection.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_of_present(&mut self) -> Result<Option<Followed>, FollowError> {
        loop {
            if let Some(followed) = self.take_ready() {
                return Ok(Some(followed));
            }
            if self.is_connected && self.rooms.iter().all(|room| room.is_subscribed) && self.is_drained() {
                return Ok(None);
            }
            self.step().await?;
        }
    }

    /// The followed rooms, with the cursors up to which their changes have been returned or are ready.
    pub fn cursors(&self) -> impl Iterator<Item = RoomStart> {
        self.rooms.iter().map(|room| RoomStart { room: room.id, after: room.following.cursor() })
    }

    /// The server's clock, by its last welcome or heartbeat.
    pub fn clock(&self) -> ServerClock {
        self.clock.clock()
    }

    /// Whether the server can be reached.
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Asks over the connection that follows.
    ///
    /// # Errors
    /// The server's refusal, or no answer.
    pub async fn call<C: Call + Clone>(&self, request: &C) -> Result<C::Answer, CallError> {
        self.client.call(request).await
    }

    /// Whether all changes that are known of have been returned.
    pub fn is_drained(&self) -> bool {
        self.notices.is_empty() && self.rooms.are_drained()
    }

    fn take_ready(&mut self) -> Option<Followed> {
        self.notices.pop_front().or_else(|| self.rooms.pop())
    }

    /// Does the next thing there is to do; a connection that breaks under way is waited for.
    async fn step(&mut self) -> Result<(), FollowError> {
        let has_unsubscribed = self.rooms.iter().any(|room| !room.is_subscribed);
        let asked = match (self.is_connected, self.rooms.to_ask()) {
            (true, _) if has_unsubscribed => self.subscribe().await,
            (true, Some(room)) => self.catch_up(room).await,
            (false, _) | (true, None) => return self.wait().await,
        };
        match asked {
            Err(CallError::Disconnected | CallError::Unanswered { .. }) => {
                self.is_connected = false;
                Ok(())
            }
            Err(error @ (CallError::Refused(_) | CallError::Unreadable(_))) => Err(error.into()),
            Ok(()) => Ok(()),
        }
    }

    async fn wait(&mut self) -> Result<(), FollowError> {
        match self.client.next_event().await {
            Some(LinkEvent::Welcome(welcome)) => self.on_welcome(&welcome),
            Some(LinkEvent::Push(ServerFrame::Event(event))) => self.on_event(event),
            Some(LinkEvent::Push(ServerFrame::Gap(gap))) => {
                if let Some(room) = self.rooms.get_mut(gap.room) {
                    room.following.on_gap();
                }
            }
            Some(LinkEvent::Push(ServerFrame::Account(AccountEvent { change, .. }))) => self.on_account_change(change),
            Some(LinkEvent::Heartbeat { server_now, .. }) => self.clock.take(server_now),
            Some(LinkEvent::Down { reason, .. }) => self.on_down(reason),
            Some(LinkEvent::Stopped { error }) => return Err(error.into()),
            // Other pushes, and the events of the link that the client takes itself.
            Some(_) => {}
            None => return Err(CallError::Disconnected.into()),
        }
        Ok(())
    }

    /// An outage is reported once, however many tries fail.
    fn on_down(&mut self, reason: String) {
        self.is_connected = false;
        if !std::mem::replace(&mut self.is_outage_reported, true) {
            self.notices.push_back(Followed::Disconnected { reason });
        }
    }

    fn on_welcome(&mut self, welcome: &Welcome) {
        self.is_connected = true;
        if std::mem::take(&mut self.is_outage_reported) {
            self.notices.push_back(Followed::Reconnected);
        }
        self.page_max = welcome.limits.page_max;
        self.clock.take(welcome.now);
        self.rooms.iter_mut().for_each(|room| room.is_subscribed = false);
        if self.life.enter(&welcome.epoch, welcome.run) != Entered::Same {
            self.rooms.iter_mut().for_each(|room| room.following.doubt());
        }
        if self.scope == Scope::All {
            let is_listed = |id| welcome.account.rooms.iter().any(|membership| membership.room.id == id);
            self.rooms.retain(is_listed);
        }
        welcome.account.rooms.iter().for_each(|membership| self.on_membership(membership));
    }

    fn on_account_change(&mut self, change: AccountChange) {
        match change {
            AccountChange::Joined { membership } => self.on_membership(&membership),
            AccountChange::Left { room } => self.on_left(room),
            // They change nothing of what comes.
            AccountChange::RoomRenamed { .. }
            | AccountChange::ReadMarker { .. }
            | AccountChange::Mention { .. }
            | AccountChange::SessionRevoked { .. }
            | AccountChange::Notice { .. } => {}
        }
    }

    /// The account has left a room, or lost sight of it.
    fn on_left(&mut self, room: RoomId) {
        if self.scope == Scope::All {
            self.rooms.remove(room);
        }
    }

    fn on_membership(&mut self, membership: &Membership) {
        let is_known = self.rooms.get_mut(membership.room.id).is_some();
        if self.scope == Scope::All && !is_known {
            self.rooms.add(RoomStart { room: membership.room.id, after: membership.head });
            self.notices.push_back(Followed::Joined(Box::new(membership.room.clone())));
        }
    }

    fn on_event(&mut self, event: Event) {
        let step = Step::of(&event, self.life.run());
        let Some(room) = self.rooms.get_mut(event.room) else { return };
        if room.following.on_event(step) == Arrival::Next {
            let (cursor, item) = (room.following.cursor(), whole(event.seq, event.update));
            room.push(Followed::Item(FollowedItem { room: event.room, item, cursor, users: Vec::new() }));
        }
    }

    /// Asks for one page; the cursor moves once the whole page is taken.
    async fn catch_up(&mut self, room: RoomId) -> Result<(), CallError> {
        let limit = self.page_max;
        let Some(followed) = self.rooms.get_mut(room) else { return Ok(()) };
        let changes = Changes { room, after: followed.following.request(), limit };
        let taken = match self.client.call(&changes).await {
            Ok(ChangesPage { parted: Some(Parted { at: Some(at) }), next, .. }) => {
                self.part(room, next, Some(at));
                Ok(())
            }
            Ok(ChangesPage { parted: Some(Parted { at: None }), .. }) => self.start_over(room).await,
            Ok(page) => {
                self.take_page(room, page);
                Ok(())
            }
            Err(CallError::Refused(body)) if self.scope == Scope::All && body.code == ErrorCode::NotFound => {
                self.on_left(room);
                Ok(())
            }
            Err(error) => Err(error),
        };
        if taken.is_err()
            && let Some(followed) = self.rooms.get_mut(room)
        {
            followed.following.on_page_failed();
        }
        taken
    }

    fn take_page(&mut self, room: RoomId, page: ChangesPage) {
        let Some(followed) = self.rooms.get_mut(room) else { return };
        followed.following.on_page(page.next, page.head.seq, page.items.is_empty());
        let mut names = page.users;
        for item in page.items {
            // With the first item, for all of the page.
            let (cursor, users) = (page.next.up_to(item.changed), std::mem::take(&mut names));
            followed.push(Followed::Item(FollowedItem { room, item, cursor, users }));
        }
    }

    /// Goes on where two lives of the data part.
    fn part(&mut self, room: RoomId, next: Cursor, at: Option<Seq>) {
        if let Some(followed) = self.rooms.get_mut(room) {
            followed.following.on_parted(next);
            followed.push(Followed::Parted { room, at });
        }
    }

    /// Begins with the room's last items.
    async fn start_over(&mut self, room: RoomId) -> Result<(), CallError> {
        let end = self.client.call(&History { room, before: None, limit: LAST_ITEMS }).await?;
        self.part(room, end.head, None);
        let Some(followed) = self.rooms.get_mut(room) else { return Ok(()) };
        let mut names = end.users;
        for item in end.items {
            let (cursor, users) = (end.head.up_to(item.seq), std::mem::take(&mut names));
            followed.push(Followed::Item(FollowedItem { room, item, cursor, users }));
        }
        Ok(())
    }

    /// Subscribes to as many rooms as one request may name.
    async fn subscribe(&mut self) -> Result<(), CallError> {
        let unsubscribed = self.rooms.iter().filter(|room| !room.is_subscribed);
        let rooms: Vec<RoomId> = unsubscribed.take(IDS_MAX).map(|room| room.id).collect();
        let answer = self.client.call(&Subscribe { rooms: rooms.clone() }).await?;
        for id in rooms {
            let Some(room) = self.rooms.get_mut(id) else { continue };
            match (answer.heads.iter().find(|head| head.room == id), self.scope) {
                (Some(head), _) => {
                    room.following.on_head(head.head);
                    room.is_subscribed = true;
                }
                (None, Scope::All) => self.rooms.remove(id),
                (None, Scope::Named) => {
                    let message = "A room that is followed is not there any more, or may not be seen.";
                    return Err(CallError::Refused(ErrorBody::new(ErrorCode::NotFound, message)));
                }
            }
        }
        Ok(())
    }
}

/// The item that an update makes: for a small change, as far as the change tells of it.
fn whole(seq: Seq, update: Update) -> Item {
    match update {
        Update::Item(item) => item,
        Update::Change(ItemChange { of, at, by, detail: ChangeDetail::Rsvp { answer, counts } }) => {
            let content = Content::Rsvp { answer, counts, answered_at: Some(at) };
            Item { seq: of, changed: seq, at, by, content }
        }
    }
}
