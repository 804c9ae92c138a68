//! Child processes on their own cores, and their resource use. Must not know any scenario.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, ensure, eyre};
use rustix::process::{Pid, Resource, Rlimit, Signal};

use crate::disk::{self, Disk};
use crate::options::Options;

/// A server that is ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    /// The server, or the tracer it runs under.
    child: Child,
    /// The server itself.
    pid: u32,
    /// The file its syncs are logged to, if they are logged.
    syncs: PathBuf,
    /// The address it listens on.
    pub address: SocketAddr,
    /// From exec to its ready line.
    pub started_in: Duration,
}

/// Raises the limit of open sockets to the system's maximum.
pub(crate) fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    // If the limit cannot be raised, connections beyond it fail with an error.
    let _ = rustix::process::setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Keeps this program off the server's cores. Must run before any thread starts.
///
/// # Errors
/// If the machine does not have these cores.
pub(crate) fn stay_on(cores: &str) -> Result<()> {
    let pid = std::process::id().to_string();
    let status = Command::new("taskset").args(["-p", "-c", cores, &pid]).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "the generator cannot run on the cores {cores}; name others with --generator-cores");
    Ok(())
}

/// Starts the server with its data in `data`, without limits on rates and connections.
pub(crate) fn start_server(options: &Options, data: &Path) -> Result<Process> {
    start_server_on(options, data, Disk::AsItIs)
}

/// Starts the server with its ephemeral messages in this Redis.
pub(crate) fn start_server_with_redis(options: &Options, data: &Path, url: &str) -> Result<Process> {
    let mut command = server_command(options, data, &[])?;
    command.args(["--require-redis", "--redis", url]);
    Process::spawn(command, PathBuf::new())
}

/// Starts the server on a disk that is watched or slowed.
pub(crate) fn start_server_on(options: &Options, data: &Path, disk: Disk) -> Result<Process> {
    let syncs = data.with_extension("syncs");
    let command = server_command(options, data, &disk.wrapper(&syncs))?;
    Process::spawn(command, syncs)
}

fn server_command(options: &Options, data: &Path, wrapper: &[String]) -> Result<Command> {
    let program = match &options.server {
        Some(program) => program.clone(),
        None => beside_us("chat-server")?,
    };
    let config = data.with_extension("toml");
    std::fs::write(
        &config,
        "[limits]\nenabled = false\n[ephemeral]\naccount_mib = 1024\nroom_mib = 1024\ntotal_mib = 1024\n",
    )?;
    let mut command = on_cores(&options.server_cores, wrapper, &program);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).arg("--config").arg(config);
    Ok(command)
}

/// Starts the bare broadcast loop.
pub(crate) fn start_bare(options: &Options) -> Result<Process> {
    let mut command = on_cores(&options.server_cores, &[], &std::env::current_exe()?);
    command.arg("bare");
    Process::spawn(command, PathBuf::new())
}

/// Returns a command pinned to `cores` and wrapped in `wrapper`, if any.
pub(crate) fn on_cores(cores: &str, wrapper: &[String], program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).args(wrapper).arg(program);
    command
}

/// Returns the path of a program of this workspace, built beside this one.
pub(crate) fn beside_us(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    let package = if name == "chat" { "chat-tui" } else { name };
    ensure!(path.exists(), "{} is not built; run `cargo build --profile dist -p {package}` first", path.display());
    Ok(path)
}

/// Returns the resident memory of a process in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()).ok_or_else(|| eyre!("no VmRSS"))?;
    Ok(number.parse()?)
}

/// Returns the CPU seconds a process has used so far, in user and kernel mode, over all threads.
pub(crate) fn cpu_seconds_of(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |at: usize| -> Result<f64> {
        Ok(after_name.split_whitespace().nth(at).ok_or_else(|| eyre!("/proc/PID/stat is short"))?.parse()?)
    };
    // proc(5): utime and stime are fields 14 and 15, the name with its parenthesis is field 2; 100 ticks a second.
    Ok((field(11)? + field(12)?) / 100.0)
}

impl Process {
    fn spawn(mut command: Command, syncs: PathBuf) -> Result<Self> {
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
            let line = lines.next().ok_or_else(|| eyre!("the server exited before it was ready"))??;
            let mut words = line.split_whitespace();
            if let Some(address) = words.find_map(|word| word.strip_prefix("ws://")?.parse().ok()) {
                let pid = words.skip_while(|word| *word != "pid").nth(1).map_or(Ok(child.id()), str::parse)?;
                // Later output is read and dropped, so that the program never blocks on it.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, pid, syncs, address, started_in: begun.elapsed() });
            }
        }
    }

    /// Returns the CPU seconds used so far, in user and kernel mode, over all threads.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds_of(self.pid)
    }

    /// Returns resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<f64> {
        resident_kib(self.pid)
    }

    /// Waits until the memory for hashing passwords is given back: its threads end when they are idle.
    pub(crate) async fn passwords_are_done(&self) -> Result<()> {
        for _ in 0..1_000 {
            let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid))?;
            let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            if !tasks.flatten().any(|task| name(task).starts_with("passwords")) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(eyre!("a thread for passwords does not end"))
    }

    /// Returns the number of commits so far on a watched disk.
    pub(crate) fn commits(&self) -> Result<usize> {
        disk::commits(&self.syncs)
    }

    /// Terminates it (SIGTERM) and waits for its exit.
    pub(crate) fn stop(mut self) -> Result<()> {
        if let Some(pid) = Pid::from_raw(self.pid as i32) {
            rustix::process::kill_process(pid, Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killing only the tracer would leave the server behind, so the server goes first. It may already have exited.
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), Pid::from_raw(self.pid as i32)) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}
