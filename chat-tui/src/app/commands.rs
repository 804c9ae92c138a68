//! Slash commands: what is typed after `/`, and what it does.

use chat_proto::limits::{TTL_HIGH_MS, TTL_LOW_MS, TTL_MAX_MS, TTL_MIN_MS, TTL_NORMAL_MS};
use chat_proto::presence::ChosenAvailability;
use chat_proto::request::{self, CreateRoom, Life, Resolve, SetDescription, SetRsvp, SetStatus, SetTopic};
use chat_proto::room::{RoomKind, Rsvp};
use chat_proto::text::{RoomName, TextError};

use super::answers::Purpose;
use super::code_language;
use super::composer;
use super::effect::Effect;
use super::model::Model;
use super::outbox::{self, Draft};
use super::overlay;
use super::room_key::{RoomKey, ServerKey};
use super::update;
use crate::action::Action;

/// What a line that begins with a slash is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ParsedLine {
    /// A command.
    Command {
        /// Which.
        action: Action,
        /// What follows it.
        argument: String,
    },
    /// A word that is no command.
    Unknown {
        /// The word.
        word: String,
    },
    /// A text that begins with a slash, written with two.
    Text(String),
}

/// Reads a line as a command; none where it is a plain text. A path such as `/usr/bin` is a plain text.
pub(super) fn parse(text: &str) -> Option<ParsedLine> {
    let rest = text.strip_prefix('/')?;
    if rest.starts_with('/') {
        return Some(ParsedLine::Text(rest.to_owned()));
    }
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if let Some(language) = word.strip_prefix("code:").filter(|language| !language.is_empty()) {
        // As if the language stood on a line of its own.
        let argument = format!("{language}\n{}", argument.trim_end());
        return Some(ParsedLine::Command { action: Action::SendCode, argument });
    }
    if word.is_empty() || !word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return None;
    }
    Some(match Action::commanded(word) {
        Some(action) => ParsedLine::Command { action, argument: argument.trim().to_owned() },
        None => ParsedLine::Unknown { word: word.to_owned() },
    })
}

/// Does what a command says; the line stays where something is wrong with it.
pub(super) fn run(model: &mut Model, action: Action, argument: &str) {
    let done = match action {
        Action::Join => join(model, argument),
        Action::Create => create(model, argument),
        Action::Leave => leave(model),
        Action::Topic => topic(model, argument),
        Action::Describe => describe(model, argument),
        Action::SendEphemeral => send_ephemeral(model, argument),
        Action::SendPersistent => send_as(model, argument, None, Some(Life::Persistent)),
        Action::SendCode => send_code(model, argument),
        Action::Online => status(model, ChosenAvailability::Auto, argument),
        Action::Away => status(model, ChosenAvailability::Away, argument),
        Action::Dnd => status(model, ChosenAvailability::Dnd, argument),
        Action::Rsvp => rsvp(model, argument),
        Action::Info => info(model),
        Action::Theme => theme(model, argument),
        Action::SwitchRoom => {
            clear(model);
            overlay::open_switcher(model, argument);
            return;
        }
        other => {
            clear(model);
            update::act(model, other);
            return;
        }
    };
    match done {
        Ok(()) => clear(model),
        Err(reason) => model.show_error(&reason),
    }
}

const NO_ROOM: &str = "No room is open; /join one.";

/// What is wrong with a line.
type CommandResult = Result<(), String>;

fn clear(model: &mut Model) {
    if let Some(room_key) = model.current {
        composer::after_send(model, room_key, None);
    }
}

/// The open room, where its server can be asked.
fn current_room(model: &Model) -> Result<RoomKey, String> {
    let room_key = model.current.ok_or(NO_ROOM)?;
    if model.is_ready(room_key.server) {
        Ok(room_key)
    } else {
        Err("The server is away; try again once it is back.".into())
    }
}

fn server(model: &Model) -> Result<ServerKey, String> {
    let server = model.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
    if model.is_ready(server) { Ok(server) } else { Err("The server is away; try again once it is back.".into()) }
}

fn room_name(typed: &str) -> Result<RoomName, String> {
    let name = typed.trim_start_matches('#');
    name.parse().map_err(|error: TextError| format!("The room's name {error}; one looks like #ops."))
}

fn join(model: &mut Model, argument: &str) -> CommandResult {
    let (server, name) = (server(model)?, room_name(argument)?);
    let known =
        model.rooms.iter().find(|(room_key, room)| room_key.server == server && room.info.name.as_ref() == Some(&name));
    match known.map(|(room_key, _)| *room_key) {
        Some(room_key) => super::navigation::open(model, room_key),
        None => model.ask(server, Resolve { rooms: vec![name], users: Vec::new() }, Purpose::Enter),
    }
    Ok(())
}

fn create(model: &mut Model, argument: &str) -> CommandResult {
    let server = server(model)?;
    let (name, topic) = argument.split_once(' ').unwrap_or((argument, ""));
    let name = room_name(name)?;
    let topic = match topic.trim() {
        "" => None,
        text => Some(text.parse().map_err(|error: TextError| format!("The topic {error}."))?),
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
    Ok(())
}

fn leave(model: &mut Model) -> CommandResult {
    let room_key = current_room(model)?;
    model.ask(room_key.server, request::Leave { room: room_key.room }, Purpose::UserAction("could not leave the room"));
    Ok(())
}

/// What clears a topic or a description: an empty argument only asks for it.
const CLEAR: &str = "-clear";

fn topic(model: &mut Model, argument: &str) -> CommandResult {
    if argument.is_empty() {
        return show_topic(model);
    }
    let room_key = current_room(model)?;
    let topic = (argument != CLEAR).then(|| argument.parse()).transpose();
    let topic = topic.map_err(|error: TextError| format!("The topic {error}."))?;
    model.ask(room_key.server, SetTopic { room: room_key.room, topic }, Purpose::UserAction("could not set the topic"));
    Ok(())
}

fn show_topic(model: &mut Model) -> CommandResult {
    let (_, room) = model.room().ok_or(NO_ROOM)?;
    let text = match &room.info.topic {
        Some(topic) => {
            let by = model.server().map(|server| server.name(topic.by)).unwrap_or_default();
            format!("Topic, set by {}: {}", by.as_str(), topic.text)
        }
        None => "There is no topic; /topic TEXT sets one.".to_owned(),
    };
    model.show_info(&text);
    Ok(())
}

fn describe(model: &mut Model, argument: &str) -> CommandResult {
    if argument.is_empty() {
        let (_, room) = model.room().ok_or(NO_ROOM)?;
        let text = match &room.info.description {
            Some(description) => format!("This room is for: {description}"),
            None => "It is not said what this room is for; /describe TEXT does.".to_owned(),
        };
        model.show_info(&text);
        return Ok(());
    }
    let room_key = current_room(model)?;
    let description = (argument != CLEAR).then(|| argument.parse()).transpose();
    let description = description.map_err(|error: TextError| format!("The description {error}."))?;
    let request = SetDescription { room: room_key.room, description };
    model.ask(room_key.server, request, Purpose::UserAction("could not set the description"));
    Ok(())
}

fn send_ephemeral(model: &mut Model, argument: &str) -> CommandResult {
    let usage = "Say how long and what: /ttl 30s TEXT, or low (30 s), normal (1 h), high (24 h).";
    let (life, text) = argument.split_once(char::is_whitespace).ok_or(usage)?;
    let ttl_ms = ttl(life).ok_or(usage)?;
    if !(TTL_MIN_MS..=TTL_MAX_MS).contains(&ttl_ms) {
        return Err("A message lives for 1 second to 7 days.".into());
    }
    send_as(model, text.trim_start(), None, Some(Life::TtlMs(ttl_ms)))
}

/// A preset, or a number with `s`, `m`, `h` or `d`.
fn ttl(text: &str) -> Option<u64> {
    match text {
        "low" => return Some(TTL_LOW_MS),
        "normal" => return Some(TTL_NORMAL_MS),
        "high" => return Some(TTL_HIGH_MS),
        _ => {}
    }
    let unit = text.chars().next_back()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds * 1_000)
}

fn send_code(model: &mut Model, argument: &str) -> CommandResult {
    let (language, text) = code_language::split(argument);
    send_as(model, text, Some(language), None)
}

fn send_as(model: &mut Model, text: &str, language: Option<&str>, life: Option<Life>) -> CommandResult {
    let room_key = model.current.ok_or(NO_ROOM)?;
    let body = text.trim_end().parse().map_err(|error: TextError| format!("The message {error}."))?;
    let code = language.map(str::parse).transpose().map_err(|error: TextError| format!("The language {error}."))?;
    outbox::send(model, room_key, Draft { body, code, life });
    Ok(())
}

fn status(model: &mut Model, availability: ChosenAvailability, argument: &str) -> CommandResult {
    let server = server(model)?;
    let status = (!argument.is_empty()).then(|| argument.parse()).transpose();
    let status = status.map_err(|error: TextError| format!("The status {error}."))?;
    model.ask(server, SetStatus { availability, status }, Purpose::UserAction("could not set the status"));
    Ok(())
}

fn rsvp(model: &mut Model, argument: &str) -> CommandResult {
    let room_key = current_room(model)?;
    let answer = match argument {
        "attending" => Rsvp::Attending,
        "interested" => Rsvp::Interested,
        "none" => Rsvp::None,
        _ => return Err("Say attending, interested or none: /rsvp attending.".into()),
    };
    let request = SetRsvp { room: room_key.room, answer };
    model.ask(room_key.server, request, Purpose::UserAction("could not say whether you take part"));
    Ok(())
}

fn info(model: &mut Model) -> CommandResult {
    let room_key = current_room(model)?;
    model.ask(room_key.server, request::RoomInfo { room: room_key.room }, Purpose::Info);
    Ok(())
}

fn theme(model: &mut Model, argument: &str) -> CommandResult {
    if argument.is_empty() {
        return Err("Say which: /theme dark, /theme light, or the path of a theme file.".into());
    }
    model.effects.push(Effect::Theme(argument.to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_distinguished_from_texts() {
        let command = |action, argument: &str| Some(ParsedLine::Command { action, argument: argument.into() });
        assert_eq!(parse("/join #ops "), command(Action::Join, "#ops"));
        assert_eq!(parse("/topic"), command(Action::Topic, ""));
        assert_eq!(parse("/frobnicate now"), Some(ParsedLine::Unknown { word: "frobnicate".into() }));
        assert_eq!(parse("//join us"), Some(ParsedLine::Text("/join us".into())));
        assert_eq!(parse("/usr/bin/env is missing"), None);
        assert_eq!(parse("hello /join"), None);
        assert_eq!(parse("/code:zig fn main"), command(Action::SendCode, "zig\nfn main"));
    }

    #[test]
    fn ttls_are_parsed() {
        assert_eq!(ttl("low"), Some(30_000));
        assert_eq!(ttl("90s"), Some(90_000));
        assert_eq!(ttl("2h"), Some(7_200_000));
        for wrong in ["", "s", "5", "5w", "-5s", "99999999999999999999d", "é"] {
            assert_eq!(ttl(wrong), None, "{wrong}");
        }
    }
}
