//! Turns frames into bytes and back. Must not know sockets; only this file and `fault` name JSON.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::client_frame::{ClientFrame, Hello};
use crate::error::{ErrorBody, ErrorCode};
use crate::fault::{self, RawValue};
use crate::ids::RequestId;
use crate::request::{Answer, Call, Chain, Post, Request};
use crate::server_frame::{OkFrame, ServerFrame, Tagged};

/// Why a frame could not be read, with the id of its request if that could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct DecodeError {
    /// The request's id, so that its error can be answered.
    pub id: Option<RequestId>,
    /// The error, ready to be sent back.
    pub error: ErrorBody,
}

/// The tag and the id of any frame; other fields are skipped unread.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    tag: std::borrow::Cow<'a, str>,
    #[serde(default, borrow)]
    id: Option<&'a RawValue>,
}

impl Envelope<'_> {
    /// The id, if it is a number below 2^53.
    fn id(&self) -> Option<RequestId> {
        let number: u64 = serde_json::from_str(self.id?.get()).ok()?;
        (number < IDS_BELOW).then_some(RequestId(number))
    }
}

/// Not every JSON reader can tell larger numbers apart (RFC 8259 § 6).
const IDS_BELOW: u64 = 1 << 53;

/// Reads a client's frame.
///
/// # Errors
/// `bad_frame` if it is no object with a `type`; `unknown_type`; `too_large` if a text is too long; `bad_request` if a
/// field does not fit.
pub fn decode_client(text: &str) -> Result<ClientFrame, DecodeError> {
    let envelope = read_envelope(text)?;
    let refuse = |error| DecodeError { id: envelope.id(), error };
    if envelope.tag == "hello" {
        return fault::read(text).map(ClientFrame::Hello).map_err(refuse);
    }
    let Some(decoded) = Request::decode(&envelope.tag, text) else {
        return Err(refuse(ErrorBody::new(ErrorCode::UnknownType, "This server does not know the frame's `type`.")));
    };
    let request = decoded.map_err(refuse)?;
    match envelope.id() {
        Some(id) => Ok(ClientFrame::Request { id, request }),
        None => Err(refuse(
            ErrorBody::new(ErrorCode::BadRequest, "A request needs an `id`, a number below 2^53.").at_field("id"),
        )),
    }
}

/// Whether a frame is meant as a `hello`, even if it is malformed.
pub fn is_hello(text: &str) -> bool {
    read_envelope(text).is_ok_and(|envelope| envelope.tag == "hello")
}

/// Returns the `chain` field of a frame that is meant as a `post`, even if it is malformed; `None` if it is no post.
pub fn chain_of_post(text: &str) -> Option<Option<Chain>> {
    #[derive(Deserialize)]
    struct ChainField {
        #[serde(default)]
        chain: Option<Chain>,
    }
    let is_post = read_envelope(text).is_ok_and(|envelope| envelope.tag == Post::TYPE);
    is_post.then(|| serde_json::from_str::<ChainField>(text).ok().and_then(|field| field.chain))
}

/// Reads a server's frame; `Ok(None)` for a type that only newer servers know.
///
/// # Errors
/// As [`decode_client`], but for `unknown_type`.
pub fn decode_server(text: &str) -> Result<Option<ServerFrame>, DecodeError> {
    let envelope = read_envelope(text)?;
    ServerFrame::decode(&envelope.tag, text).transpose().map_err(|error| DecodeError { id: envelope.id(), error })
}

/// Reads the answer to a request of type `C` from an `ok`.
///
/// # Errors
/// `bad_request` if the answer is not of the paired type.
pub fn decode_answer<C: Call>(result: &RawValue) -> Result<C::Answer, DecodeError> {
    from_text(result.get())
}

/// Reads the answer to the request whose `type` is `tag` (see [`Request::type_tag`]) from an `ok`.
///
/// # Errors
/// `bad_request` if the answer is not of the paired type, `unknown_type` if there is no such request.
pub fn decode_answer_to(tag: &str, result: &RawValue) -> Result<Answer, DecodeError> {
    let unknown = || ErrorBody::new(ErrorCode::UnknownType, "There is no such request.");
    match Request::decode_answer(tag, result.get()) {
        Some(decoded) => decoded.map_err(|error| DecodeError { id: None, error }),
        None => Err(DecodeError { id: None, error: unknown() }),
    }
}

/// Writes a `hello`.
pub fn encode_hello(hello: &Hello) -> Bytes {
    to_bytes(&TaggedBody { tag: "hello", body: hello })
}

/// Writes a request of a known type.
pub fn encode_call<C: Call>(id: RequestId, call: &C) -> Bytes {
    to_bytes(&RequestBody { tag: C::TYPE, id, body: call })
}

/// Writes any request.
pub fn encode_request(id: RequestId, request: &Request) -> Bytes {
    to_bytes(&RequestBody { tag: request.type_tag(), id, body: request })
}

/// Writes any server frame but `ok`.
pub fn encode<F: Tagged>(frame: &F) -> Bytes {
    to_bytes(&TaggedBody { tag: F::TYPE, body: frame })
}

/// Writes the answer to a request of type `C`.
pub fn encode_ok<C: Call>(id: RequestId, answer: &C::Answer) -> Bytes {
    to_bytes(&AnswerBody { tag: OkFrame::TYPE, id, result: answer })
}

/// Writes the answer to any request.
pub fn encode_answer(id: RequestId, answer: &Answer) -> Bytes {
    to_bytes(&AnswerBody { tag: OkFrame::TYPE, id, result: answer })
}

/// Returns the bytes that a value takes in a frame. For cutting pages to a budget: it counts and keeps no text, so that
/// those who cut need not know the encoding.
pub fn wire_size<T: Serialize>(value: &T) -> usize {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value)
        .expect("invariant: wire types have string keys and counting cannot fail");
    counter.0
}

/// A writer that counts the bytes.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes a value in its wire form as text, for a client's cache.
pub fn to_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("invariant: wire types have string keys and no failing serializer")
}

/// Reads a text that [`to_text`] wrote.
///
/// # Errors
/// `bad_request` if the text is not of that type: another version wrote it, or it is damaged.
pub fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    fault::read(text).map_err(|error| DecodeError { id: None, error })
}

#[derive(Serialize)]
struct TaggedBody<'a, T> {
    #[serde(rename = "type")]
    tag: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Serialize)]
struct RequestBody<'a, T> {
    #[serde(rename = "type")]
    tag: &'static str,
    id: RequestId,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Serialize)]
struct AnswerBody<'a, T> {
    #[serde(rename = "type")]
    tag: &'static str,
    id: RequestId,
    result: &'a T,
}

fn read_envelope(text: &str) -> Result<Envelope<'_>, DecodeError> {
    serde_json::from_str(text).map_err(|_| DecodeError {
        id: None,
        error: ErrorBody::new(ErrorCode::BadFrame, "A frame is one JSON object with a string `type`."),
    })
}

fn to_bytes<T: Serialize>(value: &T) -> Bytes {
    let mut bytes = Vec::with_capacity(256);
    serde_json::to_writer(&mut bytes, value)
        .expect("invariant: wire types have string keys and writing into memory cannot fail");
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RoomId;
    use crate::request::Ping;

    fn refusal(text: &str) -> (Option<RequestId>, ErrorCode, Option<String>) {
        let e = decode_client(text).expect_err("must be refused");
        (e.id, e.error.code, e.error.field)
    }

    #[test]
    fn a_request_is_read_with_its_id_and_unknown_fields_are_ignored() {
        let frame = decode_client(r#"{"future":1,"type":"leave","id":7,"room":"R3","x":[{}]}"#);
        let leave = Request::from(crate::request::Leave { room: RoomId(3) });
        assert_eq!(frame, Ok(ClientFrame::Request { id: RequestId(7), request: leave }));
    }

    #[test]
    fn a_text_that_is_too_long_says_so_at_its_field() {
        let long = "x".repeat(8_001);
        let frame = format!(r#"{{"type":"post","id":7,"room":"R1","key":"k","body":"{long}"}}"#);
        assert_eq!(refusal(&frame), (Some(RequestId(7)), ErrorCode::TooLarge, Some("body".into())));
        let topic = format!(r#"{{"type":"set_topic","id":7,"room":"R1","topic":"{}"}}"#, "x".repeat(251));
        assert_eq!(refusal(&topic), (Some(RequestId(7)), ErrorCode::TooLarge, Some("topic".into())));
        let empty = r#"{"type":"post","id":7,"room":"R1","key":"k","body":" "}"#;
        assert_eq!(refusal(empty), (Some(RequestId(7)), ErrorCode::BadRequest, Some("body".into())));
    }

    #[test]
    fn an_id_is_a_number_below_two_to_the_53rd() {
        for id in ["\"x\"", "-1", "1.5", "9007199254740992", "null", "[]"] {
            let frame = format!(r#"{{"type":"ping","id":{id}}}"#);
            assert_eq!(refusal(&frame), (None, ErrorCode::BadRequest, Some("id".into())), "{id}");
        }
        assert!(decode_client(r#"{"type":"ping","id":9007199254740991}"#).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_its_reason() {
        for text in ["", "nonsense", "[]", "{}", r#"{"type":5}"#, "{\"type\":\"post\"", "\u{0}"] {
            assert_eq!(refusal(text), (None, ErrorCode::BadFrame, None), "{text:?}");
        }
        assert_eq!(refusal(r#"{"type":"fly","id":1}"#), (Some(RequestId(1)), ErrorCode::UnknownType, None));
        let missing = (Some(RequestId(2)), ErrorCode::BadRequest, Some("room".to_owned()));
        assert_eq!(refusal(r#"{"type":"leave","id":2}"#), missing);
        assert_eq!(refusal(r#"{"type":"ping"}"#), (None, ErrorCode::BadRequest, Some("id".to_owned())));
    }

    #[test]
    fn an_error_does_not_echo_the_text() {
        let text = r#"{"type":"post","id":1,"room":"R1","key":"k","body":"\u001bsecret"}"#;
        let e = decode_client(text).expect_err("a control character");
        assert!(!e.error.message.contains("secret"), "{}", e.error.message);
    }

    #[test]
    fn an_unknown_server_frame_is_passed_over() {
        assert!(matches!(decode_server(r#"{"type":"from_the_future"}"#), Ok(None)));
    }

    #[test]
    fn the_answer_has_the_type_its_request_is_paired_with() {
        let bytes = encode_ok::<Ping>(RequestId(4), &crate::request::Pong { now: crate::time::UnixMillis(9) });
        let text = std::str::from_utf8(&bytes).expect("JSON is UTF-8");
        let Ok(Some(ServerFrame::Ok(ok))) = decode_server(text) else { panic!("an ok frame: {text}") };
        assert_eq!(decode_answer::<Ping>(&ok.result).map(|pong| pong.now.0), Ok(9));
        let answer = Answer::Ping(crate::request::Pong { now: crate::time::UnixMillis(9) });
        assert_eq!(encode_answer(RequestId(4), &answer), bytes);
    }
}
