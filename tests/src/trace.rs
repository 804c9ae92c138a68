//! What a server asks of the system, seen by strace: which bytes it wrote to which file, when they were synced, and
//! when an answer left. From this a power cut is made: the files as a disk would have them that kept only what had
//! been synced.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::program;

/// The calls that say what reaches the disk and what leaves.
const CALLS: &str = "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync,ftruncate,unlink";

/// One call that has ended, with when it began: the positions are those of the trace's lines.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its line, or that of its beginning where others came between.
    pub began: usize,
    /// The line that says how it ended.
    pub ended: usize,
    /// What it did.
    pub what: What,
}

/// What a call did.
#[derive(Clone, Debug)]
pub enum What {
    /// Bytes at a place of a file.
    Write {
        /// The file.
        file: String,
        /// Where.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// A file's length was set.
    Truncate {
        /// The file.
        file: String,
        /// Its length.
        length: u64,
    },
    /// What was written to a file before is on the disk.
    Sync {
        /// The file.
        file: String,
    },
    /// A file was removed. SQLite syncs the folder after it removed a journal, so this holds at once.
    Remove {
        /// The file.
        file: String,
    },
    /// Bytes to a socket or pipe.
    Send {
        /// What.
        bytes: Vec<u8>,
    },
}

/// A server under strace.
#[derive(Debug)]
pub struct Traced {
    folder: TempDir,
    strace: Child,
    server: i32,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Traced {
    /// Starts one with a data folder of its own.
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

    /// Kills the server; all it asked of the system.
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

/// The calls of a trace, in the order of their ends. Files outside `data` are sockets to this reader.
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

/// `\x2f\x74` → the bytes.
fn unescape(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).filter_map(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok()).collect()
}

/// The files as a disk has them that lost its power before line `at`: everything synced until then, and of the rest
/// what `survives` says.
pub fn power_cut(calls: &[Call], at: usize, mut survives: impl FnMut() -> bool) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // By file: what was written and not yet synced, with when it was done.
    let mut loose: BTreeMap<String, Vec<(usize, What)>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.ended < at) {
        match &call.what {
            What::Write { file, .. } | What::Truncate { file, .. } => {
                loose.entry(file.clone()).or_default().push((call.ended, call.what.clone()));
            }
            What::Sync { file } => {
                // What ended before the sync began is on the disk; of what ran beside it nothing is known.
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
            let start = usize::try_from(*offset).expect("a place in memory");
            let end = start + bytes.len();
            content.resize(content.len().max(end), 0);
            content[start..end].copy_from_slice(bytes);
        }
        What::Truncate { length, .. } => content.resize(usize::try_from(*length).expect("a length"), 0),
        What::Sync { .. } | What::Remove { .. } | What::Send { .. } => {}
    }
}
