//! `hello`: who someone is, and what they are told first.

use chat_proto::client_frame::{Auth, ClientInfo, Hello, Resume, Subscription};
use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RoomId;
use chat_proto::limits::{Limits, PAGE_BUDGET_BYTES, PROTOCOL_VERSION};
use chat_proto::room::Role;
use chat_proto::server_frame::{AccountSnapshot, Resumed, Welcome};
use chat_proto::text::Username;

use super::app::{App, Registration};
use super::connection::{Connection, Identity};
use super::error::Refusal;
use super::handlers::account::snapshot;
use super::handlers::people::check_count;
use crate::access::{Caller, Credential, GENERAL, Origin, Scopes};
use crate::account::Device;
use crate::auth::{NOBODY_UID, Token, hash_token, name_of_uid};
use crate::presence::Profile;
use crate::store::{Account, NewSignIn};

/// Characters of a client's name, and of its version.
const CLIENT_MAX_CHARS: usize = 32;
/// Rooms resumed in one `hello`.
const RESUME_MAX: usize = 1_000;

/// A sign-in that succeeded.
struct SignedIn {
    account: Account,
    credential: Credential,
    token: Option<String>,
    /// Of the token it was signed in with.
    token_hash: Option<[u8; 32]>,
}

/// Signs in and answers `welcome`.
pub(super) async fn greet(connection: &mut Connection, hello: Hello) -> Result<(), Refusal> {
    if hello.version != PROTOCOL_VERSION {
        let message = format!("This server speaks version {PROTOCOL_VERSION} of the protocol; use a client that does.");
        return Err(ErrorBody::new(ErrorCode::VersionUnsupported, message).into());
    }
    check_client(&hello.client)?;
    let app = connection.app.clone();
    app.sign_in_limiter.check(connection.origin, app.now())?;
    let signed_in = sign_in(&app, connection.origin, hello.auth).await?;
    let account = &signed_in.account;
    if app.connections.count_of(account.id) >= app.config.connections_per_account {
        return Err(Refusal::wire(ErrorCode::TooMany, "This account has too many connections; close one first."));
    }
    let identity = connected(connection, &signed_in, (hello.subscribe == Subscription::All, hello.presence)).await?;
    connection.identity = Some(identity.clone());
    // Subscribed before the snapshot is taken: what comes in between is pushed, and harmless twice.
    subscribe(connection, &identity.caller, hello.subscribe).await?;
    let resumed = match hello.resume {
        Some(resume) if resume.epoch == app.store.epoch() => resumed(&app, &identity.caller, resume).await,
        _ => Vec::new(),
    };
    tracing::info!(connection = %connection.id, user = %account.id, client = %hello.client.name, "signed in");
    let rooms = if hello.presence { appear(connection, account).await? } else { snapshot(&app, account.id).await? };
    let welcome = Welcome {
        user: account.user(),
        session: signed_in.credential.sign_in(),
        token: signed_in.token,
        connection: connection.id,
        epoch: app.store.epoch(),
        now: app.now(),
        server_version: env!("CARGO_PKG_VERSION").into(),
        limits: limits(&app, identity.is_local),
        features: Vec::new(),
        service: super::service::now(&app),
        account: rooms,
        resumed,
    };
    connection.send_queue.answer(codec::encode(&Box::new(welcome)));
    Ok(())
}

/// The account's devices know of the connection from here on, and a log-out reaches it.
async fn connected(
    connection: &mut Connection,
    signed_in: &SignedIn,
    (follows_all, has_presence): (bool, bool),
) -> Result<Identity, Refusal> {
    let (app, user, credential) = (connection.app.clone(), signed_in.account.id, signed_in.credential);
    // Everyone is in #general; joining again changes nothing. Asked each time: the first time may have failed.
    app.rooms.admit(user, GENERAL, Role::Member).await?;
    let device = app.connections.connected(user, |standing| Device {
        connection: connection.id,
        caller: Caller::new(user, connection.origin, credential, Scopes::ALL, standing),
        follows_all,
        send_queue: connection.send_queue.clone(),
    });
    // A log-out that came just before must not be missed.
    if let Some(token) = signed_in.token_hash
        && app.store.sign_in_by_token(token).await?.is_none()
    {
        app.connections.disconnected(user, connection.id);
        return Err(auth_failed());
    }
    let is_local = device.caller.is_local();
    Ok(Identity { caller: device.caller, user, sign_in: credential.sign_in(), is_local, has_presence })
}

/// A client's name and version stand in the log.
fn check_client(client: &ClientInfo) -> Result<(), Refusal> {
    let fits = |text: &str| text.chars().count() <= CLIENT_MAX_CHARS && !text.chars().any(char::is_control);
    if fits(&client.name) && fits(&client.version) {
        return Ok(());
    }
    let message = format!("A client's name and version have at most {CLIENT_MAX_CHARS} characters, none of control.");
    Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("client").into())
}

/// Someone is there from now on. Their rooms are known before anybody is told.
async fn appear(connection: &mut Connection, account: &Account) -> Result<AccountSnapshot, Refusal> {
    let app = connection.app.clone();
    app.audience.begin(account.id);
    let rooms = snapshot(&app, account.id).await?;
    app.audience.fill(account.id, &rooms.rooms);
    let profile =
        Profile { chosen: account.availability, status: account.status.clone(), last_seen: account.last_seen };
    app.presence.connected(account.id, connection.id, profile);
    Ok(rooms)
}

/// Starts pushing the rooms that are wanted and may be seen.
async fn subscribe(connection: &mut Connection, caller: &Caller, wanted: Subscription) -> Result<(), Refusal> {
    let app = connection.app.clone();
    let rooms = match wanted {
        Subscription::None => Vec::new(),
        Subscription::Rooms(rooms) => {
            check_count(rooms.len())?;
            rooms
        }
        Subscription::All => app.store.rooms_of(caller.user()).await?,
    };
    for room in rooms {
        // A room that may not be seen, or cannot be opened just now, does not keep anyone from signing in.
        drop(connection.subscribe(caller, room).await);
    }
    Ok(())
}

fn limits(app: &App, is_local: bool) -> Limits {
    let rule = app.limiter.rule(is_local);
    Limits {
        posts_per_second: rule.map(|rule| rule.per_second),
        posts_burst: rule.map(|rule| rule.burst),
        ..Limits::default()
    }
}

async fn sign_in(app: &App, origin: Origin, auth: Auth) -> Result<SignedIn, Refusal> {
    match auth {
        Auth::Peer => {
            let (account, uid) = peer(app, origin.uid).await?;
            Ok(SignedIn { account, credential: Credential::Peer { uid }, token: None, token_hash: None })
        }
        Auth::Token { token } => {
            let token_hash = hash_token(&token);
            let found = app.store.sign_in_by_token(token_hash).await?.ok_or_else(auth_failed)?;
            let credential = Credential::Token(found.id);
            Ok(SignedIn { account: found.account, credential, token: None, token_hash: Some(token_hash) })
        }
        Auth::Password { name, password } => {
            app.failed_sign_ins.begin(&name, origin.address, app.now())?;
            let account = app.store.account_by_name(name.clone()).await?;
            let hash = account.as_ref().and_then(|account| account.password.clone());
            // The work is done also where there is no such account: its time tells nothing.
            match (app.passwords.fits(password, hash).await?, account) {
                (true, Some(account)) => {
                    app.failed_sign_ins.clear(&name, origin.address);
                    with_token(app, account).await
                }
                _ => Err(auth_failed()),
            }
        }
        Auth::Register { name, password, code } => {
            let account = register(app, origin, name, (password, code)).await?;
            with_token(app, account).await
        }
    }
}

async fn peer(app: &App, uid: Option<u32>) -> Result<(Account, u32), Refusal> {
    match uid {
        None => Err(Refusal::wire(
            ErrorCode::AuthFailed,
            "Only a Unix socket tells who is at its other end; sign in with a name.",
        )),
        Some(NOBODY_UID) => {
            Err(Refusal::wire(ErrorCode::AuthFailed, "The user `nobody` stands for many; sign in with a name."))
        }
        Some(uid) => Ok((app.store.account_for_uid(uid, name_of_uid(uid), app.now()).await?, uid)),
    }
}

async fn register(
    app: &App,
    origin: Origin,
    name: Username,
    (password, code): (String, Option<String>),
) -> Result<Account, Refusal> {
    let is_free = match app.config.registration {
        Registration::Open => true,
        Registration::Loopback => origin.uid.is_some() || origin.is_loopback,
        Registration::Code => false,
    };
    let code = if is_free { None } else { Some(app.setup_code.redeem(code.as_deref()).ok_or_else(closed)?) };
    let hash = app.passwords.hash(password).await?;
    let account = app.store.create_account(name, hash, app.now()).await?;
    if let Some(code) = code {
        code.use_up();
    }
    Ok(account)
}

fn closed() -> Refusal {
    Refusal::wire(ErrorCode::RegistrationClosed, "Making an account here needs an invitation; ask the server's owner.")
}

async fn with_token(app: &App, account: Account) -> Result<SignedIn, Refusal> {
    let token = Token::random().ok_or_else(|| Refusal::wire(ErrorCode::Internal, "No token could be made."))?;
    let new = NewSignIn { account: account.id, token_hash: token.hash(), at: app.now() };
    let id = app.store.create_sign_in(new).await?;
    Ok(SignedIn { account, credential: Credential::Password(id), token: Some(token.reveal()), token_hash: None })
}

fn auth_failed() -> Refusal {
    Refusal::wire(ErrorCode::AuthFailed, "The name, password or token does not fit, or has been revoked.")
}

/// What each room changed since its cursor, as far as all together is small.
async fn resumed(app: &App, caller: &Caller, resume: Resume) -> Vec<Resumed> {
    let mut budget = PAGE_BUDGET_BYTES;
    let mut rooms: Vec<Resumed> = Vec::new();
    for cursor in resume.rooms.into_iter().take(RESUME_MAX) {
        let room: RoomId = cursor.room;
        if let Ok(resumed) = app.rooms.resume(caller, room, cursor.after, &mut budget).await {
            rooms.push(resumed);
        }
    }
    rooms
}
