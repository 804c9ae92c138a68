//! Which handler serves which request; routes only.

use chat_proto::codec;
use chat_proto::ids::RequestId;
use chat_proto::request::{
    Account, AccountChanges, Call, Changes, CreateRoom, Delete, Edit, History, Join, Leave, ListRooms, Logout, Members,
    Ping, Read, Request, Resolve, RoomInfo, SetActivity, SetDescription, SetPassword, SetRsvp, SetStatus, SetTopic,
    SetTyping, Subscribe, Trending, Unsubscribe, Users, Versions, Who,
};

use super::conversation::{Identity, Session};
use super::error::Refusal;
use super::handlers::{account, change, live, members, page, people, rooms};
use crate::outbox::Outbox;

/// Serves one request and queues its answer.
pub(super) async fn serve(s: &mut Session, who: &Identity, id: RequestId, request: Request) -> Result<(), Refusal> {
    let to = s.outbox.clone();
    s.app.limiter.judge_change(who.user, who.is_local, &request, s.app.now())?;
    match request {
        // Posts have a way of their own: many are under way at once.
        Request::Post(_) => {}
        Request::Edit(r) => answer::<Edit>(&to, id, &change::edit(&s.app, who, r).await?),
        Request::Delete(r) => answer::<Delete>(&to, id, &change::delete(&s.app, who, r).await?),
        Request::History(r) => answer::<History>(&to, id, &page::history(&s.app, who, r).await?),
        Request::Changes(r) => answer::<Changes>(&to, id, &page::changes(s, who, r).await?),
        Request::Versions(r) => answer::<Versions>(&to, id, &page::versions(&s.app, who, r).await?),
        Request::Read(r) => answer::<Read>(&to, id, &account::read(&s.app, who, r).await?),
        Request::CreateRoom(r) => answer::<CreateRoom>(&to, id, &rooms::create(s, who, r).await?),
        Request::Join(r) => answer::<Join>(&to, id, &rooms::join(s, who, r.room).await?),
        Request::Leave(r) => answer::<Leave>(&to, id, &rooms::leave(s, who, r.room).await?),
        Request::ListRooms(r) => answer::<ListRooms>(&to, id, &rooms::list(&s.app, who, r).await?),
        Request::RoomInfo(r) => answer::<RoomInfo>(&to, id, &rooms::info(&s.app, who, r.room).await?),
        Request::SetTopic(r) => answer::<SetTopic>(&to, id, &change::topic(&s.app, who, r).await?),
        Request::SetDescription(r) => answer::<SetDescription>(&to, id, &change::description(&s.app, who, r).await?),
        Request::Members(r) => answer::<Members>(&to, id, &members::list(&s.app, who, r).await?),
        Request::SetRsvp(r) => answer::<SetRsvp>(&to, id, &members::rsvp(&s.app, who, r).await?),
        Request::Users(r) => answer::<Users>(&to, id, &people::users(&s.app, r).await?),
        Request::Resolve(r) => answer::<Resolve>(&to, id, &people::resolve(&s.app, who, r).await?),
        Request::Subscribe(r) => answer::<Subscribe>(&to, id, &live::subscribe(s, who, r).await?),
        Request::Unsubscribe(r) => answer::<Unsubscribe>(&to, id, &live::unsubscribe(s, r).await?),
        Request::SetTyping(r) => answer::<SetTyping>(&to, id, &live::typing(s, who, r).await?),
        Request::SetActivity(r) => answer::<SetActivity>(&to, id, &live::activity(s, who, r)),
        Request::SetStatus(r) => answer::<SetStatus>(&to, id, &people::status(&s.app, who, r).await?),
        Request::Who(r) => answer::<Who>(&to, id, &people::who(&s.app, who, r).await?),
        Request::Trending(r) => answer::<Trending>(&to, id, &live::trending(&s.app, who, r).await?),
        Request::Account(_) => answer::<Account>(&to, id, &account::snapshot(&s.app, who.user).await?),
        Request::AccountChanges(r) => answer::<AccountChanges>(&to, id, &s.app.hub.changes(who.user, r.after)),
        Request::SetPassword(r) => answer::<SetPassword>(&to, id, &account::set_password(s, who, r).await?),
        Request::Logout(_) => answer::<Logout>(&to, id, &account::logout(&s.app, who).await?),
        Request::Ping(_) => answer::<Ping>(&to, id, &chat_proto::request::Pong { now: s.app.now() }),
    }
    Ok(())
}

/// Queues the answer to a request of type `C`.
fn answer<C: Call>(to: &Outbox, id: RequestId, answer: &C::Answer) {
    to.answer(codec::encode_ok::<C>(id, answer));
}
