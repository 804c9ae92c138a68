//! `chat` without a subcommand: opens the full-screen client. Must not know what is on the screen.

use std::io::IsTerminal;

use super::context::Context;
use super::exit::CliError;
use super::output::ColorChoice;
use crate::argument::sentence;
use crate::config::Notify;
use crate::net::{LinkOptions, ServerAddress};
use crate::runtime::{Colours, KeepSignIn, Notifies, RunError, RunOptions, run as run_screen};
use crate::theme::ThemeChoice;

/// Opens the full-screen client.
pub(super) async fn run(context: &Context) -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(CliError::usage(
            "the full-screen client needs a terminal; in scripts use `chat send`, `chat tail` and others, see `chat --help`",
        ));
    }
    let (context, greeting) = context.at_last_server();
    let address = context.address().await?;
    let auth = context.known_auth(&address)?;
    let (prepare, locate) = (context.prepare(&address), context.locate(&address));
    let link = LinkOptions::screen(address.clone(), auth, prepare).located_by(locate).trusting(context.ca_file());
    let options = RunOptions {
        label: address.label(),
        cache_name: context.server_name(&address),
        link,
        cache_folder: context.paths.state.join("cache"),
        keymap_file: context.paths.config.join("keymap.toml"),
        theme: ThemeChoice::read(&context.settings.tui.theme, context.paths.state.join("theme")),
        colours: match context.globals.color {
            ColorChoice::Auto => Colours::Auto,
            ColorChoice::Always => Colours::Always,
            ColorChoice::Never => Colours::Never,
        },
        opener: context.settings.tui.opener.clone(),
        uses_mouse: context.settings.tui.mouse,
        notifies: match context.settings.tui.notify {
            Notify::Off => Notifies::Never,
            Notify::Bell => Notifies::Bell,
            Notify::Terminal => Notifies::Terminal,
        },
        keep_sign_in: keep_sign_in(context, address),
        greeting,
    };
    run_screen(options).await.map_err(|error| match error {
        RunError::Theme(_) => CliError::usage(error.to_string()),
        RunError::Terminal(_) | RunError::LinkEnded | RunError::Random(_) => CliError::failed(error.to_string()),
    })
}

/// Keeps the token of a sign-in, and remembers the server once in a run.
fn keep_sign_in(context: Context, address: ServerAddress) -> KeepSignIn {
    let mut is_remembered = false;
    KeepSignIn(Box::new(move |name, token| {
        if let Some(token) = token {
            let kept = context.keep_token(&address, name, token);
            kept.map_err(|error| format!("You are signed in, but not for the next start: {error}"))?;
        }
        if std::mem::replace(&mut is_remembered, true) {
            return Ok(());
        }
        context.remember_server(&address, name).map_err(|error| sentence(&error.to_string()))
    }))
}
