//! `chat complete -- WORDS…`: prints what the last word may become, for completions of shells: rooms, messages, profiles. Prints
//! nothing if the word is none of these, or no server answers soon. Must not know shells.

use std::any::TypeId;
use std::time::Duration;

use chat_proto::request::History;
use clap::{Arg, Args, Command};

use super::rooms;
use crate::argument::{MessageRef, RoomRef, SeqRef, Since};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::output::raw;
use crate::cli::session::CliSession;

/// A person waits for the answer.
const LIMIT: Duration = Duration::from_secs(1);
/// The messages that are offered.
const MESSAGES: u32 = 20;

/// The arguments of `complete`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chat complete -- tail gen")]
pub(in crate::cli) struct CompleteArgs {
    /// The words after `chat`, up to the one to complete.
    #[arg(last = true)]
    words: Vec<String>,
}

/// What a word may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Room,
    Message,
    Profile,
}

pub(super) async fn run(args: &CompleteArgs, context: &Context, definition: Command) -> Result<(), CliError> {
    let Some((typed, before)) = args.words.split_last() else { return Ok(()) };
    let Some(kind) = kind_of(definition, before, typed) else { return Ok(()) };
    let mut context = context.clone();
    context.globals.server = value_of("--server", before).or(context.globals.server);
    context.globals.profile = value_of("--profile", before).or(context.globals.profile);
    context.globals.local |= before.iter().any(|word| word == "--local");
    let found = match kind {
        Kind::Profile => context.settings.profiles.keys().cloned().collect(),
        // An error would stand in the middle of a line that somebody types.
        Kind::Room | Kind::Message => tokio::time::timeout(LIMIT, names(&context, kind, typed))
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default(),
    };
    let lines = found.iter().filter(|name| name.starts_with(typed.as_str())).map(|name| format!("{name}\n"));
    raw(lines.collect::<String>().as_bytes())
}

/// Finds the argument that the last word is given to.
fn kind_of(mut definition: Command, before: &[String], typed: &str) -> Option<Kind> {
    definition.build();
    let (mut command, mut positionals, mut words) = (&definition, 0, before.iter().peekable());
    while let Some(word) = words.next() {
        if let Some(option) = option(command, word) {
            let takes_next =
                option.get_action().takes_values() && !option.is_require_equals_set() && !word.contains('=');
            if takes_next && words.next().is_none() {
                return kind(option);
            }
        } else if let Some(subcommand) = command.find_subcommand(word) {
            command = subcommand;
        } else {
            positionals += 1;
        }
    }
    if typed.starts_with('-') {
        return None;
    }
    let last = command.get_positionals().last().filter(|last| last.get_num_args().is_some_and(|n| n.max_values() > 1));
    kind(command.get_positionals().nth(positionals).or(last)?)
}

fn option<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let name = word.split('=').next().unwrap_or(word);
    command.get_arguments().find(|argument| match (name.strip_prefix("--"), name.strip_prefix('-')) {
        (Some(long), _) => argument.get_long() == Some(long),
        (None, Some(short)) => argument.get_short().is_some_and(|own| short.chars().eq([own])),
        (None, None) => false,
    })
}

fn kind(argument: &Arg) -> Option<Kind> {
    let parser = argument.get_value_parser().type_id();
    let is = |id: TypeId| parser == id;
    if is(TypeId::of::<RoomRef>()) {
        Some(Kind::Room)
    } else if is(TypeId::of::<MessageRef>()) || is(TypeId::of::<SeqRef>()) || is(TypeId::of::<Since>()) {
        Some(Kind::Message)
    } else {
        (argument.get_id() == "profile").then_some(Kind::Profile)
    }
}

/// Whether this program knows what the argument may be.
pub(super) fn names_something(argument: &Arg) -> bool {
    kind(argument).is_some()
}

fn value_of(option: &str, words: &[String]) -> Option<String> {
    let after = |(at, word): (usize, &String)| match word.strip_prefix(option) {
        Some("") => words.get(at + 1).cloned(),
        Some(rest) => rest.strip_prefix('=').map(str::to_owned),
        None => None,
    };
    words.iter().enumerate().find_map(after)
}

async fn names(context: &Context, kind: Kind, typed: &str) -> Result<Vec<String>, CliError> {
    let Some(address) = context.running_address()? else { return Ok(Vec::new()) };
    let auth = context.auth(&address).await?;
    let mut session = context.connect_as(address, auth).await?;
    let room = typed.rsplit_once('/').and_then(|(room, _)| Some((room, room.parse::<RoomRef>().ok()?)));
    match (kind, room) {
        (Kind::Message, Some((written, room))) => {
            let room = session.room(&room).await?;
            let page = session.call(&History { room, before: None, limit: MESSAGES }).await?;
            Ok(page.items.iter().rev().map(|item| format!("{written}/{}", item.seq)).collect())
        }
        (Kind::Message, None) => Ok(room_names(&session).await?.into_iter().map(|room| format!("{room}/")).collect()),
        (Kind::Room | Kind::Profile, _) => {
            let mark = if typed.starts_with('#') { "#" } else { "" };
            Ok(room_names(&session).await?.into_iter().map(|room| format!("{mark}{room}")).collect())
        }
    }
}

async fn room_names(session: &CliSession) -> Result<Vec<String>, CliError> {
    let listed = rooms::all(session).await?.into_iter().map(|listing| listing.room);
    let rooms = listed.chain(session.member_rooms().map(|member| member.room.clone()));
    let mut names: Vec<String> = rooms.filter_map(|room| Some(room.name?.to_string())).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}
