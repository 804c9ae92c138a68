//! Rooms followed over reconnects: every change once, in the room's order, without a gap. Must not know when to connect
//! again, nor who reads.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{ChangeDetail, Content, Item, ItemChange};
use chat_proto::request::{Call, Changes, ChangesPage, History, Subscribe};
use chat_proto::room::User;
use chat_proto::server_frame::{Event, ServerFrame, Update, Welcome};

use super::client::Client;
use super::link::LinkOptions;
use super::server_clock::{ClockReadings, ServerClock};
use crate::catch_up::{Arrival, Entered, Following, Life, Step};
use crate::link_event::{CallError, LinkEvent, NetError};

/// Messages that come again where the server does not know how far a room was followed.
const LAST_ITEMS: u32 = 20;

/// Where following a room begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStart {
    /// Which room.
    pub room: RoomId,
    /// After which cursor.
    pub after: Cursor,
}

/// What following brings.
#[derive(Debug)]
pub enum Followed {
    /// A change.
    Item(FollowedItem),
    /// The server's data are of another life than what came before: following goes on where the lives part, or with the
    /// room's last items if that is unknown.
    Parted {
        /// The room.
        room: RoomId,
        /// The last number that both lives share.
        at: Option<Seq>,
    },
}

/// A changed item.
#[derive(Debug)]
pub struct FollowedItem {
    /// Its room.
    pub room: RoomId,
    /// Its present state.
    pub item: Item,
    /// The cursor of a reader who has applied it and everything before it.
    pub cursor: Cursor,
    /// Names that came with it.
    pub users: Vec<User>,
}

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

/// Whether the server pushes to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Down,
    SignedIn,
    Subscribed,
}

/// Follows rooms.
#[derive(Debug)]
pub struct Follower {
    client: Client,
    connection: Connection,
    life: Life,
    clock: ClockReadings,
    /// Items on one page.
    page_max: u32,
    /// In the order they were given.
    rooms: Vec<(RoomId, Following)>,
    ready: VecDeque<Followed>,
}

impl Follower {
    /// Connects and begins after these cursors, which may be old.
    ///
    /// # Errors
    /// If the first connection cannot be made, or a room cannot be subscribed to. Later connections are made for as long
    /// as it takes.
    pub async fn start(options: LinkOptions, starts: Vec<RoomStart>) -> Result<Self, FollowError> {
        let (client, welcome) = Client::connect(options).await?;
        let mut life = Life::default();
        life.enter(&welcome.epoch, welcome.run);
        let rooms = starts.into_iter().map(|start| (start.room, Following::behind(start.after))).collect();
        let (connection, page_max) = (Connection::SignedIn, welcome.limits.page_max);
        let clock = ClockReadings::new(welcome.now);
        let mut follower = Self { client, connection, life, clock, page_max, rooms, ready: VecDeque::new() };
        follower.step().await?;
        Ok(follower)
    }

    /// Waits for what comes next.
    ///
    /// # Errors
    /// If the sign-in has ended, or a room may not be seen any more.
    pub async fn next(&mut self) -> Result<Followed, FollowError> {
        loop {
            if let Some(followed) = self.ready.pop_front() {
                return Ok(followed);
            }
            self.step().await?;
        }
    }

    /// Waits for what comes next; `None` once everything has come that the server had when it was last connected to.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_of_present(&mut self) -> Result<Option<Followed>, FollowError> {
        loop {
            if let Some(followed) = self.ready.pop_front() {
                return Ok(Some(followed));
            }
            if self.connection == Connection::Subscribed && self.is_drained() {
                return Ok(None);
            }
            self.step().await?;
        }
    }

    /// The cursor up to which a room's changes have been returned or are ready.
    pub fn cursor(&self, room: RoomId) -> Cursor {
        self.rooms.iter().find(|(known, _)| *known == room).map_or(Cursor::START, |(_, following)| following.cursor())
    }

    /// The server's clock, by its last welcome or heartbeat.
    pub fn clock(&self) -> ServerClock {
        self.clock.clock()
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
        self.ready.is_empty() && self.rooms.iter().all(|(_, following)| following.is_current())
    }

    /// Does the next thing there is to do; a connection that breaks under way is waited for.
    async fn step(&mut self) -> Result<(), FollowError> {
        let behind = self.rooms.iter().find(|(_, following)| following.is_behind()).map(|(room, _)| *room);
        let asked = match (self.connection, behind) {
            (Connection::Down, _) | (Connection::Subscribed, None) => return self.wait().await,
            (Connection::SignedIn, _) => self.subscribe().await,
            (Connection::Subscribed, Some(room)) => self.catch_up(room).await,
        };
        match asked {
            Err(CallError::Disconnected | CallError::Unanswered { .. }) => {
                self.connection = Connection::Down;
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
                if let Some(following) = self.following_mut(gap.room) {
                    following.on_gap();
                }
            }
            Some(LinkEvent::Heartbeat { server_now, .. }) => self.clock.take(server_now),
            Some(LinkEvent::Down { .. }) => self.connection = Connection::Down,
            Some(LinkEvent::Stopped { error }) => return Err(error.into()),
            // Other pushes, and the events of the link that the client takes itself.
            Some(_) => {}
            None => return Err(CallError::Disconnected.into()),
        }
        Ok(())
    }

    fn on_welcome(&mut self, welcome: &Welcome) {
        self.connection = Connection::SignedIn;
        self.page_max = welcome.limits.page_max;
        self.clock.take(welcome.now);
        if self.life.enter(&welcome.epoch, welcome.run) != Entered::Same {
            self.rooms.iter_mut().for_each(|(_, following)| following.doubt());
        }
    }

    fn on_event(&mut self, event: Event) {
        let step = Step::of(&event, self.life.run());
        let Some(following) = self.following_mut(event.room) else { return };
        if following.on_event(step) == Arrival::Next {
            let (cursor, item) = (following.cursor(), whole(event.seq, event.update));
            self.ready.push_back(Followed::Item(FollowedItem { room: event.room, item, cursor, users: Vec::new() }));
        }
    }

    /// Asks for one page; the cursor moves once the whole page is taken.
    async fn catch_up(&mut self, room: RoomId) -> Result<(), CallError> {
        let limit = self.page_max;
        let Some(following) = self.following_mut(room) else { return Ok(()) };
        let changes = Changes { room, after: following.request(), limit };
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
            Err(error) => Err(error),
        };
        if taken.is_err()
            && let Some(following) = self.following_mut(room)
        {
            following.on_page_failed();
        }
        taken
    }

    fn take_page(&mut self, room: RoomId, page: ChangesPage) {
        let Some(following) = self.following_mut(room) else { return };
        following.on_page(page.next, page.head.seq, page.items.is_empty());
        for item in page.items {
            let (cursor, users) = (page.next.up_to(item.changed), page.users.clone());
            self.ready.push_back(Followed::Item(FollowedItem { room, item, cursor, users }));
        }
    }

    /// Goes on where two lives of the data part.
    fn part(&mut self, room: RoomId, next: Cursor, at: Option<Seq>) {
        if let Some(following) = self.following_mut(room) {
            following.on_parted(next);
        }
        self.ready.push_back(Followed::Parted { room, at });
    }

    /// Begins with the room's last items.
    async fn start_over(&mut self, room: RoomId) -> Result<(), CallError> {
        let end = self.client.call(&History { room, before: None, limit: LAST_ITEMS }).await?;
        self.part(room, end.head, None);
        for item in end.items {
            let (cursor, users) = (end.head.up_to(item.seq), end.users.clone());
            self.ready.push_back(Followed::Item(FollowedItem { room, item, cursor, users }));
        }
        Ok(())
    }

    fn following_mut(&mut self, room: RoomId) -> Option<&mut Following> {
        self.rooms.iter_mut().find(|(known, _)| *known == room).map(|(_, following)| following)
    }

    async fn subscribe(&mut self) -> Result<(), CallError> {
        let rooms: Vec<RoomId> = self.rooms.iter().map(|(room, _)| *room).collect();
        let answer = self.client.call(&Subscribe { rooms }).await?;
        for (room, following) in &mut self.rooms {
            let Some(head) = answer.heads.iter().find(|head| head.room == *room) else {
                let message = "A room that is followed is not there any more, or may not be seen.";
                return Err(CallError::Refused(ErrorBody::new(ErrorCode::NotFound, message)));
            };
            following.on_head(head.head);
        }
        self.connection = Connection::Subscribed;
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
