//! The texts of messages, so kept that an erased one is gone from the file: rows are only added at the end and overwritten
//! in place, never resized or removed. Must not know which item a text belongs to.
//!
//! SQLite overwrites what it frees (`secure_delete`), but not the copies that it leaves in the unused part of a page when it
//! moves rows to another one. It moves them when a page overflows or runs empty. A table that only grows at its end gets a new
//! page there instead, and a row that keeps its length is overwritten where it stands. So a text is written once and never
//! moves. The price is that an erased text keeps its space.

use rusqlite::{Connection, params};

use super::row::{self, execute};
use crate::store::StoreError;

/// Adds a text; returns its number. A later text has a higher one.
pub(super) fn add(c: &Connection, text: &str) -> Result<i64, StoreError> {
    row::insert(c, "INSERT INTO body (text) VALUES (?1)", [text])
}

/// Overwrites a text with spaces, as many bytes as it has.
pub(super) fn erase(c: &Connection, body: i64) -> Result<(), StoreError> {
    let length = "SELECT octet_length(text) FROM body WHERE id = ?1";
    let Some(length) = row::one(c, length, [body], |row| Ok(row::number(row, 0)?))? else { return Ok(()) };
    execute(c, "UPDATE body SET text = ?2 WHERE id = ?1", params![body, " ".repeat(length as usize)]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chat_proto::ids::{RoomId, Run, Seq, UserId};
    use chat_proto::message::{Content, Item, Message};

    use crate::store::conformance::{Fixture, Storage, event};
    use crate::store::{Append, Appended, Change, HistoryBounds, Revision, Store, StoreReply};

    /// The bytes of a word that are looked for: its end, since an index may share beginnings.
    const TAIL: usize = 10;

    /// Numbers that look random and are the same each time.
    #[derive(Default)]
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }
    }

    /// Messages that are posted, edited and deleted in turns.
    #[derive(Default)]
    struct Load {
        numbers: Numbers,
        head: u64,
        standing: Vec<Append>,
        gone: HashSet<Vec<u8>>,
        words: Vec<(u64, String)>,
        posts: Vec<StoreReply<Appended>>,
        changes: Vec<StoreReply<()>>,
    }

    fn end_of(word: &str) -> Vec<u8> {
        word.as_bytes()[word.len() - TAIL..].to_vec()
    }

    impl Load {
        fn text(&mut self, seq: u64, longest: usize) -> String {
            let word = format!("{:08x}{:08x}", self.numbers.below(1 << 30), self.numbers.below(1 << 30));
            let text = format!("{word} {}", "filler ".repeat(1 + self.numbers.below(longest / 7)));
            self.words.push((seq, word));
            text.trim_end().to_owned()
        }

        fn post(&mut self, store: &dyn Store) {
            self.head += 1;
            let body = self.text(self.head, 1_500);
            let posted = event(UserId(0), self.head, &body);
            self.posts.push(store.append(posted.clone()));
            self.standing.push(posted);
        }

        fn edit(&mut self, store: &dyn Store) {
            let at = self.numbers.below(self.standing.len());
            let seq = self.standing[at].seq;
            let body = self.text(seq.0, 3_000);
            self.change(store, at, Revision::Edit, Content::Message(Message::plain(body.parse().expect("a body"))));
        }

        fn delete(&mut self, store: &dyn Store) {
            let at = self.numbers.below(self.standing.len());
            let gone = Content::Deleted { deleted_at: self.standing[at].at, deleted_by: UserId(0) };
            self.change(store, at, Revision::Delete, gone);
            let seq = self.standing.swap_remove(at).seq;
            let words = self.words.iter().filter(|(of, _)| *of == seq.0);
            self.gone.extend(words.map(|(_, word)| end_of(word)));
        }

        /// The ends of the words in the texts that were not deleted, as they are now.
        fn standing_words(&self) -> HashSet<Vec<u8>> {
            let last = |seq: Seq| self.words.iter().rev().find(|(of, _)| *of == seq.0);
            self.standing.iter().filter_map(|posted| last(posted.seq)).map(|(_, word)| end_of(word)).collect()
        }

        fn change(&mut self, store: &dyn Store, at: usize, revision: Revision, content: Content) {
            self.head += 1;
            let item = Item { changed: Seq(self.head), content, ..self.standing[at].item() };
            let at = item.at;
            self.changes.push(store.change(Change { room: RoomId(1), item, revision, at }));
        }
    }

    #[tokio::test]
    async fn nothing_of_a_deleted_text_is_in_a_file_however_the_rows_around_it_moved() {
        let Fixture { store, storage: folder } = Fixture::new(tempfile::tempdir().expect("a folder"));
        let mut load = Load { numbers: Numbers(4), head: 1, ..Load::default() };
        for _ in 0..40 {
            load.post(&*store);
        }
        for _ in 0..1_500 {
            load.post(&*store);
            load.edit(&*store);
            load.delete(&*store);
        }
        for post in load.posts.drain(..) {
            post.await.expect("added");
        }
        for change in load.changes.drain(..) {
            change.await.expect("changed");
        }
        store.close().await.expect("closed");
        drop(store);
        let bytes = std::fs::read(folder.path().join("chat.db")).expect("a file");
        let found = |sought: &HashSet<Vec<u8>>| -> usize {
            bytes.windows(TAIL).filter(|bytes| sought.contains(*bytes)).collect::<HashSet<_>>().len()
        };
        assert_eq!((load.gone.len() > 1_500, found(&load.gone)), (true, 0), "of {} texts", load.gone.len());
        let standing = load.standing_words();
        assert_eq!((standing.len(), found(&standing)), (40, 40), "the search finds what stands");
        let store = folder.open("e", Run(2));
        let last = store.history(RoomId(1), None, HistoryBounds::page(1)).await.expect("read").items;
        assert_eq!(last.len(), 1, "what stands is still there");
    }
}
