//! `chat send ROOM [TEXT…]`: posts a message, from words or standard input. Must not know how a stream is posted.

use chat_proto::request::Post;
use chat_proto::text::CodeLanguage;

use super::posting::{post_patiently, print_posted};
use super::send_args::SendArgs;
use super::send_stream;
use super::text_input::{Input, read_end, read_text};
use crate::argument;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::stdin_text::Fit;

pub(super) async fn run(args: &SendArgs, context: &Context) -> Result<(), CliError> {
    if args.stream {
        if args.is_stdin() {
            return send_stream::run(args, context).await;
        }
        return Err(CliError::usage("--stream posts the lines of standard input; leave out the text"));
    }
    if let Some(language) = args.unheard_language() {
        context
            .output
            .warning(&format!("{language:?} was sent as part of the text; to set the language, use --code={language}"));
    }
    let code: Option<CodeLanguage> = args
        .code
        .as_deref()
        .map(|language| argument::text("language", language).map_err(CliError::usage))
        .transpose()?;
    let input = if args.is_stdin() && args.fit() == Some(Fit::Tail) {
        read_end(&args.text).await?
    } else {
        Input::whole(read_text(&args.text).await?)
    };
    let mut session = context.connect().await?;
    let bodies = input.fit(args.fit(), &session.welcome.limits)?;
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
        let posted =
            if args.no_wait { session.call(&post).await? } else { post_patiently(context, &session, &post).await? };
        print_posted(context, &mut session, &post, &posted)?;
    }
    Ok(())
}
