//! Rooms followed over reconnects: every change once, in the room's order, without a gap.

use std::collections::VecDeque;
use std::time::Duration;

use chat_proto::ids::{Epoch, RoomId, Seq};
use chat_proto::limits::PAGE_MAX;
use chat_proto::message::Item;
use chat_proto::request::{Changes, Subscribe};
use chat_proto::room::User;
use chat_proto::server_frame::{Event, ServerFrame};

use super::client::{Client, ConnectOptions};
use super::{CallError, NetError};

/// The first pause before connecting again; doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Where following a room begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomStart {
    /// Which room.
    pub room: RoomId,
    /// After which number.
    pub after: Seq,
}

/// A thing that changed.
#[derive(Debug)]
pub struct FollowedItem {
    /// In which room.
    pub room: RoomId,
    /// It, in its present state.
    pub item: Item,
    /// Names that came with it.
    pub users: Vec<User>,
}

/// Follows rooms.
#[derive(Debug)]
pub struct Follower {
    options: ConnectOptions,
    client: Option<Client>,
    cursors: Vec<RoomStart>,
    /// Rooms that must be asked for what changed before more of them is told.
    behind: Vec<RoomId>,
    ready: VecDeque<FollowedItem>,
    epoch: Option<Epoch>,
    pause: Duration,
}

impl Follower {
    /// Connects, and begins after these numbers.
    ///
    /// # Errors
    /// Where the first connection cannot be made; later ones are made for as long as it takes.
    pub async fn start(options: ConnectOptions, starts: Vec<RoomStart>) -> Result<Self, NetError> {
        let (client, welcome) = Client::connect(options.clone()).await?;
        let mut follower = Self {
            options,
            client: Some(client),
            behind: Vec::new(),
            cursors: starts,
            ready: VecDeque::new(),
            epoch: Some(welcome.epoch),
            pause: FIRST_PAUSE,
        };
        follower.subscribe().await.map_err(|error| match error {
            CallError::Refused(error) => NetError::Refused(error),
            other => NetError::Unreachable { address: follower.options.address.to_string(), reason: other.to_string() },
        })?;
        Ok(follower)
    }

    /// The next change.
    ///
    /// # Errors
    /// Where the server refuses what it took before: the sign-in has ended, or a room is not to be seen any more.
    pub async fn next(&mut self) -> Result<FollowedItem, CallError> {
        loop {
            if let Some(followed) = self.ready.pop_front() {
                return Ok(followed);
            }
            match self.step().await {
                Ok(()) => {}
                Err(CallError::Disconnected | CallError::Unanswered { .. }) => self.client = None,
                Err(error) => return Err(error),
            }
        }
    }

    /// The number up to which a room has been told.
    pub fn cursor(&self, room: RoomId) -> Seq {
        self.cursors.iter().find(|cursor| cursor.room == room).map_or(Seq::ZERO, |cursor| cursor.after)
    }

    /// Whether everything that came so far has been taken.
    pub fn is_drained(&self) -> bool {
        self.ready.is_empty() && self.behind.is_empty()
    }

    async fn step(&mut self) -> Result<(), CallError> {
        if self.client.is_none() {
            return self.reconnect().await;
        }
        if let Some(room) = self.behind.first().copied() {
            return self.catch_up(room).await;
        }
        let Some(client) = &mut self.client else { return Ok(()) };
        match client.next_push().await {
            None => Err(CallError::Disconnected),
            Some(ServerFrame::Event(event)) => {
                self.event(event);
                Ok(())
            }
            Some(ServerFrame::Gap(gap)) => {
                self.fall_behind(gap.room);
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    fn event(&mut self, event: Event) {
        let Some(cursor) = self.cursors.iter_mut().find(|cursor| cursor.room == event.room) else { return };
        if event.seq <= cursor.after {
            return;
        }
        if event.prev <= cursor.after {
            cursor.after = event.seq;
            self.ready.push_back(FollowedItem { room: event.room, item: event.item, users: Vec::new() });
        } else {
            self.fall_behind(event.room);
        }
    }

    fn fall_behind(&mut self, room: RoomId) {
        if !self.behind.contains(&room) {
            self.behind.push(room);
        }
    }

    /// One page; the cursor moves once the page is taken whole.
    async fn catch_up(&mut self, room: RoomId) -> Result<(), CallError> {
        let after = self.cursor(room);
        let Some(client) = &self.client else { return Ok(()) };
        let page = client.call(&Changes { room, after, limit: PAGE_MAX }).await?;
        for item in page.items {
            self.ready.push_back(FollowedItem { room, item, users: page.users.clone() });
        }
        if let Some(cursor) = self.cursors.iter_mut().find(|cursor| cursor.room == room) {
            cursor.after = page.next.max(after);
        }
        if page.next >= page.head {
            self.behind.retain(|behind| *behind != room);
        }
        Ok(())
    }

    async fn subscribe(&mut self) -> Result<(), CallError> {
        let rooms: Vec<RoomId> = self.cursors.iter().map(|cursor| cursor.room).collect();
        let Some(client) = &self.client else { return Ok(()) };
        let answer = client.call(&Subscribe { rooms: rooms.clone() }).await?;
        for room in rooms {
            match answer.heads.iter().find(|head| head.room == room) {
                Some(head) if head.head > self.cursor(room) => self.fall_behind(room),
                Some(_) => {}
                None => {
                    let message = "A room that is followed is not there any more, or may not be seen.";
                    return Err(CallError::Refused(chat_proto::error::ErrorBody::new(
                        chat_proto::error::ErrorCode::NotFound,
                        message,
                    )));
                }
            }
        }
        Ok(())
    }

    async fn reconnect(&mut self) -> Result<(), CallError> {
        match Client::connect_once(&self.options).await {
            Ok((client, welcome)) => {
                if self.epoch.as_ref() != Some(&welcome.epoch) {
                    // Another life of the data: old numbers say nothing about it.
                    self.cursors.iter_mut().for_each(|cursor| cursor.after = Seq::ZERO);
                    self.epoch = Some(welcome.epoch);
                }
                self.client = Some(client);
                self.pause = FIRST_PAUSE;
                self.subscribe().await
            }
            Err(NetError::Refused(error)) if !error.retryable => Err(CallError::Refused(error)),
            Err(error) => {
                tracing::info!(%error, "connecting again");
                tokio::time::sleep(jittered(self.pause)).await;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Ok(())
            }
        }
    }
}

/// Between half and the whole of a pause, so that many clients do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without random numbers the pause is whole.
    let share = getrandom::fill(&mut byte).map_or(255, |()| byte[0]);
    pause.mul_f64(0.5 + f64::from(share) / 510.0)
}
