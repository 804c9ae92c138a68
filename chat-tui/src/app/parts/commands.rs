//! Carries out slash commands; those that stand for other actions are passed on. Must not know how they were typed.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::presence::ChosenAvailability;
use chat_proto::request::{self, CreateRoom, Life, Resolve, SetDescription, SetRsvp, SetStatus, SetTopic};
use chat_proto::room::RoomKind;
use chat_proto::text::{MessageBody, StatusText};

use super::code_language;
use super::outcomes::Outcomes;
use super::rooms::room::Room;
use super::server::{NOT_CONNECTED, Server};
use crate::action::{Action, ActionGroup, CommandAction};
use crate::app::state::draft::Draft;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::{Purpose, WrittenText};
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::argument::{self, RSVPS, RoomRef, sentence};

/// The surroundings of a command.
pub struct Surroundings<'a> {
    /// The open room.
    pub current: Option<&'a Room>,
    /// Its server, or the first.
    pub server: &'a Server,
    /// The account's rooms.
    pub rooms: &'a BTreeMap<RoomKey, Room>,
}

/// Carries out a command. Returns whether it was right; if not, the user learns why.
pub fn run(action: Action, argument: &str, at: &Surroundings, out: &mut Outcomes) -> bool {
    match action.group() {
        ActionGroup::Command(command) => act(command, argument, at, out),
        ActionGroup::Screen(_) | ActionGroup::Writing(_) | ActionGroup::Message(_) | ActionGroup::List(_) => {
            let is_search = action == Action::SwitchRoom;
            out.push(if is_search { Outcome::OpenSwitcher(argument.to_owned()) } else { Outcome::Act(action) });
            true
        }
    }
}

/// Carries out a command that is no other action.
fn act(command: CommandAction, argument: &str, at: &Surroundings, out: &mut Outcomes) -> bool {
    let done = match command {
        CommandAction::Join => join(argument, at, out),
        CommandAction::Create => create(argument, at, out),
        CommandAction::Leave => leave(at, out),
        CommandAction::Topic => topic(argument, at, out),
        CommandAction::Describe => describe(argument, at, out),
        CommandAction::SendEphemeral => send_ephemeral(argument, at, out),
        CommandAction::SendPersistent => send_as(argument, None, Some(Life::Persistent), at, out),
        CommandAction::SendCode => send_code(argument, at, out),
        CommandAction::Online => status(ChosenAvailability::Auto, argument, at, out),
        CommandAction::Away => status(ChosenAvailability::Away, argument, at, out),
        CommandAction::Dnd => status(ChosenAvailability::Dnd, argument, at, out),
        CommandAction::Rsvp => rsvp(argument, at, out),
        CommandAction::Who => who(at, out),
        CommandAction::Info => info(at, out),
        CommandAction::Theme => theme(argument, out),
    };
    match done {
        Ok(next) => {
            if let Some(next) = next {
                out.push(next);
            }
            true
        }
        Err(reason) => {
            out.show_error(&reason);
            false
        }
    }
}

const NO_ROOM: &str = "No room is open; /join one.";

/// The next step, or the mistake in the line.
type CommandResult = Result<Option<Outcome>, String>;

impl<'a> Surroundings<'a> {
    /// The open room.
    fn room(&self) -> Result<&'a Room, String> {
        Ok(self.current.ok_or(NO_ROOM)?)
    }

    /// The key of the open room, if its server is connected.
    fn connected_room(&self) -> Result<RoomKey, String> {
        let room = self.room()?;
        self.connected_server().map(|_| room.key)
    }

    /// The purpose of a request with a text that may be long: if it fails, the command comes back.
    fn written(&self, failure: &'static str) -> Result<Purpose, String> {
        let room = self.room()?;
        let text = room.writing.draft.text().to_owned();
        let written = WrittenText { text, editing: None, draft_after: String::new(), failure };
        Ok(Purpose::Written(room.key, written))
    }

    /// The key of the server, if it is connected.
    fn connected_server(&self) -> Result<ServerKey, String> {
        if self.server.is_ready() { Ok(self.server.key) } else { Err(NOT_CONNECTED.into()) }
    }
}

/// Reads a text; `name` is its name in the error.
fn read_text<T: std::str::FromStr<Err = chat_proto::text::TextError>>(name: &str, typed: &str) -> Result<T, String> {
    argument::text(name, typed).map_err(|clause| sentence(&clause))
}

fn join(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let server = at.connected_server()?;
    let typed: RoomRef = argument.parse().map_err(|clause: String| sentence(&clause))?;
    let is_typed = |room: &Room| match &typed {
        RoomRef::Name(name) => room.info.name.as_ref() == Some(name),
        RoomRef::Id(id) => room.info.id == *id,
        RoomRef::Person(_) => false,
    };
    let known = at.rooms.iter().find(|(room_key, room)| room_key.server == server && is_typed(room));
    if let Some((room_key, _)) = known {
        return Ok(Some(Outcome::OpenRoom(*room_key)));
    }
    match typed {
        RoomRef::Name(name) => out.ask(server, Resolve { rooms: vec![name], users: Vec::new() }, Purpose::Enter),
        RoomRef::Id(room) => out.ask(server, request::Join { room }, Purpose::Enter),
        RoomRef::Person(_) => return Err(format!("There is no direct message with {typed}.")),
    }
    Ok(None)
}

fn create(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let server = at.connected_server()?;
    let (name, topic) = argument.split_once(' ').unwrap_or((argument, ""));
    let name = argument::room_name(name).map_err(|clause| sentence(&clause))?;
    let topic = match topic.trim() {
        "" => None,
        text => Some(read_text("topic", text)?),
    };
    let create = CreateRoom {
        name,
        kind: RoomKind::Public,
        topic,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: false,
    };
    out.ask(server, create, Purpose::Enter);
    Ok(None)
}

fn leave(at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let room_key = at.connected_room()?;
    out.ask(room_key.server, request::Leave { room: room_key.room }, Purpose::UserAction("could not leave the room"));
    Ok(None)
}

/// The argument that clears a topic or a description; an empty one shows it.
const CLEAR: &str = "-clear";

fn topic(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    if argument.is_empty() {
        return show_topic(at, out);
    }
    let room_key = at.connected_room()?;
    let topic = (argument != CLEAR).then(|| read_text("topic", argument)).transpose()?;
    let request = SetTopic { room: room_key.room, topic };
    out.ask(room_key.server, request, at.written("could not set the topic")?);
    Ok(None)
}

fn show_topic(at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let room = at.room()?;
    let text = match &room.info.topic {
        Some(topic) => {
            let by = at.server.name(topic.by);
            format!("Topic, set by {}: {}", by.as_str(), topic.text)
        }
        None => "No topic yet. Set one with /topic TEXT.".to_owned(),
    };
    out.show_info(&text);
    Ok(None)
}

fn describe(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    if argument.is_empty() {
        return show_description(at, out);
    }
    let room_key = at.connected_room()?;
    let description = (argument != CLEAR).then(|| read_text("description", argument)).transpose()?;
    let request = SetDescription { room: room_key.room, description };
    out.ask(room_key.server, request, at.written("could not set the description")?);
    Ok(None)
}

/// Shows the description. The list of rooms that comes with a sign-in has none: where none is known, the server is asked.
fn show_description(at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let room = at.room()?;
    if let Some(description) = &room.info.description {
        out.show_info(&description_text(Some(description.as_str())));
    } else {
        let room_key = at.connected_room()?;
        out.ask(room_key.server, request::RoomInfo { room: room_key.room }, Purpose::Description);
    }
    Ok(None)
}

/// A room's description, in a sentence.
pub fn description_text(description: Option<&str>) -> String {
    match description {
        Some(description) => format!("This room is for: {description}"),
        None => "No description yet. Set one with /describe TEXT.".to_owned(),
    }
}

fn send_ephemeral(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let usage = "Usage: /ttl 30s TEXT, or low (30 s), normal (1 h), high (24 h).";
    let (life, text) = argument.split_once(char::is_whitespace).ok_or(usage)?;
    let ttl_ms = argument::ttl_ms(life).map_err(|clause| sentence(&clause))?;
    send_as(text.trim_start(), None, Some(Life::TtlMs(ttl_ms)), at, out)
}

fn send_code(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let (language, text) = code_language::split(argument);
    send_as(text, Some(language), None, at, out)
}

fn send_as(
    text: &str,
    language: Option<&str>,
    life: Option<Life>,
    at: &Surroundings,
    out: &mut Outcomes,
) -> CommandResult {
    let room = at.room()?;
    let body: MessageBody = read_text("message", text.trim_end())?;
    let fits = body.check_within(&at.server.limits);
    fits.map_err(|error| sentence(&format!("the message {error}")))?;
    let code = language.map(|language| read_text("language", language)).transpose()?;
    out.push(Outcome::Post(room.key, Draft { body, code, life }));
    Ok(None)
}

fn status(availability: ChosenAvailability, argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let server = at.connected_server()?;
    let status: Option<StatusText> = (!argument.is_empty()).then(|| read_text("status", argument)).transpose()?;
    let appearance = match availability {
        ChosenAvailability::Auto => "online",
        ChosenAvailability::Away => "away",
        ChosenAvailability::Dnd => "do not disturb",
    };
    let with = status.as_ref().map_or_else(String::new, |status| format!(": {status}"));
    let confirmation = format!("Your status is now: {appearance}{with}.");
    out.ask(server, SetStatus { availability, status }, Purpose::Status { confirmation });
    Ok(None)
}

fn rsvp(argument: &str, at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let room_key = at.connected_room()?;
    let example = |clause: String| sentence(&format!("{clause}: /rsvp attending"));
    let answer = argument::choose(RSVPS, argument).map_err(example)?;
    let request = SetRsvp { room: room_key.room, answer };
    out.ask(room_key.server, request, Purpose::UserAction("could not save your RSVP"));
    Ok(None)
}

/// Names the people of the room who are known, and counts all.
fn who(at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let room = at.room()?;
    let mut names: Vec<_> = room.people.members.iter().map(|id| at.server.name(*id).as_str().to_owned()).collect();
    names.sort();
    let count = room.info.members.max(names.len() as u32);
    let people = if count == 1 { "person" } else { "people" };
    out.show_info(&format!("{count} {people}: {}", names.join(", ")));
    Ok(None)
}

fn info(at: &Surroundings, out: &mut Outcomes) -> CommandResult {
    let room_key = at.connected_room()?;
    out.ask(room_key.server, request::RoomInfo { room: room_key.room }, Purpose::Info);
    Ok(None)
}

fn theme(argument: &str, out: &mut Outcomes) -> CommandResult {
    if argument.is_empty() {
        return Err("Usage: /theme auto|dark|light|FILE".into());
    }
    out.effect(Effect::Theme(argument.to_owned()));
    Ok(None)
}
