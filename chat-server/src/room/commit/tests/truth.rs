//! The answers that requesters got, and what must hold because of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::live::{EphemeralEntry, EphemeralKey};
use crate::room::commit::{FirstPost, Ticket};
use crate::store::ChainPlace;
use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};
use chat_proto::time::UnixMillis;

/// The text of a message; `None` if it was deleted.
pub(super) type Text = Option<String>;

pub(super) fn text_of(item: &Item) -> Text {
    match &item.content {
        Content::Message(message) => Some(message.body.to_string()),
        _ => None,
    }
}

/// A post and its outcome.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub key: EphemeralKey,
    pub text: Text,
    pub end: UnixMillis,
    pub chain: Option<ChainPlace>,
    pub fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    UnderWay,
    /// Its process ended first. It may be visible or not, but must not change from one to the other.
    Unknown,
    Visible,
    Duplicate,
    /// Refused, or found missing by a later process.
    Gone,
}

/// A visible message.
#[derive(Clone, Debug)]
pub(super) struct Visible {
    pub key: EphemeralKey,
    pub end: UnixMillis,
    /// Several if a process ended before the last change of the message was decided.
    pub texts: BTreeSet<Text>,
}

#[derive(Debug, Default)]
pub(super) struct Truth {
    /// By number.
    pub attempts: BTreeMap<Seq, Attempt>,
    /// Attempts of earlier processes whose number was given again, because it had not been reserved.
    former: Vec<(Seq, Attempt)>,
    pub visible: BTreeMap<Seq, Visible>,
    /// All numbers under which something was shown.
    numbers: BTreeSet<Seq>,
    /// For each chain the first place that was refused.
    broken: BTreeMap<u128, u64>,
    /// First posts that a duplicate was answered with before they were loaded.
    promised: BTreeSet<Seq>,
    last_ticket: Option<Ticket>,
    last_number: Seq,
}

impl Truth {
    pub(super) fn show_number(&mut self, number: Seq) {
        assert!(self.numbers.insert(number), "{number} was shown before");
    }

    pub(super) fn give_number(&mut self, number: Seq) {
        assert!(!self.numbers.contains(&number), "{number} was shown before");
    }

    /// Changes become visible in the order of their acceptance.
    pub(super) fn show(&mut self, ticket: Ticket, number: Seq) {
        assert!(self.last_ticket < Some(ticket), "{ticket:?} is visible after {:?}", self.last_ticket);
        assert!(self.last_number < number, "{number} is visible after {}", self.last_number);
        (self.last_ticket, self.last_number) = (Some(ticket), number);
    }

    pub(super) fn post_visible(&mut self, item: &Item, now: UnixMillis) {
        let attempt = self.attempts.get_mut(&item.seq).expect("it was posted");
        assert_eq!(attempt.fate, Fate::UnderWay, "{attempt:?} becomes visible");
        attempt.fate = Fate::Visible;
        if let Some(ChainPlace { chain, place }) = attempt.chain {
            let broken = self.broken.get(&chain.0).copied().unwrap_or(u64::MAX);
            assert!(place <= broken, "place {place} of a chain is visible that broke at {broken}");
        }
        let (key, end, text) = (attempt.key.clone(), attempt.end, text_of(item));
        let twin = self.visible.iter().find(|(_, seen)| seen.key == key && now < seen.end);
        assert!(twin.is_none(), "{} is the same post as {twin:?}", item.seq);
        self.visible.insert(item.seq, Visible { key, end, texts: [text].into() });
    }

    pub(super) fn attempt(&mut self, seq: Seq, attempt: Attempt) {
        let former = self.attempts.insert(seq, attempt);
        self.former.extend(former.filter(|former| former.fate == Fate::Unknown).map(|former| (seq, former)));
    }

    /// Returns the attempt that an entry comes from: of several with one number, one that may be visible.
    fn origin(&mut self, entry: &EphemeralEntry) -> &mut Attempt {
        let seq = entry.seq();
        let is_origin =
            |attempt: &Attempt| attempt.key == entry.key() && matches!(attempt.fate, Fate::Visible | Fate::Unknown);
        let former = self.former.iter().position(|(of, former)| {
            *of == seq && is_origin(former) && former.text == text_of(&entry.item()) && former.end == entry.expires_at()
        });
        if let Some(at) = former
            && self.attempts.get(&seq).is_none_or(|attempt| attempt.fate != Fate::Visible)
        {
            let (_, former) = self.former.swap_remove(at);
            self.attempts.insert(seq, former);
        }
        self.attempts.get_mut(&seq).expect("it was posted")
    }

    pub(super) fn refused(&mut self, seq: Seq) {
        let attempt = self.attempts.get_mut(&seq).expect("it was posted");
        assert!(matches!(attempt.fate, Fate::UnderWay), "{attempt:?} is refused");
        attempt.fate = Fate::Gone;
    }

    pub(super) fn break_chain(&mut self, seq: Seq) {
        if let Some(ChainPlace { chain, place }) = self.attempts.get(&seq).and_then(|attempt| attempt.chain) {
            let first = self.broken.entry(chain.0).or_insert(place);
            *first = place.min(*first);
        }
    }

    pub(super) fn duplicate(&mut self, seq: Seq, first: FirstPost, is_loaded: bool, now: UnixMillis) {
        let retry = self.attempts[&seq].clone();
        let original = &self.attempts[&first.seq];
        if first.expires_at.is_some_and(|end| now >= end) && retry.key != original.key {
            // Not covered: the number of an expired post that was never acknowledged has become another one's.
            self.attempts.get_mut(&seq).expect("it was posted").fate = Fate::Duplicate;
            return;
        }
        assert_eq!((&retry.key, &retry.text), (&original.key, &original.text), "a retry is the same post");
        match original.fate {
            Fate::Visible => {}
            // Nobody knows whether it was visible before it expired.
            Fate::Unknown if now >= original.end => {}
            // Will be seen once it is loaded.
            Fate::Unknown if !is_loaded => drop(self.promised.insert(first.seq)),
            fate => panic!("{seq} was called a duplicate of {} at {now:?}, which is {fate:?}", first.seq),
        }
        self.attempts.get_mut(&seq).expect("it was posted").fate = Fate::Duplicate;
    }

    /// A process shows the entries of the live store. `expected` was visible before; only `excused` entries may be missing.
    pub(super) fn loaded<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a EphemeralEntry>,
        expected: &BTreeMap<Seq, Visible>,
        excused: &BTreeSet<Seq>,
        now: UnixMillis,
    ) {
        let entries: BTreeMap<Seq, &EphemeralEntry> = entries.map(|entry| (entry.seq(), entry)).collect();
        for (seq, seen) in expected {
            let is_there = entries.contains_key(seq) || now >= seen.end || excused.contains(seq);
            assert!(is_there, "{seq} was acknowledged, and is gone: {seen:?}");
        }
        for seq in std::mem::take(&mut self.promised) {
            let is_there = entries.contains_key(&seq) || now >= self.attempts[&seq].end || excused.contains(&seq);
            assert!(is_there, "{seq} was called the first post, and is gone");
        }
        for (seq, entry) in &entries {
            let attempt = self.origin(entry);
            assert!(matches!(attempt.fate, Fate::Visible | Fate::Unknown), "{attempt:?} is there");
            attempt.fate = Fate::Visible;
            let text = text_of(&entry.item());
            let texts = expected.get(seq).map_or_else(|| [attempt.text.clone()].into(), |seen| seen.texts.clone());
            assert!(texts.contains(&text) || excused.contains(seq), "{seq} says {text:?}, not one of {texts:?}");
            let seen = Visible { key: attempt.key.clone(), end: attempt.end, texts: [text].into() };
            self.visible.insert(*seq, seen);
        }
        for (seq, attempt) in &mut self.attempts {
            if attempt.fate == Fate::Unknown && !entries.contains_key(seq) && now < attempt.end {
                attempt.fate = Fate::Gone;
            }
        }
        self.former.clear();
    }

    /// The process ended: the outcome of its posts under way is unknown.
    pub(super) fn process_ended(&mut self) {
        for attempt in self.attempts.values_mut().filter(|attempt| attempt.fate == Fate::UnderWay) {
            attempt.fate = Fate::Unknown;
        }
        (self.last_ticket, self.last_number) = (None, Seq::ZERO);
    }

    /// Checks that exactly the expected messages are visible.
    pub(super) fn check_view<'a>(&self, entries: impl Iterator<Item = &'a EphemeralEntry>, now: UnixMillis) {
        let seen: BTreeMap<Seq, Text> =
            entries.filter(|entry| entry.is_alive(now)).map(|entry| (entry.seq(), text_of(&entry.item()))).collect();
        let alive = self.visible.iter().filter(|(_, visible)| now < visible.end);
        let expected: BTreeMap<Seq, Text> =
            alive.map(|(seq, visible)| (*seq, visible.texts.first().expect("a text").clone())).collect();
        assert_eq!(seen, expected);
    }
}
