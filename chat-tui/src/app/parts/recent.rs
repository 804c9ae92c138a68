//! The commands and rooms used last, in this run or an earlier one, which lists offer first. Must not know the lists.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::RoomId;

use super::outcomes::Outcomes;
use crate::action::Action;
use crate::app::state::effect::PersistOp;
use crate::app::state::room_key::{RoomKey, ServerKey};

/// Most rooms remembered. Commands are as many as there are.
const ROOMS_MAX: usize = 50;

/// The commands and rooms used last, each newest first.
#[derive(Debug, Default)]
pub struct Recent {
    commands: Vec<Action>,
    rooms: Vec<RoomKey>,
}

impl Recent {
    /// How many other commands were used since this one; `None` if it was not used.
    pub fn of_command(&self, action: Action) -> Option<usize> {
        self.commands.iter().position(|used| *used == action)
    }

    /// How many other rooms were opened since this one; `None` if it was not opened.
    pub fn of_room(&self, room_key: RoomKey) -> Option<usize> {
        self.rooms.iter().position(|opened| *opened == room_key)
    }

    /// A command was used.
    pub(in crate::app) fn on_command(&mut self, action: Action, server: ServerKey, out: &mut Outcomes) {
        if move_to_front(&mut self.commands, action) {
            out.persist(server, PersistOp::StoreUsedCommand(action.spec().name));
        }
    }

    /// A room was opened.
    pub(in crate::app) fn on_room(&mut self, room_key: RoomKey, out: &mut Outcomes) {
        if move_to_front(&mut self.rooms, room_key) {
            self.rooms.truncate(ROOMS_MAX);
            out.persist(room_key.server, PersistOp::StoreOpenedRoom(room_key.room));
        }
    }

    /// Takes the commands and rooms that were used in earlier runs, newest first.
    pub(in crate::app) fn restore(&mut self, server: ServerKey, (commands, rooms): (&[String], Vec<RoomId>)) {
        self.commands = commands.iter().filter_map(|name| Action::named(name)).collect();
        self.rooms = rooms.into_iter().map(|room| RoomKey { server, room }).collect();
    }
}

/// Returns whether anything was moved.
fn move_to_front<T: PartialEq>(list: &mut Vec<T>, used: T) -> bool {
    if list.first() == Some(&used) {
        return false;
    }
    list.retain(|other| *other != used);
    list.insert(0, used);
    true
}
