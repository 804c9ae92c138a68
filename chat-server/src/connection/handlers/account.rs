//! One's own account: its state, its read markers, its password, its sign-in. Must not know other accounts.

use chat_proto::error::ErrorCode;
use chat_proto::request::{AccountChanges, AccountChangesPage, Empty, Read, SetPassword};
use chat_proto::room::ReadMarker;
use chat_proto::server_frame::{AccountChange, AccountSnapshot};
use chat_proto::text::Username;

use crate::access::{Caller, RoomAction};
use crate::connection::account_snapshot::account_snapshot;
use crate::connection::error::{Refusal, of_new_password};
use crate::connection::read_marker::counted;
use crate::server::Server;
use crate::store::MovedMarker;

pub(in crate::connection) async fn snapshot(server: &Server, caller: &Caller) -> Result<AccountSnapshot, Refusal> {
    account_snapshot(server, caller.user()).await
}

pub(in crate::connection) fn changes(server: &Server, caller: &Caller, asked: AccountChanges) -> AccountChangesPage {
    server.connections.changes(caller.user(), asked.after)
}

pub(in crate::connection) async fn read(server: &Server, caller: &Caller, asked: Read) -> Result<ReadMarker, Refusal> {
    let snapshot = server.rooms.snapshot(caller, asked.room, RoomAction::MoveReadMarker).await?;
    let (user, room) = (caller.user(), asked.room);
    let head = snapshot.head.seq;
    let seq = asked.seq.unwrap_or(head).min(head);
    let MovedMarker { read_marker, has_moved } = server.store.set_read(user, room, seq, asked.rewind).await?;
    let read_marker = counted(server, user, room, read_marker).await;
    if has_moved {
        server.connections.notify(user, AccountChange::ReadMarker { room, read_marker: read_marker.clone() });
    }
    Ok(read_marker)
}

pub(in crate::connection) async fn set_password(
    server: &Server,
    caller: &Caller,
    asked: SetPassword,
) -> Result<Empty, Refusal> {
    let account = server.store.account(caller.user()).await?.ok_or_else(Refusal::not_found)?;
    // The uid at the other end of the Unix socket proves who the caller is; everyone else gives the present password.
    let uid = caller.origin().uid;
    let is_owner = uid.is_some() && uid == account.os_uid;
    if account.password.is_some() && !is_owner {
        check_present(server, caller, asked.old.unwrap_or_default(), (account.name.clone(), account.password)).await?;
    }
    let who = (caller.origin().source(), account.name);
    let hash = server.passwords.hash(who, asked.new).await.map_err(of_new_password)?;
    let kept = caller.credential().sign_in();
    for ended in server.store.set_password(caller.user(), hash, kept).await? {
        server.connections.revoke(caller.user(), ended);
    }
    Ok(Empty {})
}

/// Checks the present password. A stolen token must not serve to guess it.
async fn check_present(
    server: &Server,
    caller: &Caller,
    given: String,
    (name, present): (Username, Option<String>),
) -> Result<(), Refusal> {
    let attempt = server.failed_sign_ins.begin_again(caller.user(), server.now())?;
    match server.passwords.fits((caller.origin().source(), name), given, present).await {
        Ok(true) => {
            attempt.succeeded();
            Ok(())
        }
        Ok(false) => Err(Refusal::wire(ErrorCode::AuthFailed, "The current password is wrong.")),
        Err(error) => {
            attempt.was_not_judged();
            Err(error.into())
        }
    }
}

pub(in crate::connection) async fn logout(server: &Server, caller: &Caller) -> Result<Empty, Refusal> {
    let Some(sign_in) = caller.credential().sign_in() else {
        return Err(Refusal::wire(ErrorCode::BadRequest, "A user of this machine has no sign-in to end."));
    };
    server.store.revoke_sign_in(sign_in).await?;
    server.connections.revoke(caller.user(), sign_in);
    Ok(Empty {})
}
