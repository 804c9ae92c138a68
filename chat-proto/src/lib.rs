//! The chat protocol, version 1: what a client and a server say to each other.
//!
//! This page is the contract. The modules hold its types; `golden/` holds the exact bytes of every frame.
//!
//! # Transport
//!
//! WebSocket (RFC 6455), over TCP, TLS or a Unix socket, at any path, subprotocol `chat.v1`. Every frame is one text
//! message holding one JSON object with a string `type`. Unknown fields are ignored on both sides. An unknown `type`
//! from a client is answered with `unknown_type`; one from a server is passed over. Binary messages are refused
//! with `bad_frame`. A client's frame is at most 64 KiB ([`limits::CLIENT_FRAME_MAX_BYTES`]), a server's at most
//! 1 MiB. There is no compression.
//!
//! Ids are strings: rooms `R1`, accounts `U5`, sign-ins `S9`, connections `C31`. Numbers of changes (`seq`) and
//! times (milliseconds since 1970, UTC) are JSON numbers below 2^53. The wire knows rooms and people by id only;
//! `resolve` and `users` lead from names to ids and back.
//!
//! # Handshake
//!
//! The first frame is `hello`, within 10 s:
//!
//! ```json
//! {"type":"hello","version":1,"client":{"name":"my-bot","version":"1.0"},
//!  "auth":{"method":"token","token":"…"},"subscribe":"all","presence":false}
//! ```
//!
//! `auth.method` is `peer` (only on a Unix socket: the user at its other end), `token`, `password {name, password}`
//! or `register {name, password, code?}`; the last two are answered with a `token` for later. `subscribe` is `all`,
//! `none` or `{"rooms":["R1"]}`. `presence: true` makes the account appear online. The answer is `welcome` with the
//! account, the `limits` in force (obey these, not numbers from elsewhere), the server's clock `now`, the `epoch` and
//! the rooms the account is in, each with its last number `head` and its read marks. What is pushed may come before it:
//! keep it, or let it go and ask for `changes`. A refusal is an `error` without `id`; another `hello` may follow.
//!
//! # Requests
//!
//! Every request carries an `id`, a number the client chooses, and gets exactly one `ok {id, result}` or
//! `error {id, code, message, retryable, retry_after_ms?, field?}`. Many may be under way; answers to requests that
//! write come in the order of the requests, others may overtake. [`request`] pairs each with its answer;
//! [`error::ErrorCode`] is the closed set of codes. What does not exist and what an account may not see are both
//! `not_found`.
//!
//! # One order
//!
//! Each room has one counter. Everything that changes what the room shows takes the next number: a message, lasting
//! or ephemeral, an edit, a deletion, a topic, a join, a leave. Numbers are never used twice; some are never
//! used at all.
//!
//! A room's contents are [`message::Item`]s. `seq` is an item's place; `changed` is the number of its last change.
//! An `event {room, seq, prev, item}` says that the number `seq` was given, and carries the whole item in its new
//! state; `item.changed == seq`. So a client keeps, for each `item.seq`, the item with the highest `changed`, and
//! doubled or late frames cannot harm it.
//!
//! `prev` is the number the room gave before. A client that has applied everything up to `cursor` applies an event
//! where `prev == cursor` and sets `cursor = seq`; it ignores one where `seq <= cursor`, and otherwise asks
//! for `changes`.
//!
//! # Catching up
//!
//! `changes {room, after: cursor, limit}` answers `{items, users, next, head}`: everything that changed after the
//! cursor, each item once, in its present state, by rising `changed`. After applying a whole page, `cursor = next`;
//! while `next < head`, ask again. A deleted message comes as `deleted`, one that expired meanwhile as `expired` or
//! not at all. Subscribing answers a `head` taken in the same moment: up to it is pulled with `changes`, beyond it is
//! pushed. `resume {epoch, account, rooms: [{room, after}]}` in `hello` names the cursors of all rooms, and `welcome.resumed`
//! brings what was missed where the server still has it at hand (`is_complete`); otherwise ask for `changes`.
//!
//! A client that reads too slowly gets `gap {room}` once, and no more events of that room until it asks for `changes`.
//!
//! `epoch` names the life of the data. Where it differs from the one a cursor belongs to, drop cursors and caches.
//!
//! `history {room, before?, limit}` pages backwards by `seq`, for scrolling.
//!
//! # Posting, exactly once
//!
//! `post {room, key, body, …}` carries a `key` the client makes (1 – 64 of `A–Z a–z 0–9 . _ : -`), unique for its
//! sender for ever. The answer `{seq, at}` comes after the message is on disk; no event
//! of it comes before that, and the author's own event may come before or after the answer. A client
//! that hears no answer sends the same post with the same key again, on whichever connection: the
//! answer is then the first one's, with `duplicate: true`. The same key with another text or room is `key_reused`.
//! Lasting messages and messages that expire are kept apart, and so are their keys: a retry keeps the life it had.
//!
//! A stream that must keep its order while many posts are under way sets `chain`: `"restart"` on the first,
//! `"continue"` after it. Once a chained post is refused, whatever the reason, those behind it are refused with
//! `chain_broken` until the next `restart`.
//!
//! `life` is absent (the room's default), `"lasting"`, or `{"ttl_ms": 30000}`: 1 s – 7 days. An ephemeral message
//! carries `expires_at`; hide it at that instant by the server's clock (correct yours with `welcome.now`), and write
//! it nowhere. Edits and deletions of an ephemeral message end with it.
//!
//! # Presence, typing, topics
//!
//! `presence`, `typing`, `counts`, `topics` and `service` carry no number and may be left out under load. `typing`
//! carries its own end (`ttl_ms`; 0: stopped) and belongs to one connection of a user: show a user as typing while
//! any of theirs does, and drop it when their message comes. Say `set_typing` at most every 3 s while the text
//! changes, and `set_activity {is_active: false}` after ten minutes without a key.
//!
//! # The account stream
//!
//! `account {seq, prev, news}` tells one account on all its connections what concerns it: a room joined or left
//! elsewhere, a read mark moved, a mention, a sign-in revoked. It has its own numbers and its own catching up:
//! `account_changes {after}`, and where that is not `is_complete`, the snapshot of `account`.
//!
//! # Staying connected
//!
//! Send a WebSocket ping or a `ping` request every 25 s of silence, with some jitter; a side that heard nothing for
//! 55 s closes. `goodbye {reason, reconnect_after_ms?}` precedes a close by the server. Close codes 4000 – 4099 invite
//! to reconnect, 4100 – 4199 do not; every other code and every broken connection does. Reconnect first after
//! 100 – 500 ms, then doubling to 30 s with full jitter, for ever.

pub mod client_frame;
pub mod codec;
pub mod error;
mod fault;
pub mod ids;
pub mod limits;
pub mod message;
pub mod presence;
pub mod request;
pub mod room;
pub mod server_frame;
pub mod text;
pub mod time;
pub mod trending;
