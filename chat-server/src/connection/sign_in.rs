//! Signing in: proves who a caller is, by uid, token, password or a new account. Must not know connections: a door that keeps
//! none signs in the same way.

use chat_proto::client_frame::Auth;
use chat_proto::error::ErrorCode;
use chat_proto::text::Username;

use super::bounds::check_new_name;
use super::error::Refusal;
use crate::access::{Caller, Credential, Origin, Scopes};
use crate::auth::{NOBODY_UID, Token, hash_token, name_of_uid};
use crate::server::{Redeemed, Registration, Server};
use crate::store::{Account, NewSignIn};

/// A sign-in that succeeded.
pub struct SignedIn {
    /// Who it is.
    pub account: Account,
    /// How it was proved.
    pub credential: Credential,
    /// A new token, to be shown once.
    pub token: Option<String>,
    /// The hash of the token that was given.
    token_hash: Option<[u8; 32]>,
}

impl SignedIn {
    /// The caller of a door that keeps no connection. It shares the account's standing: a change of its role and the end of
    /// its sign-in reach it as they reach a connection.
    ///
    /// # Errors
    /// Refused as a wrong token is, if the token has been revoked since it was looked up.
    pub async fn caller(&self, server: &Server, origin: Origin) -> Result<Caller, Refusal> {
        let standing = server.connections.standing(self.account.id);
        // A sign-in that was revoked before the standing was held is not noted there.
        self.check_again(server).await?;
        Ok(Caller::new(self.account.id, origin, self.credential, Scopes::ALL, standing))
    }

    /// Checks that the token has not been revoked since it was looked up.
    ///
    /// # Errors
    /// Refused as a wrong token is.
    pub(super) async fn check_again(&self, server: &Server) -> Result<(), Refusal> {
        match self.token_hash {
            Some(token) if server.store.sign_in_by_token(token).await?.is_none() => Err(auth_failed()),
            Some(_) | None => Ok(()),
        }
    }
}

/// Signs a caller in.
///
/// # Errors
/// `auth_failed` whatever is wrong with the credentials; [`Refusal::Limited`] after too many attempts.
pub async fn sign_in(server: &Server, origin: Origin, auth: Auth) -> Result<SignedIn, Refusal> {
    let claimed = match &auth {
        Auth::Peer | Auth::Token { .. } => None,
        Auth::Password { name, .. } | Auth::Register { name, .. } => Some(name),
    };
    server.sign_in_limiter.check(origin, claimed, server.now())?;
    let signed_in = prove(server, origin, auth).await?;
    server.sign_in_limiter.on_signed_in(origin, &signed_in.account.name);
    Ok(signed_in)
}

async fn prove(server: &Server, origin: Origin, auth: Auth) -> Result<SignedIn, Refusal> {
    match auth {
        Auth::Peer => {
            let (account, uid) = peer(server, origin.uid).await?;
            Ok(SignedIn { account, credential: Credential::Peer { uid }, token: None, token_hash: None })
        }
        Auth::Token { token } => {
            let token_hash = hash_token(&token);
            let found = server.store.sign_in_by_token(token_hash).await?.ok_or_else(auth_failed)?;
            let credential = Credential::Token(found.id);
            Ok(SignedIn { account: found.account, credential, token: None, token_hash: Some(token_hash) })
        }
        Auth::Password { name, password } => {
            let is_known = server.sign_in_limiter.is_known(origin, &name);
            let attempt = server.failed_sign_ins.begin(&name, origin, is_known, server.now())?;
            match by_password(server, origin, name, password).await {
                Ok(Some(account)) => {
                    attempt.succeeded();
                    with_token(server, account).await
                }
                Ok(None) => Err(auth_failed()),
                Err(refusal) => {
                    attempt.was_not_judged();
                    Err(refusal)
                }
            }
        }
        Auth::Register { name, password, code } => {
            let account = register(server, origin, name, (password, code)).await?;
            with_token(server, account).await
        }
    }
}

/// Returns the account of a name whose password this is; `None` if either is wrong.
async fn by_password(
    server: &Server,
    origin: Origin,
    name: Username,
    password: String,
) -> Result<Option<Account>, Refusal> {
    let account = server.store.account_by_name(name.clone()).await?;
    let hash = account.as_ref().and_then(|account| account.password.clone());
    // The work is done even if there is no such account: the time it takes reveals nothing.
    let fits = server.passwords.fits((origin.source(), name), password, hash).await?;
    Ok(account.filter(|_| fits))
}

async fn peer(server: &Server, uid: Option<u32>) -> Result<(Account, u32), Refusal> {
    match uid {
        None => Err(Refusal::wire(
            ErrorCode::AuthFailed,
            "Only a Unix socket tells who is at its other end; sign in with a name.",
        )),
        Some(NOBODY_UID) => {
            Err(Refusal::wire(ErrorCode::AuthFailed, "The user `nobody` stands for many; sign in with a name."))
        }
        Some(uid) => Ok((server.store.account_for_uid(uid, name_of_uid(uid), server.now()).await?, uid)),
    }
}

async fn register(
    server: &Server,
    origin: Origin,
    name: Username,
    (password, code): (String, Option<String>),
) -> Result<Account, Refusal> {
    check_new_name(name.check_new(), "auth.name")?;
    let is_free = match server.adjustable().registration {
        Registration::Open => true,
        Registration::Loopback => origin.uid.is_some() || origin.is_loopback,
        Registration::Code => false,
    };
    let code = if is_free { None } else { Some(redeem(server, code.as_deref()).await?) };
    let hash = server.passwords.hash((origin.source(), name.clone()), password).await?;
    let account = server.store.create_account(name, hash, server.now()).await?;
    if let Some(code) = code {
        code.use_up();
    }
    Ok(account)
}

/// Takes the setup code. It is for the first account: once there is one, however it was made, the code ends.
async fn redeem<'a>(server: &'a Server, given: Option<&str>) -> Result<Redeemed<'a>, Refusal> {
    let code = server.setup_code.redeem(given).ok_or_else(closed)?;
    if server.store.has_accounts().await? {
        code.use_up();
        return Err(closed());
    }
    Ok(code)
}

fn closed() -> Refusal {
    Refusal::wire(ErrorCode::RegistrationClosed, "Making an account here needs an invitation; ask the server's owner.")
}

async fn with_token(server: &Server, account: Account) -> Result<SignedIn, Refusal> {
    let token = Token::random().ok_or_else(|| Refusal::wire(ErrorCode::Internal, "No token could be made."))?;
    let new = NewSignIn { account: account.id, token_hash: token.hash(), at: server.now() };
    let id = server.store.create_sign_in(new).await?;
    Ok(SignedIn { account, credential: Credential::Password(id), token: Some(token.reveal()), token_hash: None })
}

fn auth_failed() -> Refusal {
    Refusal::wire(ErrorCode::AuthFailed, "Wrong name, password or token.")
}
