//! The requests of clients.

use super::{ANA, ROOM, UnderWay, World};
use crate::live::{EphemeralEntry, EphemeralKey};
use crate::room::commit::tests::stores::Request;
use crate::room::commit::tests::truth::{Attempt, Fate, Text};
use crate::room::commit::{Change, Event};
use crate::store::{ChainId, ChainPlace};
use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item, Message};

impl World {
    pub(in crate::room::commit::tests) fn post(
        &mut self,
        key: u8,
        text: u8,
        life_ms: u64,
        chain: Option<bool>,
    ) -> Option<Seq> {
        let chain = chain.map(|is_restart| self.enter_chain(is_restart));
        if chain.is_some_and(|place| self.commit.is_chain_broken(place)) {
            return None;
        }
        if self.has_unnoticed_loss {
            self.notice_loss();
        }
        let seq = self.number();
        let key = EphemeralKey { room: ROOM, sender: ANA, key: format!("k{key}").parse().expect("a key") };
        let end = self.now.plus_ms(life_ms);
        let text = format!("text {text}");
        let message = Message { expires_at: Some(end), ..Message::plain(text.parse().expect("a body")) };
        let item = Item { seq, changed: seq, at: self.now, by: ANA, content: Content::Message(message) };
        let attempt = Attempt { key: key.clone(), text: Some(text), end, chain, fate: Fate::UnderWay };
        self.truth.attempt(seq, attempt);
        let ticket = self.ticket(UnderWay::Post(seq));
        let entry = EphemeralEntry::message(&key, &item).expect("a message with an end");
        self.on(Event::Accepted(ticket, Change::Post(entry, chain)));
        Some(seq)
    }

    fn enter_chain(&mut self, is_restart: bool) -> ChainPlace {
        let ChainPlace { chain, place } = self.chain;
        self.chain = if is_restart {
            ChainPlace { chain: ChainId(chain.0 + 1), place: 0 }
        } else {
            ChainPlace { chain, place: place + 1 }
        };
        self.chain
    }

    /// Edits a visible message, or deletes it.
    pub(in crate::room::commit::tests) fn revise(&mut self, which: usize, text: Option<u8>) {
        let now = self.now;
        let visible: Vec<_> =
            self.commit.index.entries().filter(|entry| entry.is_alive(now) && entry.is_message()).cloned().collect();
        if visible.is_empty() {
            return;
        }
        let entry = &visible[which % visible.len()];
        let changed = self.number();
        let text: Text = text.map(|text| format!("edit {text}"));
        let content = match (&text, &entry.item().content) {
            (Some(text), Content::Message(message)) => {
                Content::Message(Message { body: text.parse().expect("a body"), ..message.clone() })
            }
            _ => Content::Deleted { deleted_at: now, deleted_by: ANA },
        };
        let item = Item { changed, content, ..entry.item() };
        let ticket = self.ticket(UnderWay::Revision(item.seq, text));
        self.on(Event::Accepted(ticket, Change::Revision(entry.key(), item)));
    }

    /// A persistent post, or a request that shows nothing and waits its turn.
    pub(in crate::room::commit::tests) fn persistent(&mut self, is_shown: bool, chain: Option<bool>) {
        let chain = chain.map(|is_restart| self.enter_chain(is_restart));
        if chain.is_some_and(|place| self.commit.is_chain_broken(place)) {
            return;
        }
        let ticket = self.ticket(UnderWay::Other);
        let item = is_shown.then(|| {
            let seq = self.number();
            let content = Content::Message(Message::plain("persistent".parse().expect("a body")));
            Item { seq, changed: seq, at: self.now, by: ANA, content }
        });
        if let Some(item) = &item {
            self.database.queue.push_back(Request::Append(ticket, item.seq, chain));
        }
        self.on(Event::Accepted(ticket, Change::Persistent(item, chain)));
    }
}
