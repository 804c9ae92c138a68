//! The requests in flight, and where their answers go. Must not know what is asked.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::request::Request;
use chat_proto::time::UnixMillis;

use crate::app::state::effect::Effect;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;

/// The requests in flight.
#[derive(Debug, Default)]
pub struct Requests {
    /// Numbers rise, so the first one has waited longest.
    pub(in crate::app) in_flight: BTreeMap<u64, InFlight>,
    /// The number of the last request.
    last: u64,
}

/// A request in flight.
#[derive(Debug)]
pub(in crate::app) struct InFlight {
    server: ServerKey,
    purpose: Purpose,
    asked_at: UnixMillis,
}

impl Requests {
    /// Numbers a request, and remembers its purpose until it is answered.
    pub fn ask(&mut self, server: ServerKey, (request, purpose): (Request, Purpose), asked_at: UnixMillis) -> Effect {
        self.last += 1;
        self.in_flight.insert(self.last, InFlight { server, purpose, asked_at });
        Effect::Ask { server, ask: self.last, request }
    }

    /// A request was answered. Returns where the answer goes.
    pub fn on_answer(&mut self, ask: u64) -> Option<(ServerKey, Purpose)> {
        self.in_flight.remove(&ask).map(|asked| (asked.server, asked.purpose))
    }

    /// When the request was sent that a server has left unanswered longest.
    pub fn oldest(&self, server: ServerKey) -> Option<UnixMillis> {
        self.in_flight.values().find(|asked| asked.server == server).map(|asked| asked.asked_at)
    }
}
