//! Feeds a model with messages, and looks at its state and its effects.

mod catch_up;
mod clock;
mod coming_back;
mod completing;
mod composer;
mod convergence;
mod covered;
mod deletions;
pub(crate) mod edit_history;
mod editing;
mod history;
mod links;
mod outbox;
mod read_offline;
mod restart;
mod room_queues;
mod sign_in;
mod unread;

use std::collections::HashMap;

use chat_proto::cursor::Cursor;
use chat_proto::ids::{AccountSeq, ConnectionId, Epoch, RoomId, Run, Seq, UserId};
use chat_proto::limits::Limits;
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Answer, HistoryPage, Request};
use chat_proto::room::{Membership, ReadMarker, Role, Room, RoomKind, User};
use chat_proto::server_frame::{AccountSnapshot, Event, ServerFrame, Service, Update, Welcome};
use chat_proto::time::UnixMillis;

use super::{Effect, Model, Msg, RoomKey, ServerKey, Setup, update};
use crate::action::{Action, KeyContext};
use crate::keymap::Keymap;
use crate::link_event::{CallError, LinkEvent};

pub(crate) const ME: UserId = UserId(1);
pub(crate) const ANA: UserId = UserId(2);
pub(crate) const GENERAL: RoomId = RoomId(1);
pub(crate) const OPS: RoomId = RoomId(2);
/// The run of the server that the tests begin with.
pub(crate) const RUN: Run = Run(1);
/// A Thursday afternoon.
pub(crate) const NOON: UnixMillis = UnixMillis(1_763_640_000_000);

/// A model and its clock.
pub(crate) struct TestApp {
    pub(crate) model: Model,
    pub(crate) now: UnixMillis,
}

pub(crate) fn user(id: UserId, name: &str) -> User {
    User { id, name: name.parse().expect("a name") }
}

/// The cursor on a persistent number.
pub(crate) fn at(seq: u64) -> Cursor {
    Cursor { run: Some(RUN), seq: Seq(seq), persistent: Seq(seq) }
}

pub(crate) fn membership(id: RoomId, name: &str, head: u64) -> Membership {
    Membership {
        room: Room {
            id,
            kind: RoomKind::Public,
            name: Some(name.parse().expect("a name")),
            people: Vec::new(),
            topic: None,
            description: None,
            default_ttl_ms: None,
            closes_when_empty: false,
            members: 2,
            created_at: NOON,
            created_by: UserId(0),
            pruned_to: Seq::ZERO,
        },
        head: at(head),
        read_marker: ReadMarker { read_seq: Seq(head), counted_to: Seq(head), ..ReadMarker::default() },
        role: Role::Member,
    }
}

pub(crate) fn welcome(rooms: Vec<Membership>) -> Welcome {
    Welcome {
        user: user(ME, "zoe"),
        session: None,
        token: None,
        connection: ConnectionId(7),
        epoch: Epoch("one".into()),
        run: RUN,
        now: NOON,
        server_version: env!("CARGO_PKG_VERSION").into(),
        limits: Limits::default(),
        features: Vec::new(),
        service: Service::default(),
        account: AccountSnapshot { head: AccountSeq(0), rooms, users: vec![user(ANA, "ana")] },
        resumed: Vec::new(),
    }
}

pub(crate) fn message(seq: u64, by: UserId, text: &str) -> Item {
    let content = Content::Message(Message::plain(text.parse().expect("a body")));
    Item { seq: Seq(seq), changed: Seq(seq), at: NOON.plus_ms(seq * 1_000), by, content }
}

pub(crate) fn event(room: RoomId, prev: u64, item: Item) -> ServerFrame {
    let is_ephemeral = item.content.message().is_some_and(|message| message.expires_at.is_some());
    ServerFrame::Event(Event { room, seq: item.changed, prev: Seq(prev), is_ephemeral, update: Update::of(item) })
}

/// The default keys in these contexts.
pub(crate) fn keys_of(contexts: &[KeyContext]) -> HashMap<(KeyContext, Action), Vec<String>> {
    let keys = Keymap::embedded().keys().into_iter();
    keys.filter(|((context, _), _)| contexts.contains(context)).collect()
}

impl TestApp {
    /// An app before its first sign-in.
    pub(crate) fn new() -> Self {
        let setup = Setup {
            servers: vec!["here".into()],
            is_server_own: false,
            key_token: "t0".into(),
            zone: jiff::tz::TimeZone::UTC,
            keys: keys_of(&[KeyContext::Messages, KeyContext::List]),
        };
        let mut app = Self { model: Model::new(setup), now: NOON };
        // Of a person who knows the keys.
        app.model.first_keys.restore(&super::FirstKey::ALL.map(|key| key.name().to_owned()));
        app.take(Msg::Focused(true));
        app
    }

    /// An app in `#general` and `#ops`, with nothing in them.
    pub(crate) fn in_two_rooms() -> Self {
        let mut app = Self::new();
        let effects = app.link(LinkEvent::Welcome(Box::new(welcome(vec![
            membership(GENERAL, "general", 0),
            membership(OPS, "ops", 0),
        ]))));
        app.answer_history(&effects, Vec::new());
        app
    }

    pub(crate) fn take(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg, self.now)
    }

    pub(crate) fn link(&mut self, msg: LinkEvent) -> Vec<Effect> {
        self.take(Msg::Link(ServerKey::FIRST, msg))
    }

    /// Ends every request in flight without an answer.
    pub(crate) fn end_requests(&mut self) {
        let asks: Vec<_> = self.model.requests.in_flight.keys().copied().collect();
        for ask in asks {
            self.answer(ask, Err(CallError::Disconnected));
        }
    }

    /// The server answers a heartbeat: its clock shows this time now.
    pub(crate) fn heartbeat(&mut self, lag_ms: u64, server_now: UnixMillis) -> Vec<Effect> {
        self.link(LinkEvent::Heartbeat { lag_ms, server_now })
    }

    pub(crate) fn push(&mut self, frame: ServerFrame) -> Vec<Effect> {
        self.link(LinkEvent::Push(frame))
    }

    pub(crate) fn act(&mut self, action: Action) -> Vec<Effect> {
        self.take(Msg::Action(action))
    }

    pub(crate) fn write(&mut self, text: &str) -> Vec<Effect> {
        self.take(Msg::Pasted(text.into()))
    }

    /// Writes and sends a message, and confirms that it is on disk.
    pub(crate) fn send(&mut self, text: &str) -> Vec<Effect> {
        self.write(text);
        let mut effects = self.act(Action::Send);
        let saved: Vec<_> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Persist(_, super::PersistOp::StorePost(post)) => Some(post.key.clone()),
                _ => None,
            })
            .collect();
        for key in saved {
            effects.extend(self.take(Msg::Stored(key)));
        }
        effects
    }

    pub(crate) fn answer(&mut self, ask: u64, result: Result<Answer, CallError>) -> Vec<Effect> {
        self.link(LinkEvent::Answer { ask, result: Box::new(result) })
    }

    /// Draws the open room on a screen that shows these of its messages.
    pub(crate) fn see(&mut self, shown: std::ops::RangeInclusive<u64>) -> Vec<Effect> {
        let (room_key, room) = self.model.room().expect("an open room");
        let last = room.timeline.entries().back().map(|entry| entry.seq);
        let viewport = super::Viewport {
            room_key: Some(room_key),
            top: last.map(|_| (Seq(*shown.start()), 0)),
            seen_to: last.map(|last| last.min(Seq(*shown.end()))),
            is_at_end: last.is_none_or(|last| last.0 <= *shown.end()),
            ..super::Viewport::default()
        };
        self.take(Msg::Drawn(viewport))
    }

    /// Draws the open room on a screen that shows all of it.
    pub(crate) fn see_all(&mut self) -> Vec<Effect> {
        self.see(0..=u64::MAX)
    }

    /// Answers the request for a room's history with all of it.
    pub(crate) fn answer_history(&mut self, effects: &[Effect], items: Vec<Item>) -> Vec<Effect> {
        let ask = asked(effects, |request| matches!(request, Request::History(_))).expect("asked for history").0;
        let head = at(items.last().map_or(0, |item| item.changed.0));
        self.answer(
            ask,
            Ok(Answer::History(HistoryPage { items, joins: Vec::new(), users: Vec::new(), next_before: None, head })),
        )
    }

    pub(crate) fn room(&self, room: RoomId) -> &super::Room {
        &self.model.rooms[&RoomKey { server: ServerKey::FIRST, room }]
    }

    /// The texts of a room, oldest first.
    pub(crate) fn texts(&self, room: RoomId) -> Vec<String> {
        let entries = self.room(room).timeline.entries().iter();
        entries.filter_map(|entry| entry.content()).map(|content| content.text.as_str().to_owned()).collect()
    }

    pub(crate) fn draft(&self) -> &str {
        self.model.room().expect("an open room").1.writing.draft.text()
    }

    pub(crate) fn notice(&self) -> &str {
        self.model.notices.shown.as_ref().map_or("", |notice| notice.text.as_str())
    }
}

/// The first request that matches.
pub(crate) fn asked(effects: &[Effect], is_meant: impl Fn(&Request) -> bool) -> Option<(u64, Request)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask { ask, request, .. } if is_meant(request) => Some((*ask, request.clone())),
        _ => None,
    })
}
