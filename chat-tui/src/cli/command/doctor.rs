//! `chat doctor`: checks the connection, the files and the terminal, and suggests fixes. Must not know how checks are
//! printed.

mod check;
mod server_metrics;

use std::io::IsTerminal;
use std::time::Instant;

use chat_proto::request::Ping;
use clap::Args;

use self::check::{Check, Level};
#[cfg(feature = "local-server")]
pub(super) use self::server_metrics::ephemeral_at_stake;
use crate::cli::client_files::{ClientFile, client_files};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::session::CliSession;

/// The number of round trips measured.
const PINGS: usize = 100;

/// Arguments of `doctor`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct DoctorArgs {
    /// Check a server's Redis as well: its latency and settings.
    #[cfg(feature = "local-server")]
    #[arg(long, env = "CHAT_REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis: Option<String>,
    /// Use this prefix for its keys, as in the server's redis.prefix.
    #[cfg(feature = "local-server")]
    #[arg(long, env = "CHAT_SERVER_REDIS_PREFIX", default_value = "chat", value_name = "PREFIX")]
    prefix: String,
}

pub(super) async fn run(args: &DoctorArgs, context: &Context) -> Result<(), CliError> {
    let mut checks = vec![Check::ok("version", env!("CARGO_PKG_VERSION"))];
    checks.extend(files(context));
    checks.extend(local_data(context).await);
    checks.extend(server(context).await);
    checks.extend(redis(args).await);
    checks.extend(terminal());
    for check in &checks {
        check.print(&context.output)?;
    }
    let has_failed = checks.iter().any(|check| check.level == Level::Fail);
    if has_failed { Err(CliError::Status(1)) } else { Ok(()) }
}

#[cfg(feature = "local-server")]
async fn redis(args: &DoctorArgs) -> Vec<Check> {
    let Some(url) = args.redis.as_ref().filter(|url| !url.is_empty()) else { return Vec::new() };
    crate::local::check_redis(url, &args.prefix).await.into_iter().map(of_server).collect()
}

/// Checks the data of the user's own server, if there are any.
#[cfg(feature = "local-server")]
async fn local_data(context: &Context) -> Vec<Check> {
    let folder = context.paths.local_server_data();
    if !folder.exists() {
        return Vec::new();
    }
    let found = tokio::task::spawn_blocking(move || crate::local::check_data(&folder)).await;
    found.unwrap_or_default().into_iter().map(of_server).collect()
}

#[cfg(feature = "local-server")]
fn of_server(found: crate::local::ServerCheck) -> Check {
    use crate::local::ServerLevel;
    Check {
        name: found.name,
        level: match found.level {
            ServerLevel::Ok => Level::Ok,
            ServerLevel::Warn => Level::Warn,
            ServerLevel::Fail => Level::Fail,
        },
        message: found.message,
        advice: found.advice,
        figures: found.figures.into_iter().map(|(name, figure)| (name, serde_json::json!(figure))).collect(),
    }
}

#[cfg(not(feature = "local-server"))]
async fn redis(_: &DoctorArgs) -> Vec<Check> {
    Vec::new()
}

#[cfg(not(feature = "local-server"))]
async fn local_data(_: &Context) -> Vec<Check> {
    Vec::new()
}

fn files(context: &Context) -> Vec<Check> {
    let mut checks: Vec<Check> = client_files(context).iter().map(client_file).collect();
    checks.push(Check::ok("data", context.paths.data.display().to_string()));
    checks.push(Check::ok("state", context.paths.state.display().to_string()));
    if let Err(error) = context.credentials() {
        checks.push(Check::fail("credentials", "cannot be read", error.to_string()));
    }
    checks
}

fn client_file(file: &ClientFile) -> Check {
    if !file.faults.is_empty() {
        return Check::fail(file.about, format!("{} is wrong", file.location), file.faults.join("\n"));
    }
    let exists = !file.location.starts_with('/') || std::path::Path::new(&file.location).exists();
    let found = if exists { "" } else { " (missing; the defaults apply)" };
    Check::ok(file.about, format!("{}{found}", file.location))
}

async fn server(context: &Context) -> Vec<Check> {
    let address = match context.address().await {
        Ok(address) => address,
        Err(error) => return vec![Check::fail("server", "none", error.to_string())],
    };
    let mut checks = vec![Check::ok("server", address.to_string())];
    let figures = server_metrics::check(&address).await;
    let has_figures = !figures.is_empty();
    checks.extend(figures);
    let session = match context.connect().await {
        Ok(session) => session,
        Err(error) => {
            checks.push(Check::fail("connection", "failed", error.to_string()));
            return checks;
        }
    };
    let welcome = &session.welcome;
    checks.push(Check::ok("signed in", welcome.user.name.to_string()));
    checks.push(Check::ok("server's", format!("version {}, epoch {}", welcome.server_version, welcome.epoch.0)));
    // The server's metrics say more, if it shows them to us.
    if !welcome.service.is_live_available && !has_figures {
        checks.push(Check::fail("ephemeral", "unavailable", "persistent messages still work; see the server's log"));
    }
    checks.push(round_trips(&session).await);
    checks
}

/// Measures the median and 99th percentile of round trips.
async fn round_trips(session: &CliSession) -> Check {
    let mut times = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let sent = Instant::now();
        if let Err(error) = session.call(&Ping {}).await {
            return Check::fail("round trip", "failed", error.to_string());
        }
        times.push(sent.elapsed());
    }
    times.sort_unstable();
    let (median, p99) = (times[PINGS / 2], times[PINGS * 99 / 100]);
    let check = Check::ok("round trip", format!("p50 {median:.1?}, p99 {p99:.1?} of {PINGS}"));
    check.with("p50_ms", median.as_secs_f64() * 1e3).with("p99_ms", p99.as_secs_f64() * 1e3)
}

fn terminal() -> Vec<Check> {
    let term = std::env::var("TERM").unwrap_or_default();
    let mut checks = Vec::new();
    if std::io::stdout().is_terminal() {
        if term.is_empty() || term == "dumb" {
            checks.push(Check::fail(
                "terminal",
                format!("TERM={term:?}"),
                "the full-screen client needs a real terminal",
            ));
        } else {
            checks.push(Check::ok("terminal", format!("TERM={term}")));
        }
    }
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    match locale {
        Some(locale) if locale.to_lowercase().contains("utf") => checks.push(Check::ok("locale", locale)),
        Some(locale) => checks.push(Check::fail("locale", locale, "use a UTF-8 locale, for example LANG=C.UTF-8")),
        None => checks.push(Check::ok("locale", "not set; UTF-8 is assumed")),
    }
    checks
}
