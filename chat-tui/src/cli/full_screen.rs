//! `chat` without a subcommand: the full-screen client.

use std::io::IsTerminal;

use super::context::Context;
use super::exit::CliError;
use crate::config::Notify;
use crate::keymap::Keymap;
use crate::net::{Address, LinkOptions};
use crate::runtime::{Notifies, RunOptions, run as run_screen};
use crate::terminal::Capabilities;
use crate::theme::{Depth, Theme};

/// Opens the full-screen client.
pub(super) async fn run(context: &Context) -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(CliError::usage(
            "the full-screen client needs a terminal; for scripts there are `chat send`, `chat tail` and others: `chat --help`",
        ));
    }
    let variable = |name: &str| std::env::var(name).ok();
    let (term, no_color, colorterm) = (variable("TERM"), variable("NO_COLOR"), variable("COLORTERM"));
    let depth = match context.globals.color {
        super::output::ColorChoice::Never => Depth::None,
        super::output::ColorChoice::Always => Depth::of(None, colorterm.as_deref(), None),
        super::output::ColorChoice::Auto => Depth::of(no_color.as_deref(), colorterm.as_deref(), term.as_deref()),
    };
    let usage = |error: &dyn std::error::Error| CliError::usage(error.to_string());
    let theme = Theme::load(&context.settings.tui.theme, depth).map_err(|error| usage(&error))?;
    let keymap = Keymap::load(&context.paths.config.join("keymap.toml")).map_err(|error| usage(&error))?;
    let address = context.address()?;
    let auth = context.auth(&address)?;
    let prepare = context.prepare(&address)?;
    let options = RunOptions {
        label: label(&address),
        link: LinkOptions { address, auth, prepare },
        cache_folder: context.paths.state.join("cache"),
        keymap,
        theme,
        depth,
        capabilities: Capabilities::of(term.as_deref(), variable("TMUX").as_deref(), variable("STY").as_deref()),
        uses_mouse: context.settings.tui.mouse,
        notifies: match context.settings.tui.notify {
            Notify::Off => Notifies::Never,
            Notify::Bell => Notifies::Bell,
            Notify::Terminal => Notifies::Terminal,
        },
    };
    run_screen(options).await.map_err(|error| CliError::failed(error.to_string()))
}

/// What a server is called on the screen.
fn label(address: &Address) -> String {
    match address {
        Address::Unix(_) => "this machine".to_owned(),
        Address::Plain { host, .. } | Address::Secure { host, .. } => host.clone(),
    }
}
