//! `chat local log`: the end of the local server's log, and what follows.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::CliError;

/// How often a log that is followed is looked at.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// The arguments of `local log`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat local log -n 20\n  chat local log -f | grep WARN")]
pub(in crate::cli) struct LogArgs {
    /// How many lines of the end.
    #[arg(short = 'n', long, value_name = "LINES", default_value_t = 200)]
    lines: usize,
    /// Go on with what comes.
    #[arg(short, long)]
    follow: bool,
}

pub(super) async fn run(args: &LogArgs, context: &Context) -> Result<(), CliError> {
    let path = context.local_server()?.log;
    let Some(mut log) = open(&path)? else {
        context.output.info("there is no log yet: the local server was never started");
        return Ok(());
    };
    for line in last_lines(&mut log, args.lines)? {
        context.output.text(&line)?;
    }
    if args.follow { follow(&path, log, context).await } else { Ok(()) }
}

/// Prints what comes until it is interrupted.
async fn follow(path: &Path, mut log: BufReader<File>, context: &Context) -> Result<(), CliError> {
    let mut partial = Vec::new();
    loop {
        if !print_new_lines(&mut log, &mut partial, context)? {
            // The server begins a new file where the old one is long; the old one has been told to its end.
            if let Some(new) = open(path)?.filter(|new| is_rotated(new, &log)) {
                log = new;
                continue;
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}

fn open(path: &Path) -> Result<Option<BufReader<File>>, CliError> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::failed(format!("cannot read {}: {error}", path.display()))),
    }
}

/// The last lines; the log is then read to its end.
fn last_lines(log: &mut impl BufRead, lines: usize) -> Result<VecDeque<String>, CliError> {
    let mut last = VecDeque::new();
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line)? > 0 {
        last.push_back(without_colours(&line));
        if last.len() > lines {
            last.pop_front();
        }
        line.clear();
    }
    Ok(last)
}

/// Prints the lines that came; whether there was anything. The beginning of a line waits in `partial` for its end.
fn print_new_lines(log: &mut BufReader<File>, partial: &mut Vec<u8>, context: &Context) -> Result<bool, CliError> {
    let mut new = Vec::new();
    log.read_to_end(&mut new)?;
    partial.extend_from_slice(&new);
    if let Some(end) = partial.iter().rposition(|byte| *byte == b'\n') {
        let whole: Vec<u8> = partial.drain(..=end).collect();
        context.output.text(&without_colours(&whole))?;
    }
    Ok(!new.is_empty())
}

/// Without the colours that older versions wrote into the file.
fn without_colours(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let text = if text.contains('\u{1b}') { strip_ansi_escapes::strip_str(text) } else { text };
    text.trim_end_matches('\n').to_owned()
}

fn is_rotated(new: &BufReader<File>, old: &BufReader<File>) -> bool {
    let identity = |file: &File| file.metadata().ok().map(|found| (found.dev(), found.ino()));
    identity(new.get_ref()) != identity(old.get_ref())
}
