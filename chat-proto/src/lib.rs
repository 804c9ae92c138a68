//! The chat protocol, version 1: what a client and a server say to each other. Must not know either of them, nor how bytes travel.
//!
//! This page is the contract. The modules hold its types; `golden/` holds the exact bytes of every frame.
//!
//! # Transport
//!
//! WebSocket (RFC 6455) over TCP, TLS or a Unix socket, at any path, with the subprotocol `chat.v1`. Every frame is one
//! text message that holds one JSON object with a string `type`. Both sides ignore unknown fields. A server answers an
//! unknown `type` with `unknown_type`; a client ignores it. Binary messages are refused with `bad_frame`. A client's
//! frame is at most 64 KiB ([`limits::CLIENT_FRAME_MAX_BYTES`]), a server's at most 1 MiB. There is no compression.
//!
//! Ids are strings: rooms `R1`, accounts `U5`, sign-ins `S9`, connections `C31`. Sequence numbers (`seq`) and times
//! (milliseconds since 1970, UTC) are JSON numbers below 2^53. The wire knows rooms and people by id only; `resolve`
//! and `users` translate between names and ids.
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
//! `auth.method` is `peer` (Unix socket only: the user at its other end), `token`, `password {name, password}` or
//! `register {name, password, code?}`; the last two are answered with a `token` for later sign-ins. `subscribe` is
//! `all`, `none` or `{"rooms":["R1"]}`. `presence: true` makes the account appear online. The answer is `welcome` with
//! the account, the `limits` in force (obey these, not numbers from elsewhere), the server's time `now`, the `epoch` and
//! the `run`, and the account's rooms, each with its `head` and its read marker. An account with very many rooms and long
//! topics gets the topics cut, with `…` at the end, so that the frame keeps its limit; `room_info` answers them whole. Events may arrive before `welcome`: keep
//! them, or drop them and ask for `changes`. A refusal is an `error` without `id`; another `hello` may follow. A refused
//! `hello` leaves no connection and no sign-in behind. If it was a `register` that failed after the account was made, sign in
//! with the password.
//!
//! # Requests
//!
//! Every request carries an `id`, a number the client chooses, and gets exactly one `ok {id, result}` or `error {id,
//! code, message, retryable, retry_after_ms?, field?}`. Many requests may be in flight. They are answered in the order
//! they were sent, but `ping`, `users`, `set_typing` and `set_activity` may overtake posts. [`request`] pairs each
//! request with its answer; [`error::ErrorCode`] is the closed set of codes. An object that does not exist and one that
//! the account may not see are both `not_found`.
//!
//! A refused request changed nothing, and nothing of it happens later: not after a restart of the server, and not when a
//! store that did not answer answers again. One case cannot be excluded: while the live store does not answer, the disk
//! is full, and the server is killed before either has ended.
//!
//! Repeating a request in doubt is safe. `post` has its key. `edit` with the text that the message has, and `delete` of a
//! message that is deleted, answer the number of its last change. `join`, `leave`, `set_topic`, `set_description`
//! and `set_rsvp` change nothing the second time.
//!
//! Every account may see, read and subscribe to a public room. Posting, typing, answering and its trending words are for
//! members (`not_member`). A private room exists for its members alone; no request adds a second one yet.
//!
//! Once `leave` or `unsubscribe` is answered, nothing of the room is pushed to the connection; after `leave`, to none of
//! the account's connections.
//!
//! # One order
//!
//! Each room has one counter. Everything that changes what the room shows takes the next number: a message, persistent
//! or ephemeral, an edit, a deletion, a topic, a join, a leave, an answer. A number is never used twice; some are never
//! used. A room's `head` is the last number that is shown. After a restart it may be lower than before if the last numbers
//! were those of ephemeral messages; the numbers in between are not used again.
//!
//! A room consists of [`message::Item`]s. `seq` is an item's place, `changed` the number of its last change. An `event
//! {room, seq, prev, …}` says that the room used the number `seq`, and brings what is new in one of two forms:
//!
//! ```json
//! {"type":"event","room":"R1","seq":14,"prev":13,
//!  "item":{"seq":14,"changed":14,"at":1763560927120,"by":"U5","content":{"kind":"join"}}}
//! {"type":"event","room":"R1","seq":15,"prev":14,
//!  "change":{"of":12,"at":1763560928000,"by":"U5","kind":"rsvp","answer":"none","counts":{"attending":2,"interested":1}}}
//! ```
//!
//! `item` is the whole item in its new state; `item.changed == seq`. `change` is a small change of the item at `of`
//! ([`message::ItemChange`]): only what is new. [`message::ChangeDetail`] says for each `kind` which fields of the item
//! it replaces. A small change means the same to every reader; nothing in it depends on who reads.
//!
//! `prev` is the number the room used before. A client that has applied everything up to the cursor `c` applies an event if
//! `prev <= c.seq < seq`, and then sets `c.seq = seq`, `c.run` to the run that `welcome` named, and `c.persistent = seq`
//! unless the event says `is_ephemeral`. It ignores an event with `seq <= c.seq`. For any other event it asks for `changes`.
//!
//! ## How to apply
//!
//! Keep, for each place, the item with the highest `changed`. Late and doubled frames are then harmless:
//!
//! - A **whole item**, from an event or a page, replaces the known one if its `changed` is higher.
//! - A **small change** numbered `seq` applies to the item at `of` if that item's `changed` is lower than `seq`; the
//!   item's `changed` becomes `seq`. Otherwise the item has it already.
//! - A small change of an **item that is not loaded** is kept until no older page is in flight, because a page may have
//!   been cut before the change: if the page brings the item with a lower `changed`, apply the change then. With no
//!   page in flight, drop it: a page asked for later has it. The same holds for whole items that are not loaded. Keep a
//!   bounded number; beyond it, drop the page and ask for it again.
//! - A small change of an item that should be loaded, but is missing, was overtaken by its own change: a page of
//!   `changes` ends at its `head`, and the item had already moved beyond it. Ask for `changes` from the cursor before
//!   the event.
//! - The same goes for a small change of an unknown `kind`: ask for `changes`.
//!
//! # Catching up
//!
//! A **cursor** says how far a client has applied a room's changes: `{run, seq, persistent}` ([`cursor::Cursor`]). `seq` is
//! the last number applied; `persistent` is the last number up to it under which something persistent changed; `run` names
//! the run of the server that gave the numbers. `{seq: 0, persistent: 0}` is before everything. Keep cursors as they come, and
//! give them back so: pages, `welcome` and `resumed` bring them, and events move them as above.
//!
//! `changes {room, after: cursor, limit}` answers `{items, users, next, head}`: everything that changed after the
//! cursor, each item once, whole and in its present state, by rising `changed`. `head` is the room's last number when
//! the page was cut, as a cursor; nothing on the page changed after it. After applying a whole page, set `cursor = next`;
//! while `next.seq < head.seq`, ask again. On the last page `next.seq` is `head.seq`, or higher: `head` falls with a restart
//! that ends the newest ephemeral messages, while the cursor stays on their numbers, which are not used again. A deleted
//! message comes as `deleted`; a message that has expired comes as `expired` or not at all, in `resumed` and `history`, too.
//! An item that the server cannot read any more, because its disk damaged it, comes as `damaged` at its place; its author and
//! time may be 0.
//! The `deleted` of an ephemeral message comes until the message would have expired; after that it may be left out. An
//! ephemeral message that was out of reach when the server started comes again under a new `changed`, with nothing else
//! changed, and keeps that number. Subscribing answers a `head` taken at the same moment: changes up to it are pulled with
//! `changes`, changes beyond it are pushed. `resume {epoch, account, rooms: [{room, after}]}` in `hello` names the cursors of
//! all rooms. `welcome.resumed` brings the missed items of each room, whole and cut at its `head`, if the server still has
//! them in memory (`is_complete`); otherwise, and of a room that it leaves out, ask for `changes`.
//!
//! A client that reads too slowly gets `gap {room}` once, and no more events of that room until it asks for `changes`.
//!
//! ## Lives of the data
//!
//! Data can be put back to an earlier state: from a backup, by copying a folder. What was posted since is gone then, and its
//! numbers stand for other items, so a cursor from the lost time must not count. Two names show it:
//!
//! - `epoch` names the data folder, from the moment it was made. A cursor or a cache of another epoch is worth nothing: drop
//!   all of them. Copies of a folder have the same epoch.
//! - `run` names one run of the server, from its start to its end: a random number. A room remembers the runs that gave
//!   numbers in it (at least the last 256), and where each began.
//!
//! The server looks for the cursor's run in the room. If it is there, and ended at or after `persistent`, the cursor belongs
//! to this life of the data. Numbers of ephemeral messages end with a run and do not count, as long as they were reserved.
//! Otherwise the answer says `parted {at}`: `at` is the last number that both lives share, absent if the server does not know
//! the run. A page then has no items, and `next` is the cursor at `at`, or before everything. A resumed room is never
//! `is_complete`.
//!
//! On `parted`, drop every item of the room whose `changed` is higher than `at`, or all of them if it is absent, fetch them
//! again with `history`, and go on from `next`. On a `welcome` with another `run` than before, treat no cursor as current
//! until the server has answered to it, with `resumed` or with `changes`, even if the room's `head` says that nothing is
//! missing.
//!
//! `history {room, before?, limit}` pages backwards by `seq`, for scrolling. Its items are whole, too. `head` is the
//! room's last number when the page was cut: a change after it may be missing on the page. A page without `next_before`
//! reaches the beginning of the room; only there may it be without items.
//!
//! `limit` counts messages. Topics and answers come along with them; a page ends with `limit` messages, with twice as many
//! items, or when it is large. Joins and leaves are no items there: `joins` has one [`message::JoinRun`] for all of them
//! between two items, however many they are, in the order of the places. `from_seq` and `to_seq` are those of the first and the
//! last, and no item of the page lies between. A client that has single joins with places in this range, from events or
//! `changes`, replaces them by the run, and ignores those that come later.
//!
//! ## Old messages
//!
//! A server may remove persistent messages that are older than its operator wants to keep them. Removing takes no number and
//! makes no event: cursors stay valid, the order goes on, and `prev` is as before. A removed message comes in no page, not
//! even as `deleted`; `edit`, `delete` and `versions` answer `not_found`, and its key may be used again. Topics, joins,
//! leaves and answers stay. [`room::Room::pruned_to`] says up to which number a room's persistent messages are gone; it only
//! grows, and `welcome` brings it for every room of the account. A client forgets the messages up to there, also those it
//! keeps on disk. Messages up to there are not unread; the counts of the next `welcome`, or of a `read` with `seq: 0`, are
//! without them.
//!
//! # Posting, exactly once
//!
//! `post {room, key, body, …}` carries a `key` the client makes (1 – 64 of `A–Z a–z 0–9 . _ : -`), unique for its
//! sender for ever. The answer `{seq, at}` comes after the message is on disk. No event of it comes earlier; the
//! author's own event may come before or after the answer. A client that gets no answer sends the same post with the
//! same key again, on any connection, and gets the first answer with `duplicate: true`. The same key with another text
//! or room is `key_reused`; `code`, `reply_to` and `life` are not compared. Persistent and ephemeral messages are stored
//! apart, and so are their keys: a retry keeps the life of the first attempt. The key of an ephemeral message is known
//! until ten minutes after its end, unless the store for ephemeral messages is emptied meanwhile, as by a restart without Redis.
//!
//! A stream that must keep its order with many posts in flight sets `chain`: `"restart"` on the first post,
//! `"continue"` on the others. Once a chained post is refused, for any reason, the posts behind it are refused with
//! `chain_broken` until the next `restart`, whatever their rooms and lives. A `continue` to another room, of another life,
//! or that replies waits on the server until the posts before it are answered; all others are carried out together.
//!
//! `life` is absent (the room's default), `"persistent"`, or `{"ttl_ms": 30000}`: 1 s – 7 days. An ephemeral message
//! carries `expires_at`; hide it at that instant by the server's clock (correct yours with each `now`; see *Staying
//! connected*), and write it nowhere. Edits and deletions of an ephemeral message end with it. A reply expires with the message it answers at the
//! latest, even with `"persistent"`; its key is then an ephemeral message's.
//!
//! Ephemeral messages are held in memory. Those of one account, of one room and of the server each have a share of it; beyond
//! it `post` and `edit` are refused with `ephemeral_full`, whose message says whose share is used up and what helps. Trying
//! again does not. Only the author edits or deletes a message, but a room's owner may delete ephemeral ones of others, too.
//!
//! `mentions` of a message are the members of the room among the accounts that its text names.
//!
//! # Taking part
//!
//! `set_rsvp {room, answer}` says whether the account takes part. A member's first answer in a room is an item of kind
//! `rsvp`; each later answer is a small change of that item, and `none` takes it back. Both carry `counts`, the room's
//! answers right after it: the newest ones are those of the item or change with the highest number. The same answer
//! again changes nothing and takes no number. A member who leaves takes its answer along without a change of its `rsvp`
//! item: the `leave` says it. `room_info` counts afresh.
//!
//! # Unread
//!
//! A message is unread if another account posted it, it stands after the account's read marker, and it is neither
//! deleted nor expired ([`unread::Reader`]). One's own messages never count, and a post moves no marker: only `read`
//! does. [`room::ReadMarker`] holds the counts of one moment, ephemeral messages included. To keep them:
//!
//! - A persistent message of another account counts if its number is after `counted_to`. An ephemeral one counts if it
//!   is not listed already in `ephemeral` and its number is after `unlisted_to`, if that is present. It counts until it
//!   is deleted or expires by the server's clock.
//! - A deletion after `counted_to` takes another account's persistent message after the marker out of the count.
//! - When an edit or a deletion changes what mentions the account, the account stream brings the new counts.
//! - In doubt, after a `gap` or when the last listed of more ephemeral messages has expired, `read` with `seq: 0` moves
//!   nothing and answers the counts of that moment.
//!
//! While the live store is unreachable, the server may not know the ephemeral messages of a room that nobody has opened
//! since its start: `lacks_ephemeral` says that only persistent messages are counted.
//!
//! # Presence, typing, trending words
//!
//! `presence`, `typing`, `counts`, `trending` and `service` carry no number and may be left out under load. `typing`
//! names its own end (`ttl_ms`; 0: stopped) and belongs to one connection of a user: show a user as typing while any of
//! their connections does, and stop when their message arrives. Send `set_typing` at most every `typing_every_ms` of the
//! limits while the text changes, and `set_activity {is_active: false}` after ten minutes without a key. `own_status` answers
//! the availability and the text that `set_status` chose, also while the account is offline.
//!
//! # The account stream
//!
//! `account {seq, prev, change}` tells all connections of one account what concerns it: a room joined or left
//! elsewhere, a read marker moved, a mention, a sign-in revoked. It has its own numbers and its own way to catch up:
//! `account_changes {after}` and, if that is not `is_complete`, the snapshot that `account` answers. The stream begins
//! with the account's first connection and is forgotten when its last one ends: after that it is not complete, and its
//! numbers begin anew, beyond all former ones.
//!
//! # Staying connected
//!
//! Send a `ping` request every 25 s, with some jitter: this is the heartbeat. A side that has heard nothing for 55 s closes;
//! a WebSocket ping counts, too. The answer carries the server's time, `now`, as `welcome` does. Correct your clock by both:
//! yours may be set, run fast or stop while the machine sleeps. The server's clock never jumps while it runs, even if its
//! system's is set; after a restart it may show another time. `goodbye {reason, reconnect_after_ms?}` precedes a close by the server. Close codes 4000 – 4099 invite
//! the client to reconnect, 4100 – 4199 do not; every other code and every broken connection does. Reconnect first
//! after 100 – 500 ms, then doubling to 30 s with full jitter, for ever.

pub mod client_frame;
pub mod codec;
pub mod cursor;
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
pub mod unread;
