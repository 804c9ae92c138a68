//! The system calls of a server, recorded by strace: bytes written to each file, syncs, and answers sent. From these it
//! simulates a power cut: the files as they would be on a disk that kept only synced data.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::program;

/// The calls that write to the disk or to a socket.
const CALLS: &str = "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync,ftruncate,unlink,rename";

/// A completed call and the trace lines at which it began and ended.
#[derive(Clone, Debug)]
pub struct Call {
    /// The line at which it began.
    pub began: usize,
    /// The line at which it ended.
    pub ended: usize,
    /// Its effect.
    pub what: What,
}

/// The effect of a call.
#[derive(Clone, Debug)]
pub enum What {
    /// Bytes were written at an offset of a file.
    Write {
        /// The file.
        file: String,
        /// The offset.
        offset: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file's length was set.
    Truncate {
        /// The file.
        file: String,
        /// Its length.
        length: u64,
    },
    /// All earlier writes to a file are on disk.
    Sync {
        /// The file; empty for the folder.
        file: String,
    },
    /// A file was removed. SQLite syncs the folder after it removed a journal, so this holds at once.
    Remove {
        /// The file.
        file: String,
    },
    /// A file was given another name. This holds once the folder is synced.
    Rename {
        /// Its name before.
        from: String,
        /// Its name after.
        to: String,
    },
    /// Bytes to a socket or pipe.
    Send {
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// A server under strace.
#[derive(Debug)]
pub struct Traced {
    folder: TempDir,
    strace: Child,
    server: i32,
    /// The address it listens on.
    pub address: SocketAddr,
}

impl Traced {
    /// Starts a server with its own data folder.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = folder.path().join("server.toml");
        std::fs::write(&settings, "[limits]\nenabled = false\n").expect("written");
        let mut strace = Command::new("strace")
            .args(["-f", "-qq", "-y", "-xx", "-s", "200000", "-e", CALLS, "-o"])
            .arg(folder.path().join("trace"))
            .arg(program::path("chat-server"))
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(settings)
            .arg("--data")
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("strace is installed by tests/run");
        let mut line = String::new();
        BufReader::new(strace.stdout.take().expect("piped")).read_line(&mut line).expect("readable");
        let words: Vec<&str> = line.split_whitespace().collect();
        let address = words.iter().find_map(|word| word.strip_prefix("ws://")?.parse().ok());
        let pid = words.iter().skip_while(|word| **word != "pid").nth(1).and_then(|pid| pid.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no ready line but {line:?}"));
        Self { folder, strace, server: pid.expect("a pid in the ready line"), address }
    }

    /// Kills the server and returns its system calls.
    pub fn kill(mut self) -> Vec<Call> {
        rustix::process::kill_process(Pid::from_raw(self.server).expect("a pid"), Signal::KILL).expect("it runs");
        self.strace.wait().expect("it ends with the server");
        let trace = std::fs::read_to_string(self.folder.path().join("trace")).expect("a trace");
        calls(&trace, &self.folder.path().join("data"))
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        // A test that failed leaves no server behind; after `kill` strace has ended, and so has the server.
        if let (Ok(None), Some(pid)) = (self.strace.try_wait(), Pid::from_raw(self.server)) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let _ = self.strace.wait();
        }
    }
}

/// Returns the calls of a trace in the order they ended. Files outside `data` count as sockets.
fn calls(trace: &str, data: &PathBuf) -> Vec<Call> {
    let mut begun: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(thread, (at, start.trim_end().to_owned()));
            continue;
        }
        let (began, whole) = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once("resumed>")) {
            Some((_, end)) => match begun.remove(thread) {
                Some((began, start)) => (began, format!("{start}{end}")),
                None => continue,
            },
            None => (at, rest.to_owned()),
        };
        if let Some(what) = parse(&whole, data) {
            calls.push(Call { began, ended: at, what });
        }
    }
    calls
}

/// `pwrite64(12<\x2f…>, "\x0a…", 4096, 0) = 4096`
fn parse(call: &str, data: &PathBuf) -> Option<What> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') || result.starts_with('?') {
        return None;
    }
    let arguments = arguments.trim_end().trim_end_matches(')');
    if name == "unlink" {
        let path = PathBuf::from(String::from_utf8(unescape(arguments)).ok()?);
        let file = path.strip_prefix(data).ok()?.to_string_lossy().into_owned();
        return Some(What::Remove { file });
    }
    if name == "rename" {
        let mut names = arguments.split('"').skip(1).step_by(2).map(|name| {
            let path = PathBuf::from(String::from_utf8(unescape(name)).ok()?);
            Some(path.strip_prefix(data).ok()?.to_string_lossy().into_owned())
        });
        return Some(What::Rename { from: names.next()??, to: names.next()?? });
    }
    let path = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let path = PathBuf::from(String::from_utf8(unescape(path?.0)).ok()?);
    let file = path.strip_prefix(data).ok().map(|file| file.to_string_lossy().into_owned());
    let bytes = || arguments.split('"').skip(1).step_by(2).flat_map(unescape).collect::<Vec<u8>>();
    let last_number = || arguments.rsplit(", ").next().and_then(|number| number.parse().ok());
    match (name, file) {
        ("pwrite64", Some(file)) => Some(What::Write { file, offset: last_number()?, bytes: bytes() }),
        ("ftruncate", Some(file)) => Some(What::Truncate { file, length: last_number()? }),
        ("fdatasync" | "fsync", Some(file)) => Some(What::Sync { file }),
        ("write" | "writev" | "sendto" | "sendmsg", None) => Some(What::Send { bytes: bytes() }),
        _ => None,
    }
}

/// Returns the bytes of a string such as `\x2f\x74`.
fn unescape(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).filter_map(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok()).collect()
}

/// Returns the files on a disk that lost power before line `at`: everything synced by then, and those later writes
/// that `survives` selects.
pub fn power_cut(calls: &[Call], at: usize, mut survives: impl FnMut() -> bool) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // By file: the writes not yet synced, with the line at which each ended.
    let mut loose: BTreeMap<String, Vec<(usize, What)>> = BTreeMap::new();
    let mut renamed: Vec<(usize, String, String)> = Vec::new();
    for call in calls.iter().filter(|call| call.ended < at) {
        match &call.what {
            What::Write { file, .. } | What::Truncate { file, .. } => {
                loose.entry(file.clone()).or_default().push((call.ended, call.what.clone()));
            }
            What::Rename { from, to } => renamed.push((call.ended, from.clone(), to.clone())),
            What::Sync { file } if file.is_empty() => {
                for (_, from, to) in renamed.extract_if(.., |(ended, ..)| *ended < call.began) {
                    let (content, waiting) = (files.remove(&from), loose.remove(&from));
                    files.extend(content.map(|content| (to.clone(), content)));
                    loose.extend(waiting.map(|waiting| (to, waiting)));
                }
            }
            What::Sync { file } => {
                // Writes that ended before the sync began are on disk; concurrent ones may not be.
                let waiting = loose.entry(file.clone()).or_default();
                let (synced, kept) = std::mem::take(waiting).into_iter().partition(|(ended, _)| *ended < call.began);
                *waiting = kept;
                let synced: Vec<(usize, What)> = synced;
                for (_, what) in &synced {
                    apply(files.entry(file.clone()).or_default(), what);
                }
            }
            What::Remove { file } => {
                files.remove(file);
                loose.remove(file);
            }
            What::Send { .. } => {}
        }
    }
    for (file, whats) in loose {
        for (_, what) in whats.iter().filter(|_| survives()) {
            apply(files.entry(file.clone()).or_default(), what);
        }
    }
    files
}

fn apply(content: &mut Vec<u8>, what: &What) {
    match what {
        What::Write { offset, bytes, .. } => {
            let start = usize::try_from(*offset).expect("an offset that fits memory");
            let end = start + bytes.len();
            content.resize(content.len().max(end), 0);
            content[start..end].copy_from_slice(bytes);
        }
        What::Truncate { length, .. } => content.resize(usize::try_from(*length).expect("a length"), 0),
        What::Sync { .. } | What::Remove { .. } | What::Rename { .. } | What::Send { .. } => {}
    }
}
