//! `chat send ROOM [TEXT…]`: posts a message, from words or standard input. Must not know how a stream is posted.

use std::io::IsTerminal;

use chat_proto::request::Post;
use chat_proto::text::CodeLanguage;
use tokio::io::AsyncReadExt;

use super::posting::print_posted;
use super::send_args::SendArgs;
use super::send_stream;
use crate::argument;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::stdin_text;

/// Standard input is read up to this many bytes; `--fit` selects from them.
const STDIN_MAX_BYTES: u64 = 64 * 1024 * 1024;

pub(super) async fn run(args: &SendArgs, context: &Context) -> Result<(), CliError> {
    if args.stream {
        return send_stream::run(args, context).await;
    }
    let code: Option<CodeLanguage> = args
        .code
        .as_deref()
        .map(|language| argument::text("language", language).map_err(CliError::usage))
        .transpose()?;
    let text = read_text(&args.text).await?;
    let mut session = context.connect().await?;
    let bodies = stdin_text::fit(&text, args.fit(), &session.welcome.limits)?;
    let room = session.room(&args.room).await?;
    for (index, body) in bodies.iter().enumerate() {
        let body = argument::text("message", body).map_err(CliError::usage)?;
        let post = Post {
            room,
            key: args.key(index)?,
            body,
            life: args.life(),
            code: code.clone(),
            reply_to: None,
            chain: None,
        };
        let posted = session.call(&post).await?;
        print_posted(context, &mut session, &post, &posted)?;
    }
    Ok(())
}

/// Returns the words, or standard input if there are none.
pub(super) async fn read_text(words: &[String]) -> Result<String, CliError> {
    if !words.is_empty() {
        return stdin_text::clean(words.join(" ").as_bytes());
    }
    if std::io::stdin().is_terminal() {
        return Err(CliError::usage("no text: give it after the room, or pipe it in (`echo hi | chat send general`)"));
    }
    let mut bytes = Vec::new();
    tokio::io::stdin().take(STDIN_MAX_BYTES + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > STDIN_MAX_BYTES {
        return Err(CliError::usage(format!("the input is longer than {} MiB", STDIN_MAX_BYTES >> 20)));
    }
    stdin_text::clean(&bytes)
}
