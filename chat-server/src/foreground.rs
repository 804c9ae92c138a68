//! Runs a server as a program: arguments, log, signals, the ready line. Must not know what the server serves.

use std::sync::Arc;

use color_eyre::eyre::{Result, WrapErr};

use crate::cli::ServerArgs;
use crate::config::ConfigError;
use crate::held_signals::HeldSignals;
use crate::output::print_line;
use crate::reload::ReadSettings;
use crate::transport::Inherited;
use crate::wiring::{Ready, serve};
use crate::{doctor, fatal, service_manager, shutdown, telemetry};

/// Runs a server until a signal stops it.
///
/// # Errors
/// If the settings are wrong, an address cannot be bound, or the data folder cannot be used.
pub fn run_in_foreground(args: &ServerArgs, verbose: u8) -> Result<()> {
    HeldSignals::hold().wrap_err("cannot handle signals")?;
    let config = args.config()?;
    if args.check_config {
        warn(&config.warnings);
        let problems = doctor::data_problems(&config.data);
        if !problems.is_empty() {
            return Err(ConfigError(problems).into());
        }
        return Ok(print_line("the settings are right")?);
    }
    // Before any thread runs.
    let config = config.inherit(Inherited::take()?);
    telemetry::start(config.log_format, config.log_level, verbose);
    let again = args.clone();
    let read_settings: ReadSettings = Arc::new(move || again.config());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().wrap_err("cannot start")?;
    let ran = runtime.block_on(async {
        let stop = async {
            if let Err(error) = shutdown::signalled().await {
                tracing::error!(%error, "signals cannot be listened for");
                std::future::pending::<()>().await;
            }
            service_manager::stopping();
        };
        let on_ready = |ready: Ready| {
            // A parent that does not read it, or a full disk, is no reason to stop.
            if let Err(error) = print_line(&ready.line) {
                tracing::warn!(error = %error.reason(), "the ready line could not be printed");
            }
            service_manager::ready(&ready.addresses);
        };
        tokio::select! {
            served = serve((config, read_settings), stop, on_ready) => served.map_err(fatal::report),
            never = service_manager::keep_alive() => match never {},
        }
    });
    service_manager::finish();
    ran
}

#[expect(clippy::print_stderr, reason = "a warning is not what was asked for")]
fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}
