//! One user has one local server, whatever the environment of a command says: sessions, cron, `ssh host cmd`, services.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use chat_tests::client::Home;
use chat_tests::wait::until;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

/// A user with a session, which has a runtime folder, and with jobs, which have nothing but a home.
struct User {
    home: Home,
    /// The home folder, which may be deep below the test's.
    folder: PathBuf,
}

impl User {
    fn new() -> Self {
        let home = Home::default();
        let folder = home.path().to_owned();
        let user = Self { home, folder };
        user.make_runtime_folder();
        user
    }

    fn runtime_folder(&self) -> PathBuf {
        self.home.path().join("run")
    }

    fn make_runtime_folder(&self) {
        std::fs::DirBuilder::new().mode(0o700).create(self.runtime_folder()).expect("made");
    }

    fn session(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.chat(arguments);
        command.env("HOME", &self.folder).env("XDG_RUNTIME_DIR", self.runtime_folder());
        command
    }

    /// As cron has it: `env -i HOME=… PATH=…`.
    fn job(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.chat(arguments);
        command.env_clear().env("HOME", &self.folder).env("CHAT_LOCAL_IDLE_SECONDS", "20");
        command
    }

    fn status(&self) -> Value {
        let output = self.session(&["local", "status", "--json"]).output().expect("it runs");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    fn pid(&self) -> Pid {
        pid_of(&self.status())
    }

    fn socket(&self) -> PathBuf {
        self.status()["server"].as_str().and_then(|server| server.strip_prefix("unix:")).expect("a socket").into()
    }

    fn kill_server(&self, signal: Signal) -> Pid {
        let pid = self.pid();
        kill_process(pid, signal).expect("it runs");
        pid
    }

    fn data(&self) -> PathBuf {
        self.status()["data"].as_str().expect("a folder").into()
    }

    fn bodies(&self) -> Vec<String> {
        let history = said(self.session(&["history", "general", "-n", "200", "--json"]));
        let items = history.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let messages = items.filter(|item| item["type"] == "message");
        messages.map(|item| item["body"].as_str().expect("text").to_owned()).collect()
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = self.session(&["local", "stop", "--force", "-q"]).status();
    }
}

fn pid_of(status: &Value) -> Pid {
    status["pid"].as_i64().and_then(|pid| Pid::from_raw(pid as i32)).unwrap_or_else(|| panic!("no pid: {status}"))
}

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must succeed, and returns what it prints.
fn said(mut command: Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?} ended with {}: {}", output.status, talk(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_job_finds_the_server_of_the_session_and_the_session_that_of_a_job() {
    let user = User::new();
    said(user.session(&["send", "general", "from the session"]));
    let pid = user.pid();
    said(user.job(&["send", "general", "from a job"]));
    assert_eq!(user.pid(), pid, "one server");
    let job_status = said(user.job(&["local", "status"]));
    assert!(job_status.contains("running, pid"), "{job_status}");
    said(user.job(&["local", "stop"]));
    assert!(test_kill_process(pid).is_err(), "the job stops the session's server");
    said(user.job(&["send", "general", "a job first"]));
    let pid = user.pid();
    said(user.session(&["send", "general", "then the session"]));
    assert_eq!(user.pid(), pid, "one server");
    assert_eq!(user.bodies(), ["from the session", "from a job", "a job first", "then the session"]);
}

#[test]
fn a_home_with_a_long_path_has_one_server_too() {
    let mut user = User::new();
    user.folder = user.folder.join("x".repeat(120));
    std::fs::create_dir(&user.folder).expect("made");
    said(user.session(&["send", "general", "one"]));
    let pid = user.pid();
    said(user.job(&["send", "general", "two"]));
    assert_eq!((user.pid(), user.bodies()), (pid, vec!["one".to_owned(), "two".to_owned()]));
}

#[test]
fn first_commands_of_all_kinds_at_once_share_one_server_also_after_kill_9() {
    let user = User::new();
    for round in 0..3 {
        let starts: Vec<_> = (0..6)
            .map(|n| {
                let text = format!("{round}/{n}");
                let arguments = ["send", "general", text.as_str()];
                if n % 2 == 0 { user.session(&arguments) } else { user.job(&arguments) }.spawn().expect("it starts")
            })
            .collect();
        for start in starts {
            let output = start.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", talk(&output));
        }
        let pid = user.kill_server(Signal::KILL);
        until("its end", || test_kill_process(pid).err());
    }
    let mut bodies = user.bodies();
    bodies.sort();
    assert_eq!(bodies, (0..18).map(|n| format!("{}/{}", n / 6, n % 6)).collect::<Vec<_>>());
}

#[test]
fn a_deleted_socket_is_made_again_and_a_command_waits_for_it() {
    let user = User::new();
    said(user.session(&["send", "general", "before"]));
    let (pid, socket) = (user.pid(), user.socket());
    std::fs::remove_file(&socket).expect("there");
    until("the socket", || socket.exists().then_some(()));
    std::fs::remove_file(&socket).expect("there");
    said(user.job(&["send", "general", "waits for it"]));
    assert_eq!(user.pid(), pid);
}

#[test]
fn a_server_whose_runtime_folder_vanishes_is_found_elsewhere_and_followers_go_on() {
    let user = User::new();
    said(user.session(&["send", "general", "before"]));
    let (pid, socket) = (user.pid(), user.socket());
    assert!(socket.starts_with(user.runtime_folder()), "{}", socket.display());
    let mut tail = user.session(&["tail", "general", "-f", "-n", "1", "--json"]).spawn().expect("it runs");
    let lines = BufReader::new(tail.stdout.take().expect("piped")).lines();
    let items = lines.map(|line| serde_json::from_str::<Value>(&line.expect("text")).expect("JSON"));
    let mut messages = items.filter(|item| item["type"] == "message");
    let mut next = || messages.next().expect("a message");
    assert_eq!(next()["body"], "before");
    // As at the end of the last session.
    std::fs::remove_dir_all(user.runtime_folder()).expect("there");
    said(user.job(&["send", "general", "from a job"]));
    assert_eq!(user.pid(), pid);
    assert_ne!(user.socket(), socket);
    assert_eq!(next()["body"], "from a job");
    // The next one is started by a job, with a socket of its own.
    let pid = user.kill_server(Signal::KILL);
    until("its end", || test_kill_process(pid).err());
    said(user.job(&["send", "general", "of the next server"]));
    assert_eq!(next()["body"], "of the next server");
    tail.kill().expect("it runs");
    tail.wait().expect("it ends");
}

#[test]
fn a_server_of_another_machine_that_shares_the_home_is_named_and_not_followed() {
    let user = User::new();
    said(user.session(&["send", "general", "before"]));
    let data = user.data();
    said(user.session(&["local", "stop"]));
    let lock = std::fs::File::options().write(true).open(data.join("lock")).expect("there");
    lock.try_lock().expect("free");
    std::fs::write(data.join("lock"), "pid 1\nhost attic\nboot 0-0\nat unix:/run/user/0/s\n").expect("written");
    for arguments in [&["send", "general", "x"][..], &["local", "status"], &["local", "stop", "--force"]] {
        let output = user.job(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(3), "{}", talk(&output));
        assert!(talk(&output).contains("attic") && talk(&output).contains("pid 1"), "{}", talk(&output));
    }
    drop(lock);
    said(user.job(&["send", "general", "after"]));
}

#[test]
fn a_server_that_hangs_is_told_apart_and_stopped_by_force() {
    for loses_its_socket in [false, true] {
        let user = User::new();
        said(user.session(&["send", "general", "kept"]));
        let socket = user.socket();
        let pid = user.kill_server(Signal::STOP);
        if loses_its_socket {
            std::fs::remove_file(&socket).expect("there");
        }
        let status = user.job(&["local", "status"]).output().expect("it runs");
        let text = String::from_utf8_lossy(&status.stdout).into_owned();
        let number = format!("pid {}", pid.as_raw_nonzero());
        assert!(text.contains("running") && text.contains(&number) && !text.starts_with("not"), "{text}");
        assert!(
            text.contains(if loses_its_socket { "not accepting connections" } else { "does not answer" }),
            "{text}"
        );
        if !loses_its_socket {
            let sent = user.job(&["send", "general", "lost"]).output().expect("it runs");
            let way_out = format!("own server ({number}) hangs, `chat local stop --force` ends it");
            assert_eq!(sent.status.code(), Some(3), "{}", talk(&sent));
            assert!(talk(&sent).contains("within 5 s") && talk(&sent).contains(&way_out), "{}", talk(&sent));
        }
        let stopped = user.job(&["local", "stop", "--force"]).output().expect("it runs");
        assert!(stopped.status.success() && talk(&stopped).contains("was killed"), "{}", talk(&stopped));
        assert!(test_kill_process(pid).is_err());
        assert_eq!(user.bodies(), ["kept"]);
    }
}

#[test]
fn a_server_that_cannot_start_gives_its_own_reason_and_no_log_lines() {
    let user = User::new();
    said(user.session(&["send", "general", "before"]));
    let data = user.data();
    said(user.session(&["local", "stop"]));
    std::fs::write(data.join("chat.db"), "nonsense").expect("written");
    let output = user.job(&["send", "general", "x"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(talk(&output).contains("the local server did not start: "), "{}", talk(&output));
    assert!(!talk(&output).contains("INFO") && !talk(&output).contains("ERROR"), "{}", talk(&output));
}

#[test]
fn a_server_whose_data_folder_is_removed_is_named_with_the_way_to_end_it() {
    let user = User::new();
    let run = |words: &[&str]| user.session(words).output().expect("it runs");
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(run(&["send", "general", "kept"]).status.success());
    let pid = user.pid();
    std::fs::remove_dir_all(user.data()).expect("removed");
    let named = format!("pid {}", pid.as_raw_nonzero());
    for words in [&["send", "general", "lost"][..], &["local", "stop"], &["local", "start"]] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(3), "{words:?}: {}", said(&output));
        let talk = said(&output);
        assert!(talk.contains(&named) && talk.contains("chat local stop --force"), "{words:?}: {talk}");
        assert!(talk.contains("was removed or replaced"), "{words:?}: {talk}");
    }
    let status = run(&["local", "status"]);
    assert_eq!(status.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&status.stdout).contains(&named), "{status:?}");
    let output = run(&["local", "stop", "--force"]);
    assert!(output.status.success() && said(&output).contains(&named), "{}", said(&output));
    assert!(test_kill_process(pid).is_err(), "it has ended");
    assert!(run(&["send", "general", "new"]).status.success());
}

#[test]
fn a_server_that_somebody_else_starts_is_waited_for_no_longer_than_the_command_may() {
    let user = User::new();
    let lock = user.data().with_extension("start");
    std::fs::create_dir_all(lock.parent().expect("a folder")).expect("made");
    let lock = std::fs::File::create(lock).expect("made");
    lock.lock().expect("free");
    let output = user.session(&["wait", "general", "--timeout", "1s"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(talk(&output).contains("could not be reached within 1s"), "{}", talk(&output));
    let mut waiting = user.session(&["whoami"]).spawn().expect("it starts");
    let pid = Pid::from_raw(i32::try_from(waiting.id()).expect("a pid")).expect("a pid");
    until("its handler", || catches_interrupts(waiting.id()).then_some(()));
    kill_process(pid, Signal::INT).expect("it runs");
    assert_eq!(waiting.wait().expect("it ends").code(), Some(130));
}

/// Whether a process has a handler for SIGINT.
fn catches_interrupts(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & (1 << (Signal::INT.as_raw() - 1)) != 0)
}
