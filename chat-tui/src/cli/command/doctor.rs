//! `chat doctor`: looks at the connection, the files and the terminal, and says what to change.

use std::io::IsTerminal;
use std::time::Instant;

use chat_proto::request::Ping;
use serde::Serialize;

use crate::cli::client_files::{ClientFile, client_files};
use crate::cli::context::{Context, Session};
use crate::cli::exit::CliError;

/// How many round trips are measured.
const PINGS: usize = 100;

/// One thing looked at.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    is_ok: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, is_ok: true, found: found.into(), advice: None }
    }

    fn bad(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, is_ok: false, found: found.into(), advice: Some(advice.into()) }
    }
}

pub(super) async fn run(context: &Context) -> Result<(), CliError> {
    let mut checks = vec![Check::good("version", env!("CARGO_PKG_VERSION"))];
    checks.extend(files(context));
    checks.extend(server(context).await);
    checks.extend(terminal());
    let mut is_all_well = true;
    for check in &checks {
        is_all_well &= check.is_ok;
        let mark = if check.is_ok { "ok  " } else { "look" };
        let advice = check
            .advice
            .as_ref()
            .map_or_else(String::new, |advice| advice.lines().map(|line| format!("\n      → {line}")).collect());
        context.output.data("check", check, &format!("{mark}  {:<12} {}{advice}", check.name, check.found))?;
    }
    if is_all_well { Ok(()) } else { Err(CliError::Status(1)) }
}

fn files(context: &Context) -> Vec<Check> {
    let mut checks: Vec<Check> = client_files(context).iter().map(client_file).collect();
    checks.push(Check::good("data", context.paths.data.display().to_string()));
    checks.push(Check::good("state", context.paths.state.display().to_string()));
    if let Err(error) = context.credentials() {
        checks.push(Check::bad("credentials", "cannot be read", error.to_string()));
    }
    checks
}

fn client_file(file: &ClientFile) -> Check {
    if !file.faults.is_empty() {
        return Check::bad(file.about, format!("{} is wrong", file.place), file.faults.join("\n"));
    }
    let is_there = !file.place.starts_with('/') || std::path::Path::new(&file.place).exists();
    let found = if is_there { "" } else { " (not there; the defaults are in force)" };
    Check::good(file.about, format!("{}{found}", file.place))
}

async fn server(context: &Context) -> Vec<Check> {
    let address = match context.address() {
        Ok(address) => address,
        Err(error) => return vec![Check::bad("server", "none", error.to_string())],
    };
    let mut checks = vec![Check::good("server", address.to_string())];
    let session = match context.connect().await {
        Ok(session) => session,
        Err(error) => {
            checks.push(Check::bad("connection", "failed", error.to_string()));
            return checks;
        }
    };
    let welcome = &session.welcome;
    checks.push(Check::good("signed in", format!("{} ({})", welcome.user.name, welcome.user.id)));
    checks.push(Check::good("server's", format!("version {}, epoch {}", welcome.server_version, welcome.epoch.0)));
    if !welcome.service.is_live_available {
        checks.push(Check::bad("expiring", "not taken just now", "lasting messages go on; see the server's log"));
    }
    checks.push(round_trips(&session).await);
    checks
}

/// Median and 99th percentile of round trips.
async fn round_trips(session: &Session) -> Check {
    let mut times = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let sent = Instant::now();
        if let Err(error) = session.call(&Ping {}).await {
            return Check::bad("round trip", "failed", error.to_string());
        }
        times.push(sent.elapsed());
    }
    times.sort_unstable();
    let (median, p99) = (times[PINGS / 2], times[PINGS * 99 / 100]);
    Check::good("round trip", format!("p50 {median:.1?}, p99 {p99:.1?} of {PINGS}"))
}

fn terminal() -> Vec<Check> {
    let term = std::env::var("TERM").unwrap_or_default();
    let mut checks = Vec::new();
    if std::io::stdout().is_terminal() {
        if term.is_empty() || term == "dumb" {
            checks.push(Check::bad(
                "terminal",
                format!("TERM={term:?}"),
                "the full-screen client needs a real terminal",
            ));
        } else {
            checks.push(Check::good("terminal", format!("TERM={term}")));
        }
    }
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    match locale {
        Some(locale) if locale.to_lowercase().contains("utf") => checks.push(Check::good("locale", locale)),
        Some(locale) => checks.push(Check::bad("locale", locale, "use a UTF-8 locale, for example LANG=C.UTF-8")),
        None => checks.push(Check::good("locale", "not set; UTF-8 is assumed")),
    }
    checks
}
