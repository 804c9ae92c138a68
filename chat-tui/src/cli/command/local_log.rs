//! `chat local log`: prints the end of the local server's log, and follows it. Must not know what the lines say.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::argument::whole_number;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, LogLine};
use crate::text::io_reason;

/// How often a followed log is checked for new lines.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// The arguments of `local log`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat local log -n 20\n  chat local log -f | grep WARN")]
pub(in crate::cli) struct LogArgs {
    /// Start with this many lines.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 200, value_parser = whole_number(0..=u32::MAX), allow_negative_numbers = true)]
    lines: u32,
    /// Follow the log.
    #[arg(short, long)]
    follow: bool,
}

pub(super) async fn run(args: &LogArgs, context: &Context) -> Result<(), CliError> {
    let path = context.local_server().log;
    let Some(mut log) = open(&path)? else {
        context.output.info("no log yet: the local server has never been started");
        return Ok(());
    };
    for line in last_lines(&mut log, args.lines as usize)? {
        print(&line, context)?;
    }
    if args.follow { follow(&path, log, context).await } else { Ok(()) }
}

/// Prints new lines until it is interrupted.
async fn follow(path: &Path, mut log: BufReader<File>, context: &Context) -> Result<(), CliError> {
    let mut partial = Vec::new();
    loop {
        if !print_new_lines(&mut log, &mut partial, context)? {
            // The server starts a new file when the old one is long; the old one has been printed to its end.
            if let Some(new) = open(path)?.filter(|new| is_rotated(new, &log)) {
                log = new;
                continue;
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}

fn print(line: &str, context: &Context) -> Result<(), CliError> {
    context.output.data(&Line::Log(LogLine { line }), line)
}

fn open(path: &Path) -> Result<Option<BufReader<File>>, CliError> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::failed(format!("cannot read {}: {}", path.display(), io_reason(&error)))),
    }
}

/// Returns the last lines, and leaves the log read to its end.
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

/// Prints the new lines; returns whether there was anything new. An incomplete line waits in `partial` for its end.
fn print_new_lines(log: &mut BufReader<File>, partial: &mut Vec<u8>, context: &Context) -> Result<bool, CliError> {
    let mut new = Vec::new();
    log.read_to_end(&mut new)?;
    partial.extend_from_slice(&new);
    if let Some(end) = partial.iter().rposition(|byte| *byte == b'\n') {
        let whole: Vec<u8> = partial.drain(..=end).collect();
        without_colours(&whole).lines().try_for_each(|line| print(line, context))?;
    }
    Ok(!new.is_empty())
}

/// Removes the colours that older versions wrote to the file.
fn without_colours(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let text = if text.contains('\u{1b}') { strip_ansi_escapes::strip_str(text) } else { text };
    text.trim_end_matches('\n').to_owned()
}

fn is_rotated(new: &BufReader<File>, old: &BufReader<File>) -> bool {
    let identity = |file: &File| file.metadata().ok().map(|found| (found.dev(), found.ino()));
    identity(new.get_ref()) != identity(old.get_ref())
}
