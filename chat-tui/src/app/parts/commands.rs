//! Carries out slash commands; those that stand for other actions are passed on. Must not know how they were typed.

#![deny(clippy::disallowed_methods)]

use chat_proto::presence::ChosenAvailability;
use chat_proto::request::{self, CreateRoom, Life, Resolve, SetDescription, SetRsvp, SetStatus, SetTopic};
use chat_proto::room::RoomKind;
use chat_proto::text::MessageBody;

use super::{code_language, composer, outbox};
use crate::action::{Action, ActionGroup, CommandAction};
use crate::app::model::Model;
use crate::app::parts::rooms::room::Room;
use crate::app::state::draft::Draft;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::argument::{self, RSVPS, RoomRef, sentence};

/// Carries out a typed command; if something is wrong with it, the line stays as it is.
pub fn run(model: &mut Model, action: Action, argument: &str) -> Option<Outcome> {
    match action.group() {
        ActionGroup::Command(command) => act(model, command, argument),
        ActionGroup::Screen(_) | ActionGroup::Writing(_) | ActionGroup::Message(_) | ActionGroup::List(_) => {
            clear(model);
            let is_search = action == Action::SwitchRoom;
            Some(if is_search { Outcome::OpenSwitcher(argument.to_owned()) } else { Outcome::Act(action) })
        }
    }
}

/// Carries out a command that is no other action.
pub fn act(model: &mut Model, command: CommandAction, argument: &str) -> Option<Outcome> {
    let done = match command {
        CommandAction::Join => join(model, argument),
        CommandAction::Create => create(model, argument),
        CommandAction::Leave => leave(model),
        CommandAction::Topic => topic(model, argument),
        CommandAction::Describe => describe(model, argument),
        CommandAction::SendEphemeral => send_ephemeral(model, argument),
        CommandAction::SendPersistent => send_as(model, argument, None, Some(Life::Persistent)),
        CommandAction::SendCode => send_code(model, argument),
        CommandAction::Online => status(model, ChosenAvailability::Auto, argument),
        CommandAction::Away => status(model, ChosenAvailability::Away, argument),
        CommandAction::Dnd => status(model, ChosenAvailability::Dnd, argument),
        CommandAction::Rsvp => rsvp(model, argument),
        CommandAction::Info => info(model),
        CommandAction::Theme => theme(model, argument),
    };
    match done {
        Ok(outcome) => {
            clear(model);
            outcome
        }
        Err(reason) => {
            model.show_error(&reason);
            None
        }
    }
}

const NO_ROOM: &str = "No room is open; /join one.";
const NOT_CONNECTED: &str = "Server unreachable; try again once you are connected.";

/// The next step, or the mistake in the line.
type CommandResult = Result<Option<Outcome>, String>;

fn clear(model: &mut Model) {
    if let Some(room_key) = model.current {
        composer::after_send(model, room_key, None);
    }
}

/// The open room, if its server is connected.
fn current_room(model: &Model) -> Result<RoomKey, String> {
    let room_key = model.current.ok_or(NO_ROOM)?;
    if model.is_ready(room_key.server) { Ok(room_key) } else { Err(NOT_CONNECTED.into()) }
}

fn server(model: &Model) -> Result<ServerKey, String> {
    let server = model.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
    if model.is_ready(server) { Ok(server) } else { Err(NOT_CONNECTED.into()) }
}

/// Reads a text; `name` is its name in the error.
fn read_text<T: std::str::FromStr<Err = chat_proto::text::TextError>>(name: &str, typed: &str) -> Result<T, String> {
    argument::text(name, typed).map_err(|clause| sentence(&clause))
}

fn join(model: &mut Model, argument: &str) -> CommandResult {
    let server = server(model)?;
    let typed: RoomRef = argument.parse().map_err(|clause: String| sentence(&clause))?;
    let is_typed = |room: &Room| match &typed {
        RoomRef::Name(name) => room.info.name.as_ref() == Some(name),
        RoomRef::Id(id) => room.info.id == *id,
        RoomRef::Person(_) => false,
    };
    let known = model.rooms.iter().find(|(room_key, room)| room_key.server == server && is_typed(room));
    if let Some((room_key, _)) = known {
        return Ok(Some(Outcome::OpenRoom(*room_key)));
    }
    match typed {
        RoomRef::Name(name) => model.ask(server, Resolve { rooms: vec![name], users: Vec::new() }, Purpose::Enter),
        RoomRef::Id(room) => model.ask(server, request::Join { room }, Purpose::Enter),
        RoomRef::Person(_) => return Err(format!("There is no direct message with {typed}.")),
    }
    Ok(None)
}

fn create(model: &mut Model, argument: &str) -> CommandResult {
    let server = server(model)?;
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
    model.ask(server, create, Purpose::Enter);
    Ok(None)
}

fn leave(model: &mut Model) -> CommandResult {
    let room_key = current_room(model)?;
    model.ask(room_key.server, request::Leave { room: room_key.room }, Purpose::UserAction("could not leave the room"));
    Ok(None)
}

/// The argument that clears a topic or a description; an empty one shows it.
const CLEAR: &str = "-clear";

fn topic(model: &mut Model, argument: &str) -> CommandResult {
    if argument.is_empty() {
        return show_topic(model);
    }
    let room_key = current_room(model)?;
    let topic = (argument != CLEAR).then(|| read_text("topic", argument)).transpose()?;
    model.ask(room_key.server, SetTopic { room: room_key.room, topic }, Purpose::UserAction("could not set the topic"));
    Ok(None)
}

fn show_topic(model: &mut Model) -> CommandResult {
    let (_, room) = model.room().ok_or(NO_ROOM)?;
    let text = match &room.info.topic {
        Some(topic) => {
            let by = model.server().map(|server| server.name(topic.by)).unwrap_or_default();
            format!("Topic, set by {}: {}", by.as_str(), topic.text)
        }
        None => "No topic yet. Set one with /topic TEXT.".to_owned(),
    };
    model.show_info(&text);
    Ok(None)
}

fn describe(model: &mut Model, argument: &str) -> CommandResult {
    if argument.is_empty() {
        let (_, room) = model.room().ok_or(NO_ROOM)?;
        let text = match &room.info.description {
            Some(description) => format!("This room is for: {description}"),
            None => "No description yet. Set one with /describe TEXT.".to_owned(),
        };
        model.show_info(&text);
        return Ok(None);
    }
    let room_key = current_room(model)?;
    let description = (argument != CLEAR).then(|| read_text("description", argument)).transpose()?;
    let request = SetDescription { room: room_key.room, description };
    model.ask(room_key.server, request, Purpose::UserAction("could not set the description"));
    Ok(None)
}

fn send_ephemeral(model: &mut Model, argument: &str) -> CommandResult {
    let usage = "Say how long and what: /ttl 30s TEXT, or low (30 s), normal (1 h), high (24 h).";
    let (life, text) = argument.split_once(char::is_whitespace).ok_or(usage)?;
    let ttl_ms = argument::ttl_ms(life).map_err(|clause| sentence(&clause))?;
    send_as(model, text.trim_start(), None, Some(Life::TtlMs(ttl_ms)))
}

fn send_code(model: &mut Model, argument: &str) -> CommandResult {
    let (language, text) = code_language::split(argument);
    send_as(model, text, Some(language), None)
}

fn send_as(model: &mut Model, text: &str, language: Option<&str>, life: Option<Life>) -> CommandResult {
    let room_key = model.current.ok_or(NO_ROOM)?;
    let body: MessageBody = read_text("message", text.trim_end())?;
    let fits = body.check_within(&model.limits(room_key.server));
    fits.map_err(|error| sentence(&format!("the message {error}")))?;
    let code = language.map(|language| read_text("language", language)).transpose()?;
    outbox::send(model, room_key, Draft { body, code, life });
    Ok(None)
}

fn status(model: &mut Model, availability: ChosenAvailability, argument: &str) -> CommandResult {
    let server = server(model)?;
    let status = (!argument.is_empty()).then(|| read_text("status", argument)).transpose()?;
    model.ask(server, SetStatus { availability, status }, Purpose::UserAction("could not set the status"));
    Ok(None)
}

fn rsvp(model: &mut Model, argument: &str) -> CommandResult {
    let room_key = current_room(model)?;
    let example = |clause: String| sentence(&format!("{clause}: /rsvp attending"));
    let answer = argument::choose(RSVPS, argument).map_err(example)?;
    let request = SetRsvp { room: room_key.room, answer };
    model.ask(room_key.server, request, Purpose::UserAction("could not save your RSVP"));
    Ok(None)
}

fn info(model: &mut Model) -> CommandResult {
    let room_key = current_room(model)?;
    model.ask(room_key.server, request::RoomInfo { room: room_key.room }, Purpose::Info);
    Ok(None)
}

fn theme(model: &mut Model, argument: &str) -> CommandResult {
    if argument.is_empty() {
        return Err("Say which: /theme dark, /theme light, or the path of a theme file.".into());
    }
    model.effects.push(Effect::Theme(argument.to_owned()));
    Ok(None)
}
