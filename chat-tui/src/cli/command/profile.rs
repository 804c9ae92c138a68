//! `chat profile`: lists the servers one knows, and chooses the one that commands use. Must not know how they are stored.

use std::collections::BTreeSet;

use chat_proto::time::UnixMillis;
use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, ProfileLine};
use crate::cli::output::{local_time, padded};
use crate::config::set_default_profile;
use crate::net::ServerAddress;
use crate::text::width;

/// The subcommands of `profile`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProfileCommand {
    /// List profiles, and other servers you have used.
    #[command(
        after_help = "Examples:\n  chat profile list\n  chat profile list --json | jq -r 'select(.is_default).server'"
    )]
    List,
    /// Let commands use a profile where none is named.
    #[command(
        after_help = "Writes `profile` in client.toml. The screen returns to the server used last, whatever the default is.\n\nExamples:\n  chat profile default work\n  chat profile default --none"
    )]
    Default(DefaultArgs),
}

/// The arguments of `profile default`.
#[derive(Args, Debug)]
pub(in crate::cli) struct DefaultArgs {
    /// The profile, as client.toml names it.
    #[arg(id = "profile", value_name = "NAME", required_unless_present = "none")]
    name: Option<String>,
    /// Use no profile by default.
    #[arg(long, conflicts_with = "profile")]
    none: bool,
}

pub(super) fn run(command: &ProfileCommand, context: &Context) -> Result<(), CliError> {
    match command {
        ProfileCommand::List => list(context),
        ProfileCommand::Default(args) => choose(args, context),
    }
}

/// A profile, or a server that was used without one.
#[derive(Debug)]
struct Known {
    name: Option<String>,
    server: String,
    account: Option<String>,
    is_default: bool,
    last_used_at: Option<UnixMillis>,
}

fn list(context: &Context) -> Result<(), CliError> {
    let known = known(context)?;
    if known.is_empty() {
        let file = context.paths.client_toml();
        context.output.info(&format!("no profiles in {}, and no server was used on the screen yet", file.display()));
    }
    let columns = |text: fn(&Known) -> &str| known.iter().map(|known| width(text(known))).max().unwrap_or(0);
    let columns = (columns(name), columns(|known| &known.server), columns(account));
    known.iter().try_for_each(|known| {
        let line = ProfileLine {
            name: known.name.as_deref(),
            server: &known.server,
            account: known.account.as_deref(),
            is_default: known.is_default,
            last_used_at: known.last_used_at.map(Into::into),
        };
        context.output.data(&Line::Profile(line), &row(known, columns))
    })
}

fn name(known: &Known) -> &str {
    known.name.as_deref().unwrap_or("-")
}

fn account(known: &Known) -> &str {
    known.account.as_deref().unwrap_or("-")
}

/// Returns one line: a mark for the default, name, server, account, and when it was used last.
fn row(known: &Known, (names, servers, accounts): (usize, usize, usize)) -> String {
    let mark = if known.is_default { '*' } else { ' ' };
    let (name, server) = (padded(name(known), names), padded(&known.server, servers));
    let account = padded(account(known), accounts);
    let used = known.last_used_at.map_or_else(String::new, |at| format!("  used {}", local_time(at)));
    format!("{mark} {name}  {server}  {account}{used}").trim_end().to_owned()
}

/// Returns the profiles by name, then the other servers, the one used last first.
fn known(context: &Context) -> Result<Vec<Known>, CliError> {
    let (credentials, used) = (context.credentials()?, context.used_servers());
    let mut known: Vec<Known> = Vec::new();
    for (name, profile) in &context.settings.profiles {
        let address = profile.server.parse::<ServerAddress>().ok();
        let server = address.map_or_else(|| profile.server.clone(), |address| context.server_name(&address));
        let use_of = used.all().iter().find(|used| used.profile.as_ref() == Some(name) && used.server == server);
        known.push(Known {
            name: Some(name.clone()),
            account: credentials.account(&server).or(use_of.map(|used| used.account.as_str())).map(str::to_owned),
            is_default: context.settings.profile.as_ref() == Some(name),
            last_used_at: use_of.map(|used| UnixMillis(used.used_at)),
            server,
        });
    }
    let named: BTreeSet<_> =
        known.iter().filter_map(|known| Some((known.name.clone()?, known.server.clone()))).collect();
    let is_listed = |profile: &Option<String>, server: &String| {
        profile.as_ref().is_some_and(|profile| named.contains(&(profile.clone(), server.clone())))
    };
    known.extend(used.all().iter().filter(|used| !is_listed(&used.profile, &used.server)).map(|used| Known {
        name: None,
        server: used.server.clone(),
        account: Some(used.account.clone()),
        is_default: false,
        last_used_at: Some(UnixMillis(used.used_at)),
    }));
    Ok(known)
}

fn choose(args: &DefaultArgs, context: &Context) -> Result<(), CliError> {
    let file = context.paths.client_toml();
    let said = match &args.name {
        Some(name) => {
            let profile = context.settings.profile(name, &file).map_err(|error| CliError::usage(error.to_string()))?;
            format!("commands use {name} ({}) where no server is named", profile.server)
        }
        None => "commands use no profile where no server is named".to_owned(),
    };
    set_default_profile(&file, args.name.as_deref()).map_err(|error| CliError::failed(error.to_string()))?;
    context.output.info(&said);
    Ok(())
}
