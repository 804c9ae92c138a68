//! The index against the messages that stand, also after a kill between any two steps.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chat_proto::ids::{RoomId, Run, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use tempfile::TempDir;

use super::super::batch::Batch;
use super::super::runs::RunRecorder;
use super::super::{SqliteStore, items, open, retention};
use super::*;
use crate::store::conformance::event;
use crate::store::{Change, MessageRange, Revision, Timeline};

const ANA: UserId = UserId(0);
/// The bytes of a word that are looked for: its end, since an index may share beginnings.
const TAIL: usize = 8;

/// A database and the messages posted so far, each with the words of its texts.
struct Messages {
    folder: TempDir,
    c: Connection,
    /// Whether the files are copied as a kill would leave them.
    is_killed: bool,
    head: u64,
    /// By number: the words that find the message, and those that found it once.
    standing: Vec<Standing>,
    gone: Vec<String>,
    /// Copies of the files, as a kill would leave them, with the words of that moment.
    copies: Vec<(TempDir, Vec<Standing>, Vec<String>)>,
}

/// A message's number and its words.
type Standing = (u64, Vec<String>);

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("chat.db")
}

fn opened(path: &Path) -> Connection {
    open::prepare(path, "e", 0).expect("it opens").0
}

/// The numbers of the messages that hold a word.
fn found(c: &Connection, word: &str) -> Vec<u64> {
    let key = State::read(c).expect("there is one").key;
    let digest = String::from_utf8(digest(&key, word).to_vec()).expect("letters");
    let query = "SELECT item.seq FROM message_word JOIN item ON item.id = message_word.rowid
         WHERE message_word MATCH ?1 ORDER BY message_word.rowid";
    let mut statement = c.prepare(query).expect("a query");
    let rows = statement.query_map([format!("\"{digest}\"")], |row| row.get::<_, i64>(0)).expect("asked");
    rows.map(|seq| seq.expect("read").cast_unsigned()).collect()
}

fn check(c: &Connection) {
    c.execute_batch("INSERT INTO message_word (message_word) VALUES ('integrity-check')").expect("the index is whole");
}

fn catch_up(c: &Connection) {
    while step(c).expect("a step") {}
}

impl Messages {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let c = opened(&database(&folder));
        Self { folder, c, is_killed: false, head: 0, standing: Vec::new(), gone: Vec::new(), copies: Vec::new() }
    }

    /// Does one transaction. The files are copied before its commit and after it.
    fn transact(&mut self, write: impl FnOnce(&Batch<'_>)) {
        self.c.execute_batch("BEGIN IMMEDIATE").expect("begun");
        let runs = RunRecorder::new(Run(1));
        write(&Batch::on(&self.c, &runs));
    }

    fn commit(&mut self, change: impl FnOnce(&mut Self)) {
        self.copy();
        self.c.execute_batch("COMMIT").expect("committed");
        change(self);
        self.copy();
    }

    fn copy(&mut self) {
        if !self.is_killed {
            return;
        }
        let copy = tempfile::tempdir().expect("a folder");
        for name in ["chat.db", "chat.db-wal"] {
            let _ = std::fs::copy(self.folder.path().join(name), copy.path().join(name));
        }
        self.copies.push((copy, self.standing.clone(), self.gone.clone()));
    }

    /// A text of words that nothing else has; long enough for the rows of the index to move.
    fn text(&self) -> Vec<String> {
        let random = |at: u64| Sha256::digest((64 * self.head + at).to_le_bytes());
        let number = |at| random(at).iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (0..40).map(|at| format!("{:016x}", number(at))).collect()
    }

    fn post(&mut self) {
        self.head += 1;
        let (seq, words) = (self.head, self.text());
        self.transact(|batch| {
            items::append(batch, &event(ANA, seq, &words.join(" "))).expect("added");
        });
        self.commit(|all| all.standing.push((seq, words)));
    }

    fn index(&mut self) {
        self.transact(|batch| {
            step(batch).expect("a step");
        });
        self.commit(|_| {});
    }

    fn change(&mut self, at: usize, is_edit: bool) {
        self.head += 1;
        let (seq, words) = (self.standing[at].0, self.text());
        let content = if is_edit {
            Content::Message(Message::plain(words.join(" ").parse().expect("a body")))
        } else {
            Content::Deleted { deleted_at: chat_proto::time::UnixMillis(0), deleted_by: ANA }
        };
        let first = event(ANA, seq, "-");
        let item = Item { changed: Seq(self.head), content, ..first.item() };
        let revision = if is_edit { Revision::Edit } else { Revision::Delete };
        let change = Change { room: RoomId(1), item, revision, at: first.at };
        self.transact(|batch| items::change(batch, &change).expect("changed"));
        self.commit(|all| {
            if is_edit {
                all.standing[at].1 = words;
            } else {
                let (_, words) = all.standing.remove(at);
                all.gone.extend(words);
            }
        });
    }

    fn prune_first(&mut self) {
        let seq = Seq(self.standing[0].0);
        let range = MessageRange { first: seq, last: seq, messages: 1 };
        self.transact(|batch| retention::prune(batch, RoomId(1), range).expect("removed"));
        self.commit(|all| {
            let (_, words) = all.standing.remove(0);
            all.gone.extend(words);
        });
    }
}

/// Opens files as a kill left them, lets the index catch up, and compares it with the messages.
fn holds_those_that_stand(folder: &TempDir, standing: &[Standing], gone: &[String]) {
    let c = opened(&database(folder));
    check(&c);
    catch_up(&c);
    check(&c);
    for (seq, words) in standing {
        assert!(words.iter().all(|word| found(&c, word) == [*seq]), "{seq} is found by its words");
    }
    assert!(gone.iter().all(|word| found(&c, word).is_empty()), "an erased text is not found");
    c.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("folded");
    let bytes = std::fs::read(database(folder)).expect("a file");
    let tails: HashSet<&[u8]> = gone.iter().map(|word| &word.as_bytes()[word.len() - TAIL..]).collect();
    assert!(!bytes.windows(TAIL).any(|bytes| tails.contains(bytes)), "an erased text is not in the file");
}

#[test]
fn after_a_kill_between_any_two_steps_the_index_holds_the_messages_that_stand() {
    let mut all = Messages { is_killed: true, ..Messages::new() };
    all.post();
    all.post();
    all.index();
    // Edited and deleted below the mark, and above it.
    all.change(0, true);
    all.change(1, false);
    all.post();
    all.change(1, true);
    all.post();
    all.change(2, false);
    all.index();
    all.change(0, false);
    all.post();
    all.prune_first();
    all.index();
    // The last item goes: the next one takes its row.
    all.prune_first();
    all.post();
    all.index();
    assert!(all.gone.len() >= 5 * 40 && !all.standing.is_empty(), "{:?}", all.standing.len());
    for (folder, standing, gone) in &all.copies {
        holds_those_that_stand(folder, standing, gone);
    }
    check(&all.c);
}

#[test]
fn the_index_keeps_no_word_of_an_erased_text_however_its_rows_move() {
    let mut all = Messages::new();
    all.c.execute_batch("PRAGMA synchronous = OFF").expect("a test need not survive a power cut");
    for number in 0..400 {
        all.post();
        all.post();
        all.index();
        all.change(number * 7 % all.standing.len(), true);
        all.change(number * 5 % all.standing.len(), false);
    }
    assert_eq!((all.standing.len(), all.gone.len()), (400, 400 * 40));
    holds_those_that_stand(&all.folder, &all.standing[..20], &all.gone);
}

#[test]
fn an_index_of_other_words_is_made_anew() {
    let mut all = Messages::new();
    all.post();
    all.post();
    all.index();
    let former = "INSERT INTO message_word (message_word) VALUES ('delete-all'); UPDATE word_index SET form = form - 1";
    all.c.execute_batch(former).expect("written");
    holds_those_that_stand(&all.folder, &all.standing, &all.gone);
}

#[test]
fn a_deletion_does_not_fail_for_a_damaged_index() {
    let mut all = Messages::new();
    all.post();
    all.post();
    all.index();
    all.c.execute_batch("UPDATE message_word_data SET block = x'ff00ff00ff'").expect("damaged");
    all.c = opened(&database(&all.folder));
    all.change(0, false);
    holds_those_that_stand(&all.folder, &all.standing, &all.gone);
}

#[tokio::test]
async fn a_post_is_found_by_its_words_a_second_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), "e", Run(1), chat_proto::time::UnixMillis(0)).expect("it opens");
    store.append(event(ANA, 2, "Der Käse ist tokio::spawn")).await.expect("added");
    let reader = open::reader(&database(&folder)).expect("it opens");
    let posted = Instant::now();
    while found(&reader, "tokio::spawn") != [2] {
        assert!(posted.elapsed() < Duration::from_secs(10), "it is not found");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((found(&reader, "kase"), found(&reader, "käse")), (vec![2], vec![]), "accents are folded once");
}
