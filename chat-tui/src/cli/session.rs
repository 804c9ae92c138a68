//! A command's signed-in connection, and the names of rooms and people it has learnt. Must not know settings or how it was
//! made.

use std::collections::HashMap;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::request::{Call, Resolve, RoomInfo, Users};
use chat_proto::room::{Membership, Room, User};
use chat_proto::server_frame::Welcome;

use super::exit::CliError;
use crate::argument::{MessageRef, RoomRef, SeqRef};
use crate::net::Client;

/// A signed-in connection with the names it knows.
#[derive(Debug)]
pub(super) struct CliSession {
    /// The connection.
    pub client: Client,
    /// The server's welcome.
    pub welcome: Welcome,
    names: Names,
}

/// Known names of rooms and people.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    users: HashMap<UserId, String>,
    rooms: HashMap<RoomId, String>,
}

impl Names {
    /// Adds people.
    pub fn add_users(&mut self, users: &[User]) {
        self.users.extend(users.iter().map(|user| (user.id, user.name.to_string())));
    }

    /// Adds a room.
    pub fn add_room(&mut self, room: &Room) {
        if let Some(name) = &room.name {
            self.rooms.insert(room.id, name.to_string());
        }
    }

    /// Returns the person's name, or their id if it is unknown.
    pub fn user(&self, id: UserId) -> String {
        self.users.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// Returns whether the person's name is known.
    pub fn knows(&self, id: UserId) -> bool {
        self.users.contains_key(&id)
    }

    /// Returns the room's name, or its id if it has none.
    pub fn room(&self, id: RoomId) -> String {
        self.rooms.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

impl CliSession {
    /// A session on a new connection.
    pub fn new(client: Client, welcome: Welcome) -> Self {
        let mut names = Names::default();
        names.add_users(&welcome.account.users);
        names.add_users(std::slice::from_ref(&welcome.user));
        for membership in &welcome.account.rooms {
            names.add_room(&membership.room);
        }
        Self { client, welcome, names }
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// The server's refusal or the network's error, with its exit code.
    pub async fn call<C: Call + Clone>(&self, request: &C) -> Result<C::Answer, CliError> {
        Ok(self.client.call(request).await?)
    }

    /// The names known so far.
    pub fn names(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Resolves a room as typed.
    ///
    /// # Errors
    /// Exit 5 if this account can see no such room.
    pub async fn room(&mut self, typed: &RoomRef) -> Result<RoomId, CliError> {
        let name = match typed {
            RoomRef::Id(id) => return self.room_by_id(*id).await,
            RoomRef::Person(_) => return Err(CliError::not_found(format!("there is no direct message with {typed}"))),
            RoomRef::Name(name) => name,
        };
        if let Some(member) = self.member_rooms().find(|member| member.room.name.as_ref() == Some(name)) {
            return Ok(member.room.id);
        }
        let found = self.call(&Resolve { rooms: vec![name.clone()], users: Vec::new() }).await?;
        match found.rooms.first() {
            Some(room) => {
                // Keep the name as typed, even if it is a former one.
                self.names.rooms.insert(room.id, name.to_string());
                Ok(room.id)
            }
            None => Err(CliError::not_found(format!(
                "there is no room {typed} that you can see; list rooms with `chat rooms`, or create it with `chat room create {name}`"
            ))),
        }
    }

    /// Returns the id; loads the name of a room that this account is not a member of.
    async fn room_by_id(&mut self, id: RoomId) -> Result<RoomId, CliError> {
        if !self.member_rooms().any(|member| member.room.id == id) {
            let info = self.call(&RoomInfo { room: id }).await?;
            self.names.add_room(&info.listing.room);
        }
        Ok(id)
    }

    /// Resolves a message reference to a sequence number in `room`, which the user typed as `in_room`.
    ///
    /// # Errors
    /// Exit 2 if the message is in another room, 5 if that room is not found.
    pub async fn message_in(&mut self, room: RoomId, in_room: &RoomRef, typed: &SeqRef) -> Result<Seq, CliError> {
        let Some(named) = &typed.room else { return Ok(typed.seq) };
        if self.room(named).await? == room {
            return Ok(typed.seq);
        }
        let message = MessageRef { room: named.clone(), seq: typed.seq };
        Err(CliError::usage(format!("{message} is in another room; name a message of {in_room}")))
    }

    /// Returns a room as typed; `None` for one given by its id that this account is not a member of.
    ///
    /// # Errors
    /// As [`Self::room`].
    pub async fn room_to_see(&mut self, typed: &RoomRef) -> Result<Option<Room>, CliError> {
        let id = self.room(typed).await?;
        if let Some(member) = self.member_rooms().find(|member| member.room.id == id) {
            return Ok(Some(member.room.clone()));
        }
        let RoomRef::Name(name) = typed else { return Ok(None) };
        let found = self.call(&Resolve { rooms: vec![name.clone()], users: Vec::new() }).await?;
        Ok(found.rooms.into_iter().next())
    }

    /// Returns the rooms this account is a member of.
    pub fn member_rooms(&self) -> impl Iterator<Item = &Membership> {
        self.welcome.account.rooms.iter()
    }

    /// Loads the names of the people that rooms name: who created them and who set their topics.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn load_people_of<'r>(&mut self, rooms: impl IntoIterator<Item = &'r Room>) -> Result<(), CliError> {
        let people = |room: &'r Room| {
            let topic_by = room.topic.as_ref().map(|topic| topic.by);
            topic_by.into_iter().chain([room.created_by]).chain(room.people.iter().copied())
        };
        self.load_names(rooms.into_iter().flat_map(people)).await
    }

    /// Loads the names of people that are not known yet.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn load_names(&mut self, ids: impl IntoIterator<Item = UserId>) -> Result<(), CliError> {
        let mut unknown: Vec<UserId> = ids.into_iter().filter(|id| !self.names.knows(*id)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for ids in unknown.chunks(chat_proto::limits::IDS_MAX) {
            let answer = self.call(&Users { ids: ids.to_vec() }).await?;
            self.names.add_users(&answer.users);
        }
        Ok(())
    }
}
