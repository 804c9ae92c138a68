//! One's own account: its rooms, its marks, its password, its sign-in.

use chat_proto::ids::UserId;
use chat_proto::request::{Empty, Read, SetPassword};
use chat_proto::room::ReadMarker;
use chat_proto::server_frame::{AccountChange, AccountSnapshot};

use crate::access::RoomAction;
use crate::session::app::App;
use crate::session::connection::{Connection, Identity};
use crate::session::error::{Refusal, of_new_password};

/// The account stream's present state. The number is taken before the rooms are read: what changes in between is told.
pub(in crate::session) async fn snapshot(app: &App, user: UserId) -> Result<AccountSnapshot, Refusal> {
    let head = app.connections.head(user);
    let mut rooms = app.store.memberships(user).await?;
    for membership in &mut rooms {
        // Told by `room_info`: a thousand of them would be more than a frame holds.
        membership.room.description = None;
        // Of what expires the database knows nothing.
        membership.head = membership.head.max(app.rooms.noted_head(membership.room.id).unwrap_or_default());
    }
    let mut named: Vec<UserId> = rooms.iter().filter_map(|m| m.room.topic.as_ref().map(|topic| topic.by)).collect();
    named.push(user);
    named.sort_unstable();
    named.dedup();
    let users = app.store.users(named).await?;
    Ok(AccountSnapshot { head, rooms, users })
}

pub(in crate::session) async fn read(app: &App, who: &Identity, asked: Read) -> Result<ReadMarker, Refusal> {
    let snapshot = app.rooms.snapshot(&who.caller, asked.room, RoomAction::MoveReadMarker).await?;
    let seq = asked.seq.unwrap_or(snapshot.head);
    let read_marker = app.store.set_read(who.user, asked.room, seq, asked.rewind).await?;
    app.connections.notify(who.user, AccountChange::ReadMarker { room: asked.room, read_marker });
    Ok(read_marker)
}

pub(in crate::session) async fn set_password(
    connection: &mut Connection,
    who: &Identity,
    asked: SetPassword,
) -> Result<Empty, Refusal> {
    use chat_proto::error::ErrorCode;
    let app = &connection.app;
    let account = app.store.account(who.user).await?.ok_or_else(Refusal::not_found)?;
    // The owner of the socket's account has proved who they are; everyone else says the present password.
    let is_owner = connection.origin.uid.is_some() && connection.origin.uid == account.os_uid;
    if account.password.is_some() && !is_owner {
        let old = asked.old.unwrap_or_default();
        if !app.passwords.fits(old, account.password).await? {
            return Err(Refusal::wire(ErrorCode::AuthFailed, "The present password does not fit."));
        }
    }
    let hash = app.passwords.hash(asked.new).await.map_err(of_new_password)?;
    for ended in app.store.set_password(who.user, hash, who.sign_in).await? {
        app.connections.revoke(who.user, ended);
    }
    Ok(Empty {})
}

pub(in crate::session) async fn logout(app: &App, who: &Identity) -> Result<Empty, Refusal> {
    use chat_proto::error::ErrorCode;
    let Some(session) = who.sign_in else {
        return Err(Refusal::wire(ErrorCode::BadRequest, "A user of this machine has no sign-in to end."));
    };
    app.store.revoke_sign_in(session).await?;
    app.connections.revoke(who.user, session);
    Ok(Empty {})
}
