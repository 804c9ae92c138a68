//! Child processes on their own cores, and what the system says of them.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, eyre};
use rustix::process::{Pid, Resource, Rlimit, Signal};

use crate::Options;

/// A child that is ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From exec to its ready line.
    pub started_in: Duration,
}

/// As many sockets as the system allows.
pub(crate) fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    // Where it cannot be raised the connections that do not fit say so.
    let _ = rustix::process::setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// The server with its data in `data`, without limits on rates and connections.
pub(crate) fn start_server(options: &Options, data: &Path) -> Result<Process> {
    let program = match &options.server {
        Some(program) => program.clone(),
        None => beside_us("chat-server")?,
    };
    let config = data.with_extension("toml");
    std::fs::write(&config, "[limits]\nenabled = false\n")?;
    let mut command = on_cores(&options.server_cores, &program);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).arg("--config").arg(config);
    Process::spawn(command)
}

/// The bare broadcast loop.
pub(crate) fn start_bare(options: &Options) -> Result<Process> {
    let mut command = on_cores(&options.server_cores, &std::env::current_exe()?);
    command.arg("bare");
    Process::spawn(command)
}

fn on_cores(cores: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).arg(program);
    command
}

fn beside_us(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(eyre!("{} is not built; run `cargo build --release -p {name}` first", path.display()))
    }
}

impl Process {
    fn spawn(mut command: Command) -> Result<Self> {
        let begun = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .wrap_err("`taskset` (package util-linux) is needed to keep server and generator apart")?;
        let stdout = child.stdout.take().expect("invariant: piped");
        let mut lines = BufReader::new(stdout).lines();
        loop {
            let line = lines.next().ok_or_else(|| eyre!("the server ended before it was ready"))??;
            if let Some(address) = line.split_whitespace().find_map(|word| word.strip_prefix("ws://")?.parse().ok()) {
                // What it prints later is read and dropped, so that it never waits for us.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, address, started_in: begun.elapsed() });
            }
        }
    }

    /// CPU seconds used so far, of all its threads, in user and kernel.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let field = |at: usize| -> Result<f64> {
            Ok(after_name.split_whitespace().nth(at).ok_or_else(|| eyre!("/proc/PID/stat is short"))?.parse()?)
        };
        // proc(5): utime and stime are fields 14 and 15, the name with its parenthesis is field 2; 100 ticks a second.
        Ok((field(11)? + field(12)?) / 100.0)
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| eyre!("no VmRSS"))?;
        Ok(number.parse()?)
    }

    /// Asks it to stop and waits.
    pub(crate) fn stop(mut self) -> Result<()> {
        if let Some(pid) = Pid::from_raw(self.child.id() as i32) {
            rustix::process::kill_process(pid, Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
