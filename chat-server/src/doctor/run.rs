//! Runs all checks in order and prints each as it completes. Must not know how a check works.

use color_eyre::eyre::{Result, WrapErr};
use rustix::process::{Resource, getrlimit};

use super::check::{Check, Level};
use super::{data, listen_addresses, redis_checks, running_clock};
use crate::cli::ServerArgs;
use crate::clock::now;
use crate::output::{OutputError, print_line};
use crate::store::sqlite::library;

/// Warn below this many open files: each connection is one.
const FILES_FEW: u64 = 4_096;

/// Runs and prints all checks. Returns whether none failed. `prefix` overrides the settings' Redis prefix.
///
/// # Errors
/// If nothing can be checked at all, or standard output cannot be written.
pub fn run(args: &ServerArgs, is_json: bool, prefix: Option<&str>) -> Result<bool> {
    let mut printer = Printer { is_json, worst: Level::Ok };
    printer.print(&Check::ok("version", env!("CARGO_PKG_VERSION")).word("version", env!("CARGO_PKG_VERSION")))?;
    printer.print(&sqlite())?;
    printer.print(&files())?;
    let config = match args.config_with(prefix) {
        Ok(config) => config,
        Err(error) => {
            for problem in &error.0 {
                printer.print(&Check::fail("settings", problem, "fix it; the server does not start with it"))?;
            }
            return Ok(false);
        }
    };
    for warning in &config.warnings {
        printer.print(&Check::warn("settings", warning, "correct its name, or remove it"))?;
    }
    let (checks, is_running) = data::checks(&config.data);
    printer.print_all(&checks)?;
    printer.print_all(&listen_addresses::checks(&config.listen, is_running))?;
    let time = config.server.keep_days.and_then(|days| data::time(&config.data, days, now()));
    printer.print_all(time.as_slice())?;
    let clock = is_running.then(|| running_clock::check(&config.listen)).flatten();
    printer.print_all(clock.as_slice())?;
    match &config.redis {
        Some(options) => {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().wrap_err("cannot start")?;
            printer.print_all(&runtime.block_on(redis_checks::of(options)))?;
        }
        None => printer.print(&Check::ok("redis", "not used: messages that expire end with the server"))?,
    }
    Ok(printer.worst < Level::Fail)
}

fn sqlite() -> Check {
    let (version, is_safe) = library();
    let check = if is_safe {
        Check::ok("sqlite", version)
    } else {
        Check::fail("sqlite", version, "it can damage data; build with 3.51.3 or newer")
    };
    check.word("version", version)
}

/// The server raises its own soft limit to the hard limit.
fn files() -> Check {
    let limit = getrlimit(Resource::Nofile);
    let shown = |limit: Option<u64>| limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
    let message = format!("{} open files, up to {}", shown(limit.current), shown(limit.maximum));
    let check = match limit.maximum {
        Some(maximum) if maximum < FILES_FEW => {
            let advice = "each connection is one: raise it (LimitNOFILE= of a service, ulimit -Hn of a shell)";
            Check::warn("file limit", message, advice)
        }
        _ => Check::ok("file limit", message),
    };
    let figures = [("current_files", limit.current), ("maximum_files", limit.maximum)];
    let known = figures.into_iter().filter_map(|(name, limit)| Some((name, limit?)));
    known.fold(check, |check, (name, limit)| check.count(name, limit))
}

struct Printer {
    is_json: bool,
    worst: Level,
}

impl Printer {
    fn print_all(&mut self, checks: &[Check]) -> Result<(), OutputError> {
        checks.iter().try_for_each(|check| self.print(check))
    }

    fn print(&mut self, check: &Check) -> Result<(), OutputError> {
        self.worst = self.worst.max(check.level);
        print_line(&if self.is_json { check.json() } else { check.text() })
    }
}
