//! A room over stores that fail: carries out the effects of the commit, and checks each of them against the truth.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::live::{EphemeralEntry, EphemeralKey};
use crate::room::commit::tests::stores::{Database, Done, LiveStore, Luck, Operation, Request};
use crate::room::commit::tests::truth::{Text, Truth, Visible, text_of};
use crate::room::commit::{Change, Commit, Effect, Event, Shown, Ticket};
use crate::store::{ChainId, ChainPlace};
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::time::UnixMillis;

mod clients;

const ROOM: RoomId = RoomId(1);
const ANA: UserId = UserId(1);

/// How far the entries have been loaded that were not known when the process started.
enum Load {
    Done,
    Wanted,
    Answered(Vec<EphemeralEntry>),
}

enum UnderWay {
    Post(Seq),
    Revision(Seq, Text),
    Loaded,
    Other,
}

pub(super) struct World {
    pub now: UnixMillis,
    pub commit: Commit,
    pub database: Database,
    pub live: LiveStore,
    pub truth: Truth,
    answers: Vec<Event>,
    under_way: BTreeMap<Ticket, UnderWay>,
    next_ticket: u64,
    /// The last place of the present chain.
    chain: ChainPlace,
    refill: VecDeque<EphemeralEntry>,
    has_unnoticed_loss: bool,
    load: Load,
    /// Whether the messages of earlier processes are visible.
    is_loaded: bool,
    /// Messages that were visible before this process started, and are not loaded yet.
    unloaded: BTreeMap<Seq, Visible>,
    /// Messages that the live store has lost, or holds in an older state.
    lost: BTreeSet<Seq>,
    /// Posts of earlier processes in the live store whose numbers were not reserved.
    unreserved: Vec<(EphemeralKey, Seq)>,
}

impl World {
    pub(super) fn new() -> Self {
        let (commit, _) = Commit::start(Seq::ZERO, Seq::ZERO, Vec::new(), Some(Vec::new()));
        Self {
            now: UnixMillis(1_000),
            commit,
            database: Database::new(),
            live: LiveStore::default(),
            truth: Truth::default(),
            answers: Vec::new(),
            under_way: BTreeMap::new(),
            next_ticket: 0,
            chain: ChainPlace { chain: ChainId(0), place: 0 },
            refill: VecDeque::new(),
            has_unnoticed_loss: false,
            load: Load::Done,
            is_loaded: true,
            unloaded: BTreeMap::new(),
            lost: BTreeSet::new(),
            unreserved: Vec::new(),
        }
    }

    fn ticket(&mut self, under_way: UnderWay) -> Ticket {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.under_way.insert(ticket, under_way);
        ticket
    }

    fn number(&mut self) -> Seq {
        let seq = self.commit.seqs.next();
        self.truth.give_number(seq);
        seq
    }

    pub(super) fn on(&mut self, event: Event) {
        let effects = self.commit.on(event, self.now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reserve(ticket, up_to) => self.database.queue.push_back(Request::Reserve(ticket, up_to)),
                Effect::Write(ticket, entry) => self.live.queue.push_back(Operation::Put(Some(ticket), entry)),
                Effect::Replace(ticket, key, item) => {
                    self.live.queue.push_back(Operation::Replace(ticket, key, item));
                }
                Effect::Confirm(key, seq, changed) => {
                    self.live.queue.push_back(Operation::Confirm(key, seq, changed));
                }
                Effect::Undo(key, seq) => self.live.queue.push_back(Operation::Undo(key, seq)),
                Effect::Revoke(key, seq, changed) => self.live.queue.push_back(Operation::Revoke(key, seq, changed)),
                Effect::Refill(entries) => self.refill = entries.into(),
                Effect::Acknowledge(ticket, shown) => self.acknowledged(ticket, shown),
                Effect::AnswerDuplicate(ticket, first) => {
                    if let Some(UnderWay::Post(seq)) = self.under_way.remove(&ticket) {
                        self.truth.duplicate(seq, first, self.is_loaded, self.now);
                    }
                }
                Effect::Refuse(ticket, _) => {
                    if let Some(UnderWay::Post(seq)) = self.under_way.remove(&ticket) {
                        self.truth.break_chain(seq);
                        self.truth.refused(seq);
                    }
                }
                Effect::NoteThenRefuse(ticket, refused, _) => {
                    if refused.id.seq == refused.id.changed {
                        self.truth.break_chain(refused.id.seq);
                    }
                    self.database.queue.push_back(Request::Note(Some(ticket), refused));
                }
                Effect::Note(refused) => self.database.queue.push_back(Request::Note(None, refused)),
                Effect::ShowLoaded(ticket, items) => {
                    self.under_way.remove(&ticket);
                    self.loaded_late(ticket, &items);
                }
                Effect::LoadAgain(ticket, entries) => {
                    self.under_way.remove(&ticket);
                    self.load = Load::Answered(entries);
                }
            }
        }
        self.truth.check_view(self.commit.index.entries(), self.now);
    }

    fn acknowledged(&mut self, ticket: Ticket, shown: Option<Shown>) {
        let under_way = self.under_way.remove(&ticket).expect("answered once");
        let Some(Shown { item, is_ephemeral }) = shown else {
            if matches!(under_way, UnderWay::Loaded) {
                self.loaded_late(ticket, &[]);
            }
            return;
        };
        self.truth.show(ticket, item.changed);
        if matches!(under_way, UnderWay::Revision(..)) {
            let is_expiring = self.commit.index.get(item.seq).is_some();
            assert!(
                is_ephemeral && (is_expiring || text_of(&item).is_none()),
                "nobody removes the text of {}",
                item.seq
            );
        }
        if !is_ephemeral {
            return;
        }
        self.truth.show_number(item.changed);
        assert!(item.changed <= self.database.reserved_up_to, "{} is shown, and not reserved", item.changed);
        match under_way {
            UnderWay::Post(_) => self.truth.post_visible(&item, self.now),
            UnderWay::Revision(seq, text) => {
                if let Some(visible) = self.truth.visible.get_mut(&seq) {
                    visible.texts = [text].into();
                }
            }
            UnderWay::Loaded | UnderWay::Other => {}
        }
    }

    fn loaded_late(&mut self, ticket: Ticket, items: &[Item]) {
        let mut numbers: Vec<Seq> = items.iter().map(|item| item.changed).collect();
        numbers.sort_unstable();
        for number in numbers {
            self.truth.show_number(number);
            assert!(number <= self.database.reserved_up_to, "{number} is shown, and not reserved");
        }
        // One change, however many messages it shows.
        if let Some(newest) = items.iter().map(|item| item.changed).max() {
            self.truth.show(ticket, newest);
        }
        self.is_loaded = true;
        let entries: Vec<_> = items.iter().filter_map(|item| self.commit.index.get(item.seq)).cloned().collect();
        let expected = std::mem::take(&mut self.unloaded);
        self.truth.loaded(entries.iter(), &expected, &self.lost, self.now);
    }

    // — stores and time —

    pub(super) fn database_step(&mut self, luck: Luck) {
        match self.database.step(luck) {
            Some(Done::Answer(event)) => self.answers.push(event),
            Some(Done::Appended(seq, event)) => {
                self.truth.show_number(seq);
                self.answers.push(event);
            }
            Some(Done::Noted(ticket)) => {
                if let Some(UnderWay::Post(seq)) = ticket.and_then(|ticket| self.under_way.remove(&ticket)) {
                    self.truth.refused(seq);
                }
            }
            None => {}
        }
    }

    pub(super) fn live_step(&mut self, luck: Luck) {
        let front = self.live.queue.front().cloned();
        self.answers.extend(self.live.step(luck, self.now));
        match front {
            Some(Operation::Put(None, entry)) if luck == Luck::Works => self.put_back(&entry.key(), entry.seq()),
            Some(Operation::Put(None, entry)) => self.refill.push_back(entry),
            Some(Operation::Restore(key, item)) => self.put_back(&key, item.seq),
            _ => {}
        }
    }

    /// The live store may hold the visible state of a message again.
    fn put_back(&mut self, key: &EphemeralKey, seq: Seq) {
        let held = self.live.get(key).map(text_of_entry);
        let is_seen = held.is_some() && held == self.commit.index.get(seq).map(text_of_entry);
        let is_changing =
            self.under_way.values().any(|change| matches!(change, UnderWay::Revision(of, _) if *of == seq));
        if is_seen && !is_changing {
            self.lost.remove(&seq);
        }
    }

    pub(super) fn deliver(&mut self, which: usize, is_twice: bool) {
        if self.answers.is_empty() {
            return;
        }
        let event = self.answers.remove(which % self.answers.len());
        self.on(event.clone());
        if is_twice {
            self.on(event);
        }
    }

    pub(super) fn deliver_all(&mut self) {
        while !self.answers.is_empty() {
            self.deliver(0, false);
        }
    }

    /// The first change has waited long enough for the live store.
    pub(super) fn time_out(&mut self) {
        let noted = |ticket: &&Ticket| {
            let is_noted = |request: &Request| matches!(request, Request::Note(noted, _) if *noted == Some(**ticket));
            !self.database.queue.iter().any(is_noted)
        };
        if let Some(front) = self.under_way.keys().find(noted) {
            self.on(Event::TimedOut(*front));
        }
    }

    pub(super) fn lose_data(&mut self) {
        self.lost.extend(self.live.lose_data().map(|entry| entry.seq()));
        self.has_unnoticed_loss = true;
    }

    pub(super) fn notice_loss(&mut self) {
        if std::mem::take(&mut self.has_unnoticed_loss) {
            self.on(Event::DataLost);
        }
    }

    pub(super) fn refill_step(&mut self) {
        // A loss is reported before anything else is stored.
        self.notice_loss();
        let now = self.now;
        if let Some(entry) = self.refill.pop_front().filter(|entry| entry.is_alive(now)) {
            self.live.queue.push_back(Operation::Put(None, entry));
        }
    }

    /// The live store answers which entries it holds, or the room takes the answer.
    pub(super) fn load_step(&mut self) {
        match std::mem::replace(&mut self.load, Load::Done) {
            Load::Done => {}
            Load::Wanted if self.live.queue.is_empty() => self.load = Load::Answered(self.live.alive(self.now)),
            // Operations on a room are carried out in order.
            Load::Wanted => self.load = Load::Wanted,
            Load::Answered(entries) => {
                let ticket = self.ticket(UnderWay::Loaded);
                self.on(Event::Accepted(ticket, Change::Loaded(entries)));
            }
        }
    }

    pub(super) fn advance(&mut self, ms: u64) {
        if matches!(self.load, Load::Answered(_)) {
            // Takes the answer at once.
            self.load_step();
        }
        self.now = self.now.plus_ms(ms);
        self.commit.index.take_expired(self.now);
        self.truth.check_view(self.commit.index.entries(), self.now);
    }

    // — processes —

    /// The process is killed and the next one starts. The stores still do the first few operations in their queues.
    pub(super) fn restart(&mut self, recorded: usize, carried_out: usize, is_live_there: bool) {
        for _ in 0..recorded.min(self.database.queue.len()) {
            self.database_step(Luck::Works);
        }
        for _ in 0..carried_out.min(self.live.queue.len()) {
            self.live_step(Luck::Works);
        }
        self.now = self.now.plus_ms(1);
        // The connections of the process end with it, and so do their chains.
        self.chain = ChainPlace { chain: ChainId(self.chain.chain.0 + 1), place: 0 };
        // Not covered: a process that gives such a number to something else, and ends before the live store has taken the
        // first post back. The next process cannot tell which of the two was acknowledged.
        for (key, seq) in self.unreserved.drain(..) {
            if self.commit.index.get(seq).is_none_or(|entry| entry.key() != key) {
                self.live.undo(&key, seq);
            }
        }
        self.database.queue.clear();
        self.live.queue.clear();
        self.answers.clear();
        (self.refill, self.load) = (VecDeque::new(), Load::Done);
        let mut expected = std::mem::take(&mut self.truth.visible);
        expected.append(&mut self.unloaded);
        for under_way in std::mem::take(&mut self.under_way).into_values() {
            if let UnderWay::Revision(seq, text) = under_way
                && let Some(visible) = expected.get_mut(&seq)
            {
                visible.texts.insert(text);
            }
        }
        self.truth.process_ended();
        self.has_unnoticed_loss = false;
        let loaded = is_live_there.then(|| self.live.alive(self.now));
        let Database { head, reserved_up_to, refused, .. } = &self.database;
        let unreserved = self.live.alive(self.now).into_iter().filter(|entry| entry.seq() > *reserved_up_to);
        self.unreserved = unreserved.map(|entry| (entry.key(), entry.seq())).collect();
        let (commit, effects) = Commit::start(*head, *reserved_up_to, refused.clone(), loaded);
        self.commit = commit;
        if is_live_there {
            self.truth.loaded(self.commit.index.entries(), &expected, &self.lost, self.now);
            self.lost.clear();
            self.is_loaded = true;
        } else {
            self.is_loaded = false;
            (self.load, self.unloaded) = (Load::Wanted, expected);
        }
        self.carry_out(effects);
        self.check_shown_is_reserved();
    }

    /// Whatever is shown has a number that the database gave or reserved: a cursor on a higher one would look like one of
    /// another life after the next restarts.
    fn check_shown_is_reserved(&self) {
        let reserved = self.database.head.max(self.database.reserved_up_to);
        for entry in self.commit.index.entries() {
            let changed = entry.changed();
            assert!(changed <= reserved, "{changed} is shown, and only numbers up to {reserved} are reserved");
        }
    }

    /// Lets every effect succeed until nothing is pending.
    pub(super) fn drain(&mut self) {
        for _ in 0..10_000 {
            self.notice_loss();
            self.load_step();
            self.refill_step();
            self.database_step(Luck::Works);
            self.live_step(Luck::Works);
            self.deliver(0, false);
            let is_loaded = matches!(self.load, Load::Done);
            if is_loaded && self.under_way.is_empty() && self.live.queue.is_empty() && self.refill.is_empty() {
                return;
            }
        }
        panic!("something is left for ever");
    }
}

fn text_of_entry(entry: &EphemeralEntry) -> (Seq, Text) {
    (entry.seq(), text_of(&entry.item()))
}
