//! A screen without a terminal: the program's model on a connection of the test, which carries out what it asks for. Must
//! not know the histories that are played to it.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use chat_proto::codec;
use chat_proto::ids::{RequestId, RoomId};
use chat_proto::request::{Answer, Ping, Request};
use chat_proto::server_frame::{ServerFrame, Welcome};
use chat_proto::time::UnixMillis;
use chat_tests::peer::Peer;
use chat_tui::app::{Effect, Model, Msg, RoomKey, ServerKey, Setup, Viewport, update};
use chat_tui::link_event::{CallError, LinkEvent};

/// The time of day.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    UnixMillis(i64::try_from(since.as_millis()).expect("milliseconds fit"))
}

/// Ben's screen: the model of the program, on a connection of this test.
pub struct Screen {
    model: Model,
    peer: Peer,
    /// What the model asked for and nobody has sent yet.
    waiting: Vec<Effect>,
}

impl Screen {
    pub fn new((peer, welcome): (Peer, Box<Welcome>)) -> Self {
        let (servers, key_token) = (vec!["here".into()], "t0".into());
        let (zone, keys) = (jiff::tz::TimeZone::UTC, HashMap::new());
        let model = Model::new(Setup { servers, is_server_own: false, key_token, zone, keys });
        let mut screen = Self { model, peer, waiting: Vec::new() };
        screen.take(Msg::Focused(true));
        screen.waiting = screen.link(LinkEvent::Welcome(welcome));
        screen
    }

    pub fn take(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg, now())
    }

    fn link(&mut self, event: LinkEvent) -> Vec<Effect> {
        self.take(Msg::Link(ServerKey::FIRST, event))
    }

    pub fn reconnect(&mut self, (peer, welcome): (Peer, Box<Welcome>)) {
        self.link(LinkEvent::Down { reason: "it restarts".into(), retry_in_ms: 0 });
        self.peer = peer;
        let effects = self.link(LinkEvent::Welcome(welcome));
        self.waiting.extend(effects);
    }

    /// Sends what the model asks for, and hands it what has arrived, until nothing is left.
    pub async fn pump(&mut self, first: Vec<Effect>) {
        let mut effects = first;
        effects.append(&mut self.waiting);
        effects.extend(self.take(Msg::Tick));
        effects.extend(self.draw());
        loop {
            for effect in std::mem::take(&mut effects) {
                let Effect::Ask { ask, request, .. } = effect else { continue };
                let result = self.answer(ask, &request).await;
                effects.extend(self.link(LinkEvent::Answer { ask, result: Box::new(result) }));
            }
            self.peer.call(&Ping {}).await;
            let pushed = std::mem::take(&mut self.peer.pushed);
            if pushed.is_empty() && effects.is_empty() {
                return;
            }
            for frame in pushed {
                effects.extend(self.link(LinkEvent::Push(frame)));
            }
            effects.extend(self.draw());
        }
    }

    /// Draws the open room on a screen that shows all of it.
    fn draw(&mut self) -> Vec<Effect> {
        let Some((room_key, room)) = self.model.room() else { return Vec::new() };
        let entries = room.timeline.entries();
        let viewport = Viewport {
            room_key: Some(room_key),
            top: entries.front().map(|entry| (entry.seq, 0)),
            seen_to: entries.back().map(|entry| entry.seq),
            is_at_end: true,
            ..Viewport::default()
        };
        self.take(Msg::Drawn(viewport))
    }

    async fn answer(&mut self, ask: u64, request: &Request) -> Result<Answer, CallError> {
        let id = RequestId(1_000_000 + ask);
        self.peer.send(codec::encode_request(id, request)).await;
        loop {
            match self.peer.next().await.expect("connected") {
                ServerFrame::Ok(ok) if ok.id == id => {
                    return Ok(codec::decode_answer_to(request.type_tag(), &ok.result).expect("the paired answer"));
                }
                ServerFrame::Error(refused) if refused.id == Some(id) => return Err(CallError::Refused(refused.error)),
                frame => self.peer.pushed.push(frame),
            }
        }
    }

    pub fn counts(&self, room: RoomId) -> Option<(u32, u32)> {
        let room = self.model.rooms.get(&RoomKey { server: ServerKey::FIRST, room })?;
        Some((room.reading.marker.unread, room.reading.marker.mentions))
    }
}
