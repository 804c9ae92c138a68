//! Which handler serves which request; routes only.

use chat_proto::codec;
use chat_proto::ids::RequestId;
use chat_proto::request::{
    Account, AccountChanges, Call, Changes, CreateRoom, Delete, Edit, History, Join, Leave, ListRooms, Logout, Members,
    Ping, Read, Request, Resolve, RoomInfo, SetActivity, SetDescription, SetPassword, SetRsvp, SetStatus, SetTopic,
    SetTyping, Subscribe, Trending, Unsubscribe, Users, Versions, Who,
};

use super::connection::{Connection, Identity};
use super::error::Refusal;
use super::handlers::{account, change, live, members, page, people, rooms};
use crate::send_queue::SendQueue;

/// Serves one request and queues its answer.
pub(super) async fn serve(c: &mut Connection, who: &Identity, id: RequestId, request: Request) -> Result<(), Refusal> {
    let to = c.send_queue.clone();
    c.app.limiter.judge_change(who.user, who.is_local, &request, c.app.now())?;
    match request {
        // Posts have a way of their own: many are under way at once.
        Request::Post(_) => {}
        Request::Edit(r) => answer::<Edit>(&to, id, &change::edit(&c.app, who, r).await?),
        Request::Delete(r) => answer::<Delete>(&to, id, &change::delete(&c.app, who, r).await?),
        Request::History(r) => answer::<History>(&to, id, &page::history(&c.app, who, r).await?),
        Request::Changes(r) => answer::<Changes>(&to, id, &page::changes(c, who, r).await?),
        Request::Versions(r) => answer::<Versions>(&to, id, &page::versions(&c.app, who, r).await?),
        Request::Read(r) => answer::<Read>(&to, id, &account::read(&c.app, who, r).await?),
        Request::CreateRoom(r) => answer::<CreateRoom>(&to, id, &rooms::create(c, who, r).await?),
        Request::Join(r) => answer::<Join>(&to, id, &rooms::join(c, who, r.room).await?),
        Request::Leave(r) => answer::<Leave>(&to, id, &rooms::leave(c, who, r.room).await?),
        Request::ListRooms(r) => answer::<ListRooms>(&to, id, &rooms::list(&c.app, who, r).await?),
        Request::RoomInfo(r) => answer::<RoomInfo>(&to, id, &rooms::info(&c.app, who, r.room).await?),
        Request::SetTopic(r) => answer::<SetTopic>(&to, id, &change::topic(&c.app, who, r).await?),
        Request::SetDescription(r) => answer::<SetDescription>(&to, id, &change::description(&c.app, who, r).await?),
        Request::Members(r) => answer::<Members>(&to, id, &members::list(&c.app, who, r).await?),
        Request::SetRsvp(r) => answer::<SetRsvp>(&to, id, &members::rsvp(&c.app, who, r).await?),
        Request::Users(r) => answer::<Users>(&to, id, &people::users(&c.app, r).await?),
        Request::Resolve(r) => answer::<Resolve>(&to, id, &people::resolve(&c.app, who, r).await?),
        Request::Subscribe(r) => answer::<Subscribe>(&to, id, &live::subscribe(c, who, r).await?),
        Request::Unsubscribe(r) => answer::<Unsubscribe>(&to, id, &live::unsubscribe(c, r).await?),
        Request::SetTyping(r) => answer::<SetTyping>(&to, id, &live::typing(c, who, r).await?),
        Request::SetActivity(r) => answer::<SetActivity>(&to, id, &live::activity(c, who, r)),
        Request::SetStatus(r) => answer::<SetStatus>(&to, id, &people::status(&c.app, who, r).await?),
        Request::Who(r) => answer::<Who>(&to, id, &people::who(&c.app, who, r).await?),
        Request::Trending(r) => answer::<Trending>(&to, id, &live::trending(&c.app, who, r).await?),
        Request::Account(_) => answer::<Account>(&to, id, &account::snapshot(&c.app, who.user).await?),
        Request::AccountChanges(r) => answer::<AccountChanges>(&to, id, &c.app.connections.changes(who.user, r.after)),
        Request::SetPassword(r) => answer::<SetPassword>(&to, id, &account::set_password(c, who, r).await?),
        Request::Logout(_) => answer::<Logout>(&to, id, &account::logout(&c.app, who).await?),
        Request::Ping(_) => answer::<Ping>(&to, id, &chat_proto::request::Pong { now: c.app.now() }),
    }
    Ok(())
}

/// Queues the answer to a request of type `C`.
fn answer<C: Call>(to: &SendQueue, id: RequestId, answer: &C::Answer) {
    to.answer(codec::encode_ok::<C>(id, answer));
}
