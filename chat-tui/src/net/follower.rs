//! Rooms followed over reconnects: every change once, in the room's order, without a gap. Must not know when to connect
//! again, nor who reads.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{RoomId, Seq};
use chat_proto::message::{ChangeDetail, Content, Item, ItemChange};
use chat_proto::request::{Call, Changes, Subscribe};
use chat_proto::room::User;
use chat_proto::server_frame::{Event, ServerFrame, Update, Welcome};

use super::client::Client;
use super::link::LinkOptions;
use super::server_clock::ServerClock;
use crate::catch_up::{Arrival, Cursor, Life};
use crate::link_event::{CallError, LinkEvent, NetError};

/// Where following a room begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStart {
    /// Which room.
    pub room: RoomId,
    /// After which number.
    pub after: Seq,
}

/// A changed item.
#[derive(Debug)]
pub struct FollowedItem {
    /// Its room.
    pub room: RoomId,
    /// Its present state.
    pub item: Item,
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
    clock: ServerClock,
    /// Items on one page.
    page_max: u32,
    /// In the order they were given.
    rooms: Vec<(RoomId, Cursor)>,
    ready: VecDeque<FollowedItem>,
}

impl Follower {
    /// Connects and begins after these numbers.
    ///
    /// # Errors
    /// If the first connection cannot be made, or a room cannot be subscribed to. Later connections are made for as long
    /// as it takes.
    pub async fn start(options: LinkOptions, starts: Vec<RoomStart>) -> Result<Self, FollowError> {
        let (client, welcome) = Client::connect(options).await?;
        let mut life = Life::default();
        life.enter(&welcome.epoch);
        let rooms = starts.into_iter().map(|start| (start.room, Cursor::at(start.after))).collect();
        let (connection, page_max) = (Connection::SignedIn, welcome.limits.page_max);
        let clock = ServerClock::at(welcome.now);
        let mut follower = Self { client, connection, life, clock, page_max, rooms, ready: VecDeque::new() };
        follower.step().await?;
        Ok(follower)
    }

    /// Waits for the next change.
    ///
    /// # Errors
    /// If the sign-in has ended, or a room may not be seen any more.
    pub async fn next(&mut self) -> Result<FollowedItem, FollowError> {
        loop {
            if let Some(followed) = self.ready.pop_front() {
                return Ok(followed);
            }
            self.step().await?;
        }
    }

    /// The number up to which a room's changes have been returned or are ready.
    pub fn cursor(&self, room: RoomId) -> Seq {
        self.rooms.iter().find(|(known, _)| *known == room).map_or(Seq::ZERO, |(_, cursor)| cursor.applied())
    }

    /// The server's clock, as its last welcome told it.
    pub fn clock(&self) -> ServerClock {
        self.clock
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
        self.ready.is_empty() && self.rooms.iter().all(|(_, cursor)| cursor.is_current())
    }

    /// Does the next thing there is to do; a connection that breaks under way is waited for.
    async fn step(&mut self) -> Result<(), FollowError> {
        let behind = self.rooms.iter().find(|(_, cursor)| cursor.is_behind()).map(|(room, _)| *room);
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
                if let Some(cursor) = self.cursor_mut(gap.room) {
                    cursor.on_gap();
                }
            }
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
        self.clock = ServerClock::at(welcome.now);
        if self.life.enter(&welcome.epoch) {
            self.rooms.iter_mut().for_each(|(_, cursor)| cursor.restart());
        }
    }

    fn on_event(&mut self, event: Event) {
        let Some(cursor) = self.cursor_mut(event.room) else { return };
        if cursor.on_event(event.seq, event.prev) == Arrival::Next {
            self.ready.push_back(FollowedItem {
                room: event.room,
                item: whole(event.seq, event.update),
                users: Vec::new(),
            });
        }
    }

    /// Asks for one page; the cursor moves once the whole page is taken.
    async fn catch_up(&mut self, room: RoomId) -> Result<(), CallError> {
        let limit = self.page_max;
        let Some(cursor) = self.cursor_mut(room) else { return Ok(()) };
        let changes = Changes { room, after: cursor.request(), limit };
        let answer = self.client.call(&changes).await;
        let Some(cursor) = self.cursor_mut(room) else { return Ok(()) };
        match answer {
            Ok(page) => {
                cursor.on_page(page.next, page.head, page.items.is_empty());
                for item in page.items {
                    self.ready.push_back(FollowedItem { room, item, users: page.users.clone() });
                }
                Ok(())
            }
            Err(error) => {
                cursor.on_page_failed();
                Err(error)
            }
        }
    }

    fn cursor_mut(&mut self, room: RoomId) -> Option<&mut Cursor> {
        self.rooms.iter_mut().find(|(known, _)| *known == room).map(|(_, cursor)| cursor)
    }

    async fn subscribe(&mut self) -> Result<(), CallError> {
        let rooms: Vec<RoomId> = self.rooms.iter().map(|(room, _)| *room).collect();
        let answer = self.client.call(&Subscribe { rooms }).await?;
        for (room, cursor) in &mut self.rooms {
            let Some(head) = answer.heads.iter().find(|head| head.room == *room) else {
                let message = "A room that is followed is not there any more, or may not be seen.";
                return Err(CallError::Refused(ErrorBody::new(ErrorCode::NotFound, message)));
            };
            cursor.on_head(head.head);
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
