//! The core under every door: a typed request in, its typed answer out. Routes only; must not know how requests arrive or
//! how answers are encoded.

use std::sync::Arc;

use chat_proto::request::{Answer, Pong, Post, Posted, Request};

use super::chain::{ChainLink, ChainState};
use super::error::Refusal;
use super::handlers::{account, change, live, members, page, people, post, rooms};
use super::row::Row;
use crate::access::{Caller, Decision, ServerRefusal, on_server};
use crate::server::Server;

/// Serves one request.
///
/// # Errors
/// The [`Refusal`]; nothing has changed then.
pub async fn call(server: &Arc<Server>, caller: &Caller, request: Request) -> Result<Answer, Refusal> {
    admit(server, caller, Row::of(&request))?;
    Ok(match request {
        Request::Post(r) => Answer::Post(post::begin(server, caller, r, None).await?.await?),
        Request::Edit(r) => Answer::Edit(change::edit(server, caller, r).await?),
        Request::Delete(r) => Answer::Delete(change::delete(server, caller, r).await?),
        Request::History(r) => Answer::History(page::history(server, caller, r).await?),
        Request::Changes(r) => Answer::Changes(page::changes(server, caller, r).await?),
        Request::Versions(r) => Answer::Versions(page::versions(server, caller, r).await?),
        Request::Read(r) => Answer::Read(account::read(server, caller, r).await?),
        Request::CreateRoom(r) => Answer::CreateRoom(rooms::create(server, caller, r).await?),
        Request::Join(r) => Answer::Join(rooms::join(server, caller, r.room).await?),
        Request::Leave(r) => Answer::Leave(rooms::leave(server, caller, r.room).await?),
        Request::ListRooms(r) => Answer::ListRooms(rooms::list(server, caller, r).await?),
        Request::RoomInfo(r) => Answer::RoomInfo(rooms::info(server, caller, r.room).await?),
        Request::SetTopic(r) => Answer::SetTopic(change::topic(server, caller, r).await?),
        Request::SetDescription(r) => Answer::SetDescription(change::description(server, caller, r).await?),
        Request::Members(r) => Answer::Members(members::list(server, caller, r).await?),
        Request::SetRsvp(r) => Answer::SetRsvp(members::rsvp(server, caller, r).await?),
        Request::Users(r) => Answer::Users(people::users(server, r).await?),
        Request::Resolve(r) => Answer::Resolve(people::resolve(server, caller, r).await?),
        Request::Subscribe(r) => Answer::Subscribe(live::subscribe(server, caller, r).await?),
        Request::Unsubscribe(r) => Answer::Unsubscribe(live::unsubscribe(server, caller, r).await?),
        Request::SetTyping(r) => Answer::SetTyping(live::typing(server, caller, r).await?),
        Request::SetActivity(r) => Answer::SetActivity(live::activity(server, caller, r)?),
        Request::SetStatus(r) => Answer::SetStatus(people::status(server, caller, r).await?),
        Request::OwnStatus(_) => Answer::OwnStatus(people::own_status(server, caller).await?),
        Request::Who(r) => Answer::Who(people::who(server, caller, r).await?),
        Request::Trending(r) => Answer::Trending(live::trending(server, caller, r).await?),
        Request::Account(_) => Answer::Account(account::snapshot(server, caller).await?),
        Request::AccountChanges(r) => Answer::AccountChanges(account::changes(server, caller, r)),
        Request::SetPassword(r) => Answer::SetPassword(account::set_password(server, caller, r).await?),
        Request::Logout(_) => Answer::Logout(account::logout(server, caller).await?),
        Request::Ping(_) => Answer::Ping(Pong { now: server.now() }),
    })
}

/// Hands a post to its room, in the order of the calls, and returns its answer to wait for, so that many can be in flight.
/// A refused post breaks its chain.
pub async fn begin_post(
    server: &Arc<Server>,
    caller: &Caller,
    chain: &mut ChainState,
    request: Post,
) -> impl Future<Output = Result<Posted, Refusal>> + Send + use<> {
    let link = chain.enter(request.chain);
    let begun = match (&link, admit(server, caller, Row::of_post(&request))) {
        (Ok(link), Ok(())) => post::begin(server, caller, request, link.as_ref().map(|link| link.place)).await,
        (Ok(_), Err(refusal)) => Err(refusal),
        (Err(error), _) => Err(error.clone().into()),
    };
    let link = link.ok().flatten();
    if begun.is_err() {
        // At once: the next post of the chain may come before this answer is read.
        link.iter().for_each(ChainLink::refuse);
    }
    async move {
        let result = begun?.await;
        if result.is_err() {
            link.iter().for_each(ChainLink::refuse);
        }
        result
    }
}

/// Asks the access table and the limits, and notes that a person is there.
fn admit(server: &Server, caller: &Caller, row: Row) -> Result<(), Refusal> {
    match on_server(caller.role(), row.action) {
        Decision::Allowed => {}
        Decision::Hidden => return Err(Refusal::not_found()),
        Decision::Refused(ServerRefusal::SignedOut) => return Err(Refusal::SignedOut),
    }
    if !caller.scopes().contains(row.scope) {
        return Err(Refusal::OutOfScope(row.scope));
    }
    if let Some(connection) = caller.connection().filter(|_| row.shows_person) {
        server.presence.used(caller.user(), connection);
    }
    Ok(server.limiter.charge(caller, row.cost, server.now())?)
}
