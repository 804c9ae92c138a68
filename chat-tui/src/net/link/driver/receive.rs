//! Takes the frames that come from the server. Must not decide what happens to the connection.

use chat_proto::client_frame::Auth;
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RequestId;
use chat_proto::request::Ping;
use chat_proto::server_frame::{GoodbyeReason, ServerFrame};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{Driver, Flow, failure};
use crate::link_event::{CallError, LinkEvent, NetError};
use crate::net::link::deadlines::{Goodbye, Traffic};
use crate::net::link::machine::{End, Failure, Input, State};
use crate::net::link::wire::{Wire, WireEvent};

impl Driver {
    /// Takes what happened on the socket.
    pub(super) async fn on_wire_event(&mut self, event: WireEvent) -> Flow {
        match event {
            WireEvent::Written => {
                self.record(Traffic::Written);
                if self.wire.as_ref().is_some_and(Wire::is_writing) {
                    self.record(Traffic::WriteStarted);
                }
                Ok(())
            }
            WireEvent::Received(message) => {
                self.record(Traffic::Received);
                self.on_message(message).await
            }
            WireEvent::Ended(error) => {
                let reason = error.map_or_else(|| "the server closed the connection".to_owned(), |e| e.to_string());
                self.on_closed(None, reason).await
            }
        }
    }

    async fn on_message(&mut self, message: Message) -> Flow {
        match message {
            Message::Text(text) => self.on_frame(&text).await,
            Message::Close(close) => {
                let code = close.as_ref().map(|close| u16::from(close.code));
                self.on_closed(code, "the server closed the connection".into()).await
            }
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn on_frame(&mut self, text: &str) -> Flow {
        match codec::decode_server(text) {
            Ok(Some(ServerFrame::Welcome(welcome))) => {
                self.step(Input::Welcomed).await?;
                if let Some(token) = &welcome.token {
                    self.options.auth = Some(Auth::Token { token: token.clone() });
                }
                self.emit(LinkEvent::Welcome(welcome)).await?;
                // The first measurement of the round-trip time and, by it, of the server's clock.
                self.ping();
                Ok(())
            }
            Ok(Some(ServerFrame::Ok(ok))) if let Some(sent_at) = self.take_heartbeat(ok.id) => {
                let Ok(pong) = codec::decode_answer::<Ping>(&ok.result) else { return Ok(()) };
                let lag = sent_at.elapsed();
                let server_now = pong.now.plus_ms((lag / 2).as_millis() as u64);
                self.emit(LinkEvent::Heartbeat { lag_ms: lag.as_millis() as u64, server_now }).await
            }
            Ok(Some(ServerFrame::Ok(ok))) => {
                let Some((ask, tag)) = self.take_request(ok.id) else { return Ok(()) };
                let decoded = codec::decode_answer_to(tag, &ok.result);
                self.answer(ask, decoded.map_err(|error| CallError::Unreadable(error.to_string()))).await
            }
            Ok(Some(ServerFrame::Error(refused))) => match refused.id {
                Some(id) => {
                    let Some((ask, _)) = self.take_request(id) else { return Ok(()) };
                    self.answer(ask, Err(CallError::Refused(refused.error))).await
                }
                None => self.on_error(refused.error).await,
            },
            Ok(Some(ServerFrame::Goodbye(goodbye))) => {
                let (reason, reconnect_after_ms) = (goodbye.reason, goodbye.reconnect_after_ms);
                self.record(Traffic::Goodbye(Goodbye { reason, reconnect_after_ms }));
                Ok(())
            }
            Ok(Some(frame)) => self.emit(LinkEvent::Push(frame)).await,
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "a frame of the server could not be read");
                self.on_unreadable(error.to_string()).await
            }
        }
    }

    /// An error without an id: the answer to `hello`, or to a frame of ours that the server cannot place.
    async fn on_error(&mut self, body: ErrorBody) -> Flow {
        if !matches!(self.machine.state(), State::Greeting { .. }) {
            tracing::warn!(error = %body, "the server refused a frame");
            return Ok(());
        }
        let failure = match body.code {
            ErrorCode::ShuttingDown => Failure::Unreachable,
            _ if body.retryable => Failure::NotNow { retry_after_ms: body.retry_after_ms },
            _ => Failure::Refused,
        };
        self.end(End::Failed(failure), NetError::Refused(body)).await
    }

    /// Before the welcome, an unreadable frame means that this is no chat server; later it is left out.
    async fn on_unreadable(&mut self, reason: String) -> Flow {
        if !matches!(self.machine.state(), State::Greeting { .. }) {
            return Ok(());
        }
        let error = NetError::NotAChatServer { address: self.options.address.to_string(), reason };
        self.end(End::Failed(failure(&error)), error).await
    }

    async fn on_closed(&mut self, code: Option<u16>, reason: String) -> Flow {
        let closed = |reason: &str| NetError::Closed { reason: reason.to_owned() };
        let error = match (self.machine.goodbye_reason(), self.machine.state()) {
            (Some(GoodbyeReason::Revoked), _) => NetError::SignedOut,
            (Some(GoodbyeReason::ProtocolViolation), _) => closed("the server does not understand this client"),
            (Some(GoodbyeReason::Unresponsive), _) => closed("the server heard nothing from here"),
            (Some(GoodbyeReason::Shutdown | GoodbyeReason::HelloTimeout) | None, State::Greeting { .. }) => {
                self.unreachable(reason)
            }
            (Some(GoodbyeReason::Shutdown | GoodbyeReason::HelloTimeout) | None, _) => NetError::Closed { reason },
        };
        self.end(End::Closed(code), error).await
    }

    /// When the heartbeat of this number was sent; `None` if it is another request's.
    fn take_heartbeat(&mut self, id: RequestId) -> Option<Instant> {
        let (_, sent_at) = self.heartbeat.take_if(|(heartbeat, _)| *heartbeat == id)?;
        self.record(Traffic::Answered(id.0));
        Some(sent_at)
    }

    fn take_request(&mut self, id: RequestId) -> Option<(u64, &'static str)> {
        self.record(Traffic::Answered(id.0));
        self.requests.remove(&id)
    }
}
