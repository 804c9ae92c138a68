//! `chat-server backup` and `restore`: beside a server under load, checked, private, and never half done.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_tests::peer::{Peer, post};
use chat_tests::program;
use chat_tests::server::Server;
use chat_tests::wait::until;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use serde_json::Value;
use tempfile::TempDir;

/// A `chat-server` command for a data folder.
fn command(name: &str, data: &Path, file: &Path) -> Command {
    let mut command = Command::new(program::path("chat-server"));
    command.arg(name).arg(file).arg("--data").arg(data).stdin(Stdio::null());
    command
}

fn run(name: &str, data: &Path, file: &Path) -> Output {
    command(name, data, file).output().expect("it runs")
}

fn force(name: &str, data: &Path, file: &Path) -> Output {
    command(name, data, file).arg("--force").output().expect("it runs")
}

/// Checks that a command has succeeded, and returns the line it printed.
fn line(output: &Output) -> String {
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {talk}", output.status);
    assert_eq!(talk, "", "progress is for terminals");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Checks that a command has failed, and returns what it said.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// The data of a server that was shut down, and a folder for backups.
struct Place {
    server: Server,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let mut server = Server::start();
        let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
        for number in 0..40 {
            ana.post(&format!("k{number}"), &"kept ".repeat(400)).await;
        }
        assert!(server.terminate().success());
        Self { server, folder: tempfile::tempdir().expect("a folder") }
    }

    fn data(&self) -> PathBuf {
        self.server.data()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn enlarge(&self) {
        enlarge(&rusqlite::Connection::open(self.data().join("chat.db")).expect("opened"));
    }

    /// Makes a backup with another name and changes it.
    fn changed(&self, name: &str, change: impl FnOnce(&Path)) -> PathBuf {
        let file = self.file(name);
        line(&run("backup", &self.data(), &file));
        change(&file);
        file
    }
}

/// Peers that post large messages as fast as they are answered, until they are told to stop.
async fn load(server: &Server, token: &str, until: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<u64>> {
    let mut senders = Vec::new();
    for sender in 0..3 {
        let (mut peer, _) = Peer::with_token(server.address(), token, Subscription::None, None).await;
        let until = Arc::clone(until);
        senders.push(tokio::spawn(async move {
            let mut number = 0;
            while !until.load(Ordering::Relaxed) {
                peer.call(&post(&format!("load{sender}-{number}"), "under load")).await;
                number += 1;
            }
            number
        }));
    }
    senders
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_busy_server_ends_and_holds_all_that_was_acknowledged_before() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.expect("a token");
    let mut acknowledged = Vec::new();
    for number in 0..60 {
        acknowledged.push(ana.post(&format!("k{number}"), &format!("{number} {}", "x".repeat(7_900))).await.seq);
    }
    // A copy of one step would need no held view.
    server.edit_database(enlarge);
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let stop = Arc::<AtomicBool>::default();
    let senders = load(&server, &token, &stop).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("busy.db");
    let mut backup = command("backup", &server.data(), &file);
    let backup = backup.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut backup = backup.spawn().expect("it starts");
    until("the end of the backup", || backup.try_wait().expect("a child"));
    let output = backup.wait_with_output().expect("it ended");
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        assert!(sender.await.expect("no post is refused") > 0);
    }
    let done: Value = serde_json::from_str(&line(&output)).expect("JSON");
    assert_eq!((&done["type"], &done["v"]), (&"backup".into(), &2.into()));
    assert_eq!(done["bytes"].as_u64(), Some(std::fs::metadata(&file).expect("it is there").len()));
    assert_eq!(mode(&file), 0o600);
    assert_eq!(names(folder.path()), ["busy.db"]);
    ana.post("after", "not in the backup").await;
    assert!(server.terminate().success());

    let restored = line(&force("restore", &server.data(), &file));
    assert!(restored.contains("the former data are in "), "{restored}");
    server.restart();
    let (mut ana, after) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_ne!(after.epoch, welcome.epoch, "the numbers after the backup are given again");
    let items = ana.changes(Seq::ZERO).await;
    let seqs: Vec<u64> = items.iter().map(|item| item.seq.0).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "the copy is of one moment");
    assert!(acknowledged.iter().all(|seq| seqs.contains(&seq.0)));
    let is_late =
        |content: &Content| matches!(content, Content::Message(found) if found.body.as_str().starts_with("not"));
    assert!(!items.iter().any(|item| is_late(&item.content)));
    ana.post("again", "the server goes on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_a_new_folder_and_is_private() {
    let place = Place::new().await;
    let file = place.file("chat.db");
    let said = line(&run("backup", &place.data(), &file));
    assert!(said.contains(&file.display().to_string()) && said.contains("checked"), "{said}");
    let new = place.file("srv/chat");
    std::fs::create_dir(place.file("srv")).expect("a folder");
    line(&run("restore", &new, &file));
    assert_eq!(names(&new), ["chat.db", "lock"]);
    assert_eq!((mode(&new), mode(&new.join("chat.db"))), (0o700, 0o600));
    let restored =
        Server::start_on(&[("chat.db".to_owned(), std::fs::read(new.join("chat.db")).expect("read"))].into());
    let (mut ben, _) = Peer::register(restored.address(), "ben", Subscription::None).await;
    assert_eq!(ben.post("k", "after").await.seq, Seq(43), "a join, forty messages, a join");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_killed_servers_files_is_restored_with_its_log() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.post("k", "in the log").await;
    server.kill();
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["chat.db", "chat.db-wal"] {
        std::fs::copy(server.data().join(name), folder.path().join(name)).expect("copied");
    }
    line(&force("restore", &server.data(), &folder.path().join("chat.db")));
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(ana.changes(Seq::ZERO).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_replaces_only_what_it_may() {
    let place = Place::new().await;
    let file = place.file("chat.db");
    std::fs::write(&file, "precious").expect("written");
    let said = refusal(&run("backup", &place.data(), &file));
    assert!(said.contains("exists") && said.contains("--force"), "{said}");
    assert_eq!(std::fs::read(&file).expect("read"), b"precious");
    line(&force("backup", &place.data(), &file));
    assert!(std::fs::read(&file).expect("read").starts_with(b"SQLite format 3"));
    for name in ["chat.db", "other.db"] {
        let said = refusal(&force("backup", &place.data(), &place.data().join(name)));
        assert!(said.contains("data folder"), "{said}");
    }
    let said = refusal(&force("backup", &place.data(), place.folder.path()));
    assert!(said.contains("not a plain file"), "{said}");
    let said = refusal(&run("backup", &place.file("nowhere"), &place.file("none.db")));
    assert!(said.contains("no database in"), "{said}");
    let said = refusal(&run("backup", &place.data(), &place.file("none/chat.db")));
    assert!(said.contains("none/chat.db"), "{said}");
    assert_eq!(names(place.folder.path()), ["chat.db"], "no other file is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_gives_no_backup() {
    let place = Place::new().await;
    let file = File::options().write(true).open(place.data().join("chat.db")).expect("opened");
    let pages = file.metadata().expect("a length").len() / 4_096;
    file.write_all_at(&[0x5a; 4_096], (pages - 3) * 4_096).expect("written");
    let said = refusal(&run("backup", &place.data(), &place.file("chat.db")));
    assert!(said.contains("damaged") && said.contains("doctor"), "{said}");
    assert_eq!(names(place.folder.path()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_refuses_what_is_no_whole_backup_and_changes_nothing() {
    let place = Place::new().await;
    let cut = |file: &Path| {
        let file = File::options().write(true).open(file).expect("opened");
        file.set_len(file.metadata().expect("a length").len() - 4_096).expect("cut");
    };
    let damage = |file: &Path| {
        let file = File::options().write(true).open(file).expect("opened");
        let pages = file.metadata().expect("a length").len() / 4_096;
        file.write_all_at(&[0x5a; 4_096], (pages - 3) * 4_096).expect("written");
    };
    let newer = |file: &Path| {
        let database = rusqlite::Connection::open(file).expect("opened");
        database.pragma_update(None, "user_version", 99).expect("written");
    };
    let foreign = |file: &Path| {
        std::fs::remove_file(file).expect("removed");
        rusqlite::Connection::open(file).expect("made").execute_batch("CREATE TABLE t (x)").expect("written");
    };
    let cases = [
        (place.file("nowhere"), "is not there"),
        (place.changed("empty", |file| drop(File::create(file).expect("emptied"))), "is empty"),
        (place.changed("text", |file| std::fs::write(file, "hello").expect("written")), "not a SQLite database"),
        (place.changed("cut", cut), "is incomplete"),
        (place.changed("damaged", damage), "is damaged"),
        (place.changed("newer", newer), "newer server"),
        (place.changed("foreign", foreign), "does not contain the tables"),
    ];
    let before = std::fs::read(place.data().join("chat.db")).expect("read");
    let names_before = names(&place.data());
    for (file, said) in cases {
        let words = refusal(&force("restore", &place.data(), &file));
        assert!(words.contains(said), "{words}");
        assert_eq!(std::fs::read(place.data().join("chat.db")).expect("read"), before, "{words}");
        assert_eq!(names(&place.data()), names_before, "{words}");
        let new = place.file("new");
        refusal(&run("restore", &new, &file));
        assert!(!new.exists(), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_takes_no_folder_that_is_in_use_or_holds_something() {
    let mut place = Place::new().await;
    let file = place.file("chat.db");
    line(&run("backup", &place.data(), &file));
    let words = refusal(&run("restore", &place.data(), &file));
    assert!(words.contains("not empty: chat.db") && words.contains("--force"), "{words}");
    place.server.restart();
    let words = refusal(&force("restore", &place.data(), &file));
    assert!(words.contains(&format!("pid {}", place.server.pid())), "{words}");
    let (mut ben, _) = Peer::register(place.server.address(), "ben", Subscription::None).await;
    ben.post("after", "after the backup").await;
    assert!(place.server.terminate().success());
    let output = command("restore", &place.data(), &file).args(["--force", "--json"]).output().expect("it runs");
    let done: Value = serde_json::from_str(&line(&output)).expect("JSON");
    let former = PathBuf::from(done["former"].as_str().expect("a folder"));
    assert_eq!((names(&former), mode(&former)), (vec!["chat.db".to_owned()], 0o700));
    assert!(former.starts_with(place.data()));
    // The former data are whole: they can be restored as well.
    line(&force("restore", &place.data(), &former.join("chat.db")));
    place.server.restart();
    let (mut cy, _) = Peer::register(place.server.address(), "cy", Subscription::None).await;
    assert_eq!(cy.changes(Seq::ZERO).await.len(), 44, "two joins, and one message more than the backup holds");
}

/// Adds 64 MiB, so that a copy takes its time and many steps.
fn enlarge(database: &rusqlite::Connection) {
    let fill = "CREATE TABLE filler (bytes BLOB); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE \
                i < 64) INSERT INTO filler SELECT zeroblob(1 << 20) FROM n";
    database.execute_batch(fill).expect("written");
}

/// Starts a command and kills it (SIGKILL) as soon as a file is there.
fn killed_at(command: &mut Command, sign: &Path) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    while !sign.exists() {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before {} was there", sign.display());
        std::thread::yield_now();
    }
    child.kill().expect("it runs");
    assert!(!child.wait().expect("it ends").success(), "it was killed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_backup_leaves_no_file_of_its_name_and_the_next_one_succeeds() {
    let place = Place::new().await;
    place.enlarge();
    let (file, partial) = (place.file("chat.db"), place.file("chat.db.partial"));
    killed_at(&mut command("backup", &place.data(), &file), &partial);
    assert!(!file.exists() && partial.exists());
    assert_eq!(mode(&partial), 0o600);
    line(&run("backup", &place.data(), &file));
    assert_eq!(names(place.folder.path()), ["chat.db"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_restore_leaves_the_former_data_or_a_folder_that_is_refused() {
    let mut place = Place::new().await;
    place.enlarge();
    let file = place.file("chat.db");
    line(&run("backup", &place.data(), &file));
    let new = place.file("new");
    killed_at(&mut command("restore", &new, &file), &new.join("chat.db.restoring"));
    let mut server = Command::new(program::path("chat-server"));
    let output = server.args(["--listen", "127.0.0.1:0", "--data"]).arg(&new).output().expect("it runs");
    let words = refusal(&output);
    assert!(words.contains("chat.db.restoring is there") && words.contains("restore"), "{words}");
    line(&run("restore", &new, &file));
    assert_eq!(names(&new), ["chat.db", "lock"]);
    let mut again = command("restore", &place.data(), &file);
    killed_at(again.arg("--force"), &place.data().join("chat.db.restoring"));
    place.server.restart();
    assert!(!place.data().join("chat.db.restoring").exists(), "what is left of the restore is removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_on_a_terminal_and_removed_at_the_end() {
    let place = Place::new().await;
    place.enlarge();
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let terminal = openpt(flags).expect("a terminal");
    grantpt(&terminal).expect("ours");
    unlockpt(&terminal).expect("ours");
    let side = ioctl_tiocgptpeer(&terminal, flags).expect("its other side");
    let output = command("backup", &place.data(), &place.file("chat.db")).stderr(side).output().expect("it runs");
    assert!(output.status.success());
    // The terminal keeps some kilobytes, and a read ends with an error once all of it was read.
    let mut shown = Vec::new();
    let _ = File::from(terminal).read_to_end(&mut shown);
    let shown = String::from_utf8(shown).expect("UTF-8");
    assert!(shown.contains(" % of 64.") && shown.contains("backing up: checking the copy"), "{shown:?}");
    assert!(shown.ends_with("\r\x1b[K"), "{shown:?}");
}
