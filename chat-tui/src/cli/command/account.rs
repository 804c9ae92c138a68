//! `register`, `login`, `logout`, `whoami`, `passwd`: accounts and signing in. Must not know how tokens are stored.

use chat_proto::client_frame::Auth;
use chat_proto::error::ErrorCode;
use chat_proto::request::{Logout, SetPassword};
use chat_proto::text::Username;
use clap::Args;

use crate::argument::person_name;
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit};
use crate::cli::json::{IdentityLine, Line, UserFields};
use crate::cli::prompt::{lines_of_stdin, secret};
use crate::cli::session::CliSession;
use crate::net::ServerAddress;

/// The arguments of `register`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat --server ws://localhost:4000 register ana\n  echo \"$SECRET\" | chat register ana --password-stdin"
)]
pub(in crate::cli) struct RegisterArgs {
    /// Your name on the server.
    #[arg(value_parser = person_name)]
    name: Username,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Use this code: from an invitation, or the one the server printed at its first start.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

/// The arguments of `login`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat --server wss://chat.example.org login ana\n  chat login ana --token-stdin < token.txt"
)]
pub(in crate::cli) struct LoginArgs {
    /// Your name on the server.
    #[arg(value_parser = person_name)]
    name: Username,
    /// Read the password from standard input.
    #[arg(long, conflicts_with = "token_stdin")]
    password_stdin: bool,
    /// Read a token from standard input instead of a password.
    #[arg(long)]
    token_stdin: bool,
}

/// The arguments of `passwd`.
#[derive(Args, Debug)]
#[command(
    after_help = "Ends all other sign-ins of your account.\n\nExample:\n  printf '%s\\n%s\\n' \"$OLD\" \"$NEW\" | chat passwd --password-stdin"
)]
pub(in crate::cli) struct PasswdArgs {
    /// Read the old and the new password from standard input, one per line.
    #[arg(long)]
    password_stdin: bool,
}

pub(super) async fn register(args: &RegisterArgs, context: &Context) -> Result<(), CliError> {
    let address = context.address().await?;
    let password = if args.password_stdin {
        line_of_stdin().await?
    } else {
        // Nobody types a password for a server that does not answer.
        context.probe(&address).await?;
        ask_twice("Password").await?
    };
    let auth = Auth::Register { name: args.name.clone(), password, code: args.code.clone() };
    let is_by_hand = !args.password_stdin;
    sign_in(context, address, auth, SignIn { done: "registered and signed in", name: &args.name, is_by_hand }).await
}

pub(super) async fn login(args: &LoginArgs, context: &Context) -> Result<(), CliError> {
    let address = context.address().await?;
    let auth = if args.token_stdin {
        Auth::Token { token: line_of_stdin().await? }
    } else {
        let password = if args.password_stdin {
            line_of_stdin().await?
        } else {
            context.probe(&address).await?;
            secret("Password").await?
        };
        Auth::Password { name: args.name.clone(), password }
    };
    let is_by_hand = !args.password_stdin && !args.token_stdin;
    sign_in(context, address, auth, SignIn { done: "signed in", name: &args.name, is_by_hand }).await
}

/// A sign-in as it was asked for.
struct SignIn<'a> {
    /// What is said if it succeeds.
    done: &'a str,
    /// The account it must be of.
    name: &'a Username,
    /// Whether a person typed the password, and not a script.
    is_by_hand: bool,
}

async fn sign_in(
    context: &Context,
    address: ServerAddress,
    auth: Auth,
    SignIn { done, name: asked, is_by_hand }: SignIn<'_>,
) -> Result<(), CliError> {
    let given = match &auth {
        Auth::Token { token } => Some(token.clone()),
        Auth::Peer | Auth::Password { .. } | Auth::Register { .. } => None,
    };
    let session = context.connect_as(address.clone(), auth).await?;
    let name = session.welcome.user.name.as_str();
    if session.welcome.user.name != *asked {
        let message =
            format!("this token belongs to {name}, not {asked}; nothing was saved. Use `chat login {name}` for it");
        return Err(CliError::with(Exit::NotSignedIn, ErrorCode::AuthFailed, message));
    }
    if let Some(token) = session.welcome.token.as_ref().or(given.as_ref()) {
        context.keep_token(&address, name, token)?;
    }
    if is_by_hand {
        // The sign-in itself has succeeded.
        context.remember_server(&address, name).unwrap_or_else(|error| context.output.info(&error.to_string()));
    }
    let text = format!("{done} at {address} as {name}");
    print_identity(context, &session, &address, &text)
}

fn print_identity(
    context: &Context,
    session: &CliSession,
    address: &ServerAddress,
    text: &str,
) -> Result<(), CliError> {
    let welcome = &session.welcome;
    let line = IdentityLine {
        user: UserFields::from(&welcome.user),
        server: &address.to_string(),
        server_version: &welcome.server_version,
        epoch: &welcome.epoch.0,
    };
    context.output.data(&Line::Identity(line), text)
}

pub(super) async fn logout(context: &Context) -> Result<(), CliError> {
    let address = context.address().await?;
    let auth = context.auth(&address).await?;
    if matches!(auth, Auth::Peer) {
        return Err(CliError::usage(format!(
            "{address} identifies you by your system user; there is nothing to sign out of"
        )));
    }
    let result = async {
        let session = context.connect_as(address.clone(), auth).await?;
        session.call(&Logout {}).await
    };
    let result = result.await;
    // A token that the server refuses is useless: remove it too.
    let is_gone = match &result {
        Ok(_) => true,
        Err(CliError::Failed { exit, .. }) => *exit == Exit::NotSignedIn,
        Err(_) => false,
    };
    if is_gone {
        let mut credentials = context.credentials()?;
        for name in [context.server_name(&address), address.to_string()] {
            credentials.remove(&name).map_err(|error| CliError::failed(error.to_string()))?;
        }
    }
    result?;
    context.output.info(&format!("signed out of {address}"));
    Ok(())
}

pub(super) async fn whoami(context: &Context) -> Result<(), CliError> {
    let address = context.address().await?;
    let auth = context.auth(&address).await?;
    let session = context.connect_as(address.clone(), auth).await?;
    let user = &session.welcome.user;
    let text = format!("{} at {address}", user.name);
    print_identity(context, &session, &address, &text)
}

pub(super) async fn passwd(args: &PasswdArgs, context: &Context) -> Result<(), CliError> {
    let session = context.connect().await?;
    let (old, new) = if args.password_stdin {
        let [old, new] = lines_of_stdin().await?;
        (old, new)
    } else {
        (secret("Current password (empty if there is none)").await?, ask_twice("New password").await?)
    };
    session.call(&SetPassword { old: Some(old).filter(|old| !old.is_empty()), new }).await?;
    context.output.info("password changed; all other sign-ins have ended");
    Ok(())
}

async fn line_of_stdin() -> Result<String, CliError> {
    let [line] = lines_of_stdin().await?;
    if line.is_empty() { Err(CliError::usage("standard input has no line")) } else { Ok(line) }
}

async fn ask_twice(prompt: &str) -> Result<String, CliError> {
    let first = secret(prompt).await?;
    if secret("Repeat it").await? == first {
        Ok(first)
    } else {
        Err(CliError::usage("the passwords differ; nothing was changed"))
    }
}
