//! The steps of a `hello` after the sign-in: connect, subscribe, catch up, appear, welcome. Must not know what a later request
//! does, or how frames are encoded.

use chat_proto::client_frame::{Hello, Resume, Subscription};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::ConnectionId;
use chat_proto::limits::{Limits, PAGE_BUDGET_BYTES, PROTOCOL_VERSION};
use chat_proto::room::Role;
use chat_proto::server_frame::{AccountSnapshot, Resumed, Welcome};

use super::account_snapshot::account_snapshot;
use super::bounds::check_count;
use super::error::Refusal;
use super::presences::profile;
use super::sign_in::SignedIn;
use super::snapshot_size;
use crate::access::{Caller, GENERAL, Origin, Scopes};
use crate::account::Device;
use crate::send_queue::SendQueue;
use crate::server::{Server, service_now};
use crate::store::Account;

/// Characters of a client's name, and of its version.
const CLIENT_MAX_CHARS: usize = 32;
/// Rooms resumed in one `hello`.
const RESUME_MAX: usize = 1_000;

/// A connection that nobody has signed in over yet.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: ConnectionId,
    /// Where its door takes pushes from.
    pub send_queue: SendQueue,
}

/// Checks everything that can be checked without knowing who it is.
pub(super) fn check(hello: &Hello) -> Result<(), Refusal> {
    if hello.version != PROTOCOL_VERSION {
        let message = format!("This server speaks version {PROTOCOL_VERSION} of the protocol; use a client that does.");
        return Err(ErrorBody::new(ErrorCode::VersionUnsupported, message).into());
    }
    // They are written to the log.
    let fits = |text: &str| text.chars().count() <= CLIENT_MAX_CHARS && !text.chars().any(char::is_control);
    if !fits(&hello.client.name) || !fits(&hello.client.version) {
        let message =
            format!("A client's name and version have at most {CLIENT_MAX_CHARS} characters, none of control.");
        return Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("client").into());
    }
    match &hello.subscribe {
        Subscription::Rooms(rooms) => check_count(rooms.len(), "subscribe.rooms"),
        Subscription::All | Subscription::None => Ok(()),
    }
}

/// Enters the connection among the account's devices: from here on, a revoked sign-in closes it.
pub(super) async fn connect(
    server: &Server,
    arrival: &Arrival,
    signed_in: &SignedIn,
    follows_all: bool,
) -> Result<Device, Refusal> {
    let (user, credential) = (signed_in.account.id, signed_in.credential);
    let limit = server.adjustable().connections_max.map_or(usize::MAX, |most| most as usize);
    let too_many = || Refusal::wire(ErrorCode::TooMany, "This account has too many connections; close one first.");
    if server.connections.count_of(user) >= limit {
        return Err(too_many());
    }
    // Everyone is a member of #general. Asked each time: the first time may have failed.
    server.rooms.admit(user, GENERAL, Role::Member).await?;
    // Others may have connected meanwhile.
    let device = server.connections.connected(user, limit, |standing| Device {
        connection: arrival.id,
        caller: Caller::new(user, arrival.origin, credential, Scopes::ALL, standing).over(arrival.id),
        follows_all,
        send_queue: arrival.send_queue.clone(),
    });
    let device = device.ok_or_else(too_many)?;
    // The sign-in may have been revoked just before the device was entered.
    if let Err(refusal) = signed_in.check_again(server).await {
        server.connections.disconnected(user, arrival.id);
        return Err(refusal);
    }
    Ok(device)
}

/// Starts pushing the wanted rooms, as far as the caller may see them.
pub(super) async fn subscribe(server: &Server, device: &Device, wanted: Subscription) -> Result<(), Refusal> {
    let rooms = match wanted {
        Subscription::None => Vec::new(),
        Subscription::Rooms(rooms) => rooms,
        Subscription::All => server.store.rooms_of(device.caller.user()).await?,
    };
    for room in rooms {
        // A room that is hidden, or cannot be started now, keeps nobody from signing in.
        drop(server.rooms.subscribe(&device.caller, room, device.connection, &device.send_queue).await);
    }
    Ok(())
}

/// Each room's changes since its cursor, as long as all together stay small.
pub(super) async fn resume(server: &Server, caller: &Caller, wanted: Option<Resume>) -> Vec<Resumed> {
    let mut budget = PAGE_BUDGET_BYTES;
    let mut rooms: Vec<Resumed> = Vec::new();
    let same_life = wanted.filter(|resume| resume.epoch == server.store.epoch());
    for cursor in same_life.into_iter().flat_map(|resume| resume.rooms).take(RESUME_MAX) {
        if let Ok(resumed) = server.rooms.resume(caller, cursor.room, cursor.after, &mut budget).await {
            rooms.push(resumed);
        }
    }
    rooms
}

/// Makes the account appear online. Its rooms are known before anybody is notified.
pub(super) async fn appear(server: &Server, device: &Device, account: &Account) -> Result<AccountSnapshot, Refusal> {
    server.audience.begin(account.id);
    let snapshot = account_snapshot(server, account.id).await;
    let snapshot = snapshot.inspect_err(|_| server.audience.abandon(account.id))?;
    server.audience.fill(account.id, &snapshot.rooms);
    server.presence.connected(account.id, device.connection, profile(account));
    Ok(snapshot)
}

/// The answer to `hello`.
pub(super) fn welcome(
    server: &Server,
    device: &Device,
    signed_in: SignedIn,
    account: AccountSnapshot,
    mut resumed: Vec<Resumed>,
) -> Welcome {
    snapshot_size::fit_beside(&account, &mut resumed);
    let rule = server.limiter.rule(&device.caller);
    Welcome {
        user: signed_in.account.user(),
        session: signed_in.credential.sign_in(),
        token: signed_in.token,
        connection: device.connection,
        epoch: server.store.epoch(),
        run: server.store.run(),
        now: server.now(),
        server_version: env!("CARGO_PKG_VERSION").into(),
        limits: Limits {
            posts_per_second: rule.map(|rule| rule.per_second),
            posts_burst: rule.map(|rule| rule.burst),
            ..server.limits()
        },
        features: Vec::new(),
        service: service_now(server),
        account,
        resumed,
    }
}
