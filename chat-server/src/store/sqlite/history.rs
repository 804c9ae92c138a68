//! Reads a room's past backwards, with joins and leaves condensed: a long run of them is passed over in one step. Must not
//! know ephemeral messages or pages.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::limits::{JOIN_RUN_NAMED_MAX, JOIN_RUN_USERS_MAX};
use chat_proto::message::{Item, JoinRun};
use chat_proto::time::UnixMillis;
use rusqlite::Connection;

use super::join_run::{self, PLACE, Place};
use super::row::{self, ITEM, ITEM_COLUMNS, sql};
use crate::store::{HistoryBounds, StoreError, StoredHistory};

pub(super) fn read(
    c: &Connection,
    room: RoomId,
    before: Option<Seq>,
    bounds: &HistoryBounds,
) -> Result<StoredHistory, StoreError> {
    let mut walk =
        Walk { c, room: sql(room.0), bounds, found: StoredHistory::default(), run: None, read: Read::default() };
    let mut below = before.map_or(i64::MAX, |seq| sql(seq.0));
    while let Some(next) = walk.descend(below)? {
        below = next;
    }
    Ok(walk.found)
}

/// What was read so far.
#[derive(Default)]
struct Read {
    messages: u32,
    bytes: usize,
    /// The items when the last run was added.
    items_at_run: usize,
}

/// A run that is being read, from its end on.
struct OpenRun {
    /// The first place of all of it.
    first: Seq,
    /// Its last place, and the counts there.
    to: (Seq, Place),
    at: UnixMillis,
    /// The place that was read last.
    from: Seq,
    users: Vec<UserId>,
    /// Joins and leaves read one by one, for the names.
    steps: u32,
}

struct Walk<'a> {
    c: &'a Connection,
    room: i64,
    bounds: &'a HistoryBounds,
    found: StoredHistory,
    run: Option<OpenRun>,
    read: Read,
}

impl Walk<'_> {
    /// Reads on from below a number. Returns the number to go on below, after a run that was passed over; `None` at the end.
    fn descend(&mut self, below: i64) -> Result<Option<i64>, StoreError> {
        let query = format!("SELECT {ITEM}, {PLACE} FROM item WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC");
        let mut statement = self.c.prepare_cached(&query)?;
        let mut rows = statement.query([self.room, below])?;
        while let Some(row) = rows.next()? {
            let Some(place) = join_run::of_row(row, ITEM_COLUMNS)? else {
                self.end_run(None);
                if self.add_item(row::item(row)?) {
                    return Ok(None);
                }
                continue;
            };
            let (at, by) = (UnixMillis(row.get(2)?), UserId(row::number(row, 3)?));
            if let Some(next) = self.add_join(Seq(row::number(row, 0)?), place, (at, by))? {
                return Ok(Some(sql(next.0)));
            }
        }
        self.end_run(None);
        self.found.is_whole = true;
        Ok(None)
    }

    /// Adds an item. Returns whether no more are wanted.
    fn add_item(&mut self, item: Item) -> bool {
        self.read.messages += u32::from(item.content.is_message_place());
        self.read.bytes += item.body_bytes();
        self.found.items.push(item);
        self.read.messages >= self.bounds.messages
            || self.found.items.len() >= self.bounds.items as usize
            || self.read.bytes >= self.bounds.bytes
    }

    /// Adds a join or leave. Returns where to go on below, if the rest of its run is passed over.
    fn add_join(&mut self, seq: Seq, place: Place, (at, by): (UnixMillis, UserId)) -> Result<Option<Seq>, StoreError> {
        let goes_on =
            self.run.as_ref().is_some_and(|run| run.first == place.from && self.divider(seq, run.from).is_none());
        if !goes_on {
            let is_same = self.run.as_ref().is_some_and(|run| run.first == place.from);
            self.end_run(is_same.then_some(place));
        }
        let new = || OpenRun { first: place.from, to: (seq, place), at, from: seq, users: Vec::new(), steps: 0 };
        let run = self.run.get_or_insert_with(new);
        (run.from, run.steps) = (seq, run.steps + 1);
        if run.users.len() < JOIN_RUN_USERS_MAX && !run.users.contains(&by) {
            run.users.push(by);
        }
        if seq == place.from || (run.steps < JOIN_RUN_NAMED_MAX && run.users.len() < JOIN_RUN_USERS_MAX) {
            return Ok(None);
        }
        self.pass_over(seq, place).map(Some)
    }

    /// Ends the open run at its beginning, or behind the divider in it, without reading what lies between.
    fn pass_over(&mut self, seq: Seq, place: Place) -> Result<Seq, StoreError> {
        let (mut from, mut base) = (place.from, None);
        if let Some(divider) = self.divider(place.from, seq) {
            from = join_run::first_after(self.c, self.room, divider)?.unwrap_or(seq);
            base = join_run::last_before(self.c, self.room, divider)?;
        }
        if let Some(run) = &mut self.run {
            run.from = from;
        }
        self.end_run(base);
        Ok(from)
    }

    /// The last divider between two places.
    fn divider(&self, after: Seq, before: Seq) -> Option<Seq> {
        let dividers = &self.bounds.dividers;
        let at = dividers.partition_point(|divider| *divider < before);
        dividers[..at].last().copied().filter(|divider| *divider > after)
    }

    /// Ends the open run at the place read last. `base` is the place before it, if the run goes on there.
    fn end_run(&mut self, base: Option<Place>) {
        let Some(OpenRun { to: (to_seq, top), at, from, users, .. }) = self.run.take() else { return };
        let (joined, left) = base.map_or((0, 0), |base| (base.joined, base.left));
        let (joined, left) = (top.joined.saturating_sub(joined), top.left.saturating_sub(left));
        let run = JoinRun { from_seq: from, to_seq, at, joined, left, users };
        let is_next = self.read.items_at_run == self.found.items.len();
        self.read.items_at_run = self.found.items.len();
        // The messages between two runs may have been removed.
        let newer =
            self.found.joins.last().filter(|newer| is_next && self.divider(run.to_seq, newer.from_seq).is_none());
        if newer.is_some()
            && let Some(newer) = self.found.joins.last_mut()
        {
            return newer.extend_down(&run);
        }
        self.found.joins.push(run);
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::message::Content;

    use super::super::open;
    use super::*;

    /// A room of 2,000 messages around 100,000 joins.
    fn crowded() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", 0).expect("it opens");
        c.execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 102000)
             INSERT INTO item (room, seq, changed, at, author, ordinal, what, run_from, run_joined, run_left)
             SELECT 1, i, i, i, i, iif(i <= 1000 OR i > 101000, i, NULL),
               iif(i <= 1000 OR i > 101000, '{\"v\":2,\"kind\":\"deleted\",\"deleted_at\":0,\"deleted_by\":\"U1\"}', '{\"v\":2,\"kind\":\"join\"}'),
               iif(i <= 1000 OR i > 101000, NULL, 1001), i - 1000, 0 FROM n",
        )
        .expect("filled");
        (folder, c)
    }

    fn bounds(messages: u32, dividers: &[u64]) -> HistoryBounds {
        let dividers = dividers.iter().map(|seq| Seq(*seq)).collect();
        HistoryBounds { messages, items: 2 * messages, bytes: usize::MAX, dividers }
    }

    fn page(c: &Connection, before: u64, bounds: &HistoryBounds) -> (Vec<u64>, Vec<(u64, u64, u32)>) {
        let found = read(c, RoomId(1), Some(Seq(before)), bounds).expect("read");
        assert!(found.items.iter().all(|item| matches!(item.content, Content::Deleted { .. })));
        let runs = found.joins.iter().map(|run| (run.from_seq.0, run.to_seq.0, run.joined)).collect();
        (found.items.iter().map(|item| item.seq.0).collect(), runs)
    }

    /// The steps of SQLite's machine that a page takes.
    fn work(c: &Connection, before: u64, bounds: &HistoryBounds) -> i32 {
        let query = format!("SELECT {ITEM}, {PLACE} FROM item WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC");
        c.flush_prepared_statement_cache();
        page(c, before, bounds);
        let statement = c.prepare_cached(&query).expect("the same");
        statement.get_status(rusqlite::StatementStatus::VmStep)
    }

    #[test]
    fn a_page_passes_over_any_number_of_joins() {
        let (_folder, c) = crowded();
        let across = bounds(4, &[]);
        assert_eq!(page(&c, 101_003, &across), (vec![101_002, 101_001, 1_000, 999], vec![(1_001, 101_000, 100_000)]));
        let (crowd, none) = (work(&c, 101_003, &across), work(&c, 500, &across));
        assert!(crowd < none + 1_000, "{crowd} steps, {none} without joins");
        // In the middle of the run, and at its end.
        assert_eq!(page(&c, 50_001, &across).1, [(1_001, 50_000, 49_000)]);
        assert_eq!(page(&c, 1_003, &across).1, [(1_001, 1_002, 2)]);
    }

    #[test]
    fn a_run_is_parted_where_another_store_has_an_item() {
        let (_folder, c) = crowded();
        c.execute_batch("DELETE FROM item WHERE seq IN (1500, 60000)").expect("places of others");
        let divided = bounds(1, &[7, 1_500, 60_000, 101_500]);
        let runs = page(&c, 101_001, &divided).1;
        assert_eq!(
            runs.iter().map(|run| (run.0, run.1)).collect::<Vec<_>>(),
            [(60_001, 101_000), (1_501, 59_999), (1_001, 1_499)]
        );
        assert_eq!(runs[0].2, 41_000 + 1, "the count at its end less that before the divider");
    }

    #[test]
    fn a_run_names_those_who_came_last() {
        let (_folder, c) = crowded();
        let found = read(&c, RoomId(1), Some(Seq(101_001)), &bounds(1, &[])).expect("read");
        assert_eq!(found.joins[0].users, [101_000, 100_999, 100_998, 100_997, 100_996].map(UserId));
        assert_eq!(found.joins[0].at, UnixMillis(101_000));
    }

    #[test]
    fn an_update_finds_the_runs_of_a_former_database() {
        let c = Connection::open_in_memory().expect("a database");
        let before = open::MIGRATIONS.iter().position(|sql| sql.contains("run_from")).expect("it adds the runs");
        for migration in &open::MIGRATIONS[..before] {
            c.execute_batch(migration).expect("migrated");
        }
        c.execute_batch("INSERT INTO room (kind, created_at, created_by) VALUES (0, 0, 0), (0, 0, 0)").expect("rooms");
        let add = "INSERT INTO item (room, seq, changed, at, author, ordinal, what) VALUES (?1, ?2, ?2, 0, 7, ?3, ?4)";
        let kinds = ["join", "join", "leave", "", "join", "damaged", "leave", "join"];
        for room in [1, 2] {
            for (seq, kind) in (10 * room..).zip(kinds) {
                let what = if kind == "damaged" { "{".to_owned() } else { format!(r#"{{"v":2,"kind":"{kind}"}}"#) };
                let ordinal = kind.is_empty().then_some(1);
                c.execute(add, rusqlite::params![room, seq, ordinal, what]).expect("added");
            }
        }
        for migration in &open::MIGRATIONS[before..] {
            c.execute_batch(migration).expect("migrated");
        }
        for room in [1, 2] {
            let found = read(&c, RoomId(room), None, &bounds(10, &[])).expect("read");
            let runs = found.joins.iter().map(|run| (run.from_seq.0, run.to_seq.0, run.joined, run.left));
            let at = 10 * room;
            let expected = [(at + 6, at + 7, 1, 1), (at + 4, at + 4, 1, 0), (at, at + 2, 2, 1)];
            assert_eq!((runs.collect::<Vec<_>>(), found.items.len()), (expected.to_vec(), 2));
        }
    }
}
