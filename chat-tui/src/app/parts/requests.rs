//! The requests in flight, and where their answers go. Must not know what is asked.

#![deny(clippy::disallowed_methods)]

use std::collections::HashMap;

use chat_proto::request::Request;

use crate::app::state::effect::Effect;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;

/// The requests in flight.
#[derive(Debug, Default)]
pub struct Requests {
    pub(in crate::app) in_flight: HashMap<u64, (ServerKey, Purpose)>,
    /// The number of the last request.
    last: u64,
}

impl Requests {
    /// Numbers a request, and remembers its purpose until it is answered.
    pub fn ask(&mut self, server: ServerKey, request: Request, purpose: Purpose) -> Effect {
        self.last += 1;
        self.in_flight.insert(self.last, (server, purpose));
        Effect::Ask { server, ask: self.last, request }
    }

    /// A request was answered. Returns where the answer goes.
    pub fn on_answer(&mut self, ask: u64) -> Option<(ServerKey, Purpose)> {
        self.in_flight.remove(&ask)
    }
}
