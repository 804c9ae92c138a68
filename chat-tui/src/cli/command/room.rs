//! `chat room …`: creates, joins, leaves and describes rooms. Must not know who may do it.

use std::str::FromStr;

use chat_proto::error::ErrorCode;
use chat_proto::request::{CreateRoom, Join, Leave, Members, RoomInfo, SetDescription, SetTopic};
use chat_proto::room::{Membership, RoomKind};
use chat_proto::text::{Description, RoomName, TextError};
use clap::{Args, Subcommand};

use crate::argument::{self, RoomRef, duration_text, room_name, ttl_ms};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{
    ChangeLine, JoinedLine, LeftLine, Line, MemberLine, RoomDescriptionLine, RoomInfoLine, RoomTopicLine, SERVER,
};
use crate::cli::outbox::remember_rooms;
use crate::cli::session::CliSession;

/// The subcommands of `room`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RoomCommand {
    /// Create a room and join it.
    Create(CreateArgs),
    /// Join a room.
    #[command(after_help = "Example:\n  chat room join ops")]
    Join(RoomArg),
    /// Leave a room.
    #[command(after_help = "Example:\n  chat room leave ops")]
    Leave(RoomArg),
    /// Show, set or clear a room's topic.
    Topic(TopicArgs),
    /// Show, set or clear a room's description.
    Describe(DescribeArgs),
    /// Show the details of a room.
    #[command(after_help = "Examples:\n  chat room info ops\n  chat room info ops --json | jq .messages")]
    Info(RoomArg),
    /// List the members of a room.
    #[command(after_help = "Examples:\n  chat room members ops\n  chat room members ops --json | jq -r .user.name")]
    Members(RoomArg),
}

/// The arguments of subcommands that take only a room.
#[derive(Args, Debug)]
pub(in crate::cli) struct RoomArg {
    /// The room: general, #general or R1.
    room: RoomRef,
}

/// The arguments of `room create`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat room create builds --topic 'what CI says'\n  chat room create scratch --ttl 30s --close-when-empty\n  chat room create builds --if-not-exists"
)]
pub(in crate::cli) struct CreateArgs {
    /// The room's name: letters and digits, and - _ . after the first; a leading # is ignored.
    #[arg(value_parser = room_name)]
    name: RoomName,
    /// Set the topic: one line about the room.
    #[arg(long, value_name = "TEXT")]
    topic: Option<String>,
    /// Set the description of the room.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Let messages expire after this time by default: 30s, 1h (a bare number counts seconds), or low, normal, high.
    #[arg(long, value_name = "TIME", value_parser = ttl_ms, allow_hyphen_values = true)]
    ttl: Option<u64>,
    /// Close the room when its last member leaves.
    #[arg(long)]
    close_when_empty: bool,
    /// Join the room, unchanged, if there is one of this name already.
    #[arg(long)]
    if_not_exists: bool,
}

/// The arguments of `room topic`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat room topic ops                   show the topic\n  chat room topic ops 'on call: ana'    set the topic\n  chat room topic ops --clear           clear the topic"
)]
pub(in crate::cli) struct TopicArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// The new topic; shows the current one if omitted.
    text: Vec<String>,
    /// Clear the topic.
    #[arg(long, conflicts_with = "text")]
    clear: bool,
}

/// The arguments of `room describe`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat room describe ops                            show the description\n  chat room describe ops 'what runs, what broke'    set the description\n  chat room describe ops --clear                    clear the description"
)]
pub(in crate::cli) struct DescribeArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// The new description; shows the current one if omitted.
    text: Vec<String>,
    /// Clear the description.
    #[arg(long, conflicts_with = "text")]
    clear: bool,
}

fn parse_text<T: FromStr<Err = TextError>>(name: &str, text: &str) -> Result<T, CliError> {
    argument::text(name, text).map_err(CliError::usage)
}

pub(super) async fn run(command: &RoomCommand, context: &Context) -> Result<(), CliError> {
    match command {
        RoomCommand::Create(args) => create(args, context).await,
        RoomCommand::Join(args) => join(args, context).await,
        RoomCommand::Leave(args) => leave(args, context).await,
        RoomCommand::Topic(args) => topic(args, context).await,
        RoomCommand::Describe(args) => describe(args, context).await,
        RoomCommand::Info(args) => info(args, context).await,
        RoomCommand::Members(args) => members(args, context).await,
    }
}

async fn create(args: &CreateArgs, context: &Context) -> Result<(), CliError> {
    let request = CreateRoom {
        name: args.name.clone(),
        kind: RoomKind::Public,
        topic: args.topic.as_deref().map(|text| parse_text("topic", text)).transpose()?,
        description: args.description.as_deref().map(|text| parse_text("description", text)).transpose()?,
        default_ttl_ms: args.ttl,
        closes_when_empty: args.close_when_empty,
    };
    let mut session = context.connect().await?;
    let created = match session.call(&request).await {
        Err(error) if args.if_not_exists && error.is(ErrorCode::NameTaken) => {
            let room = session.room(&RoomRef::Name(args.name.clone())).await.map_err(|_| error)?;
            session.call(&Join { room }).await?
        }
        created => created?,
    };
    print_joined(context, &mut session, &created, args.name.as_str()).await
}

async fn join(args: &RoomArg, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let joined = session.call(&Join { room }).await?;
    print_joined(context, &mut session, &joined, &format!("joined {}", args.room)).await
}

async fn print_joined(
    context: &Context,
    session: &mut CliSession,
    joined: &Membership,
    text: &str,
) -> Result<(), CliError> {
    // `run` may have to know it before any other command has seen the room.
    remember_rooms(&context.outbox(), std::iter::once(&joined.room));
    if context.output.is_json() {
        session.load_people_of([&joined.room]).await?;
    }
    let names = session.names();
    context.output.data(&Line::Joined(JoinedLine::new(joined, &|id| names.user(id))), text)
}

async fn leave(args: &RoomArg, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    session.call(&Leave { room }).await?;
    let name = session.names().room(room);
    context.output.data(&Line::Left(LeftLine::new(&name, room)), &format!("left {}", args.room))
}

async fn topic(args: &TopicArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let name = session.names().room(room);
    if args.text.is_empty() && !args.clear {
        let info = session.call(&RoomInfo { room }).await?;
        session.names().add_users(&info.users);
        let (names, topic) = (session.names(), info.listing.room.topic.as_ref());
        let line = RoomTopicLine::new(&name, room, topic, &|id| names.user(id));
        return context.output.data(&Line::RoomTopic(line), topic.map_or("", |topic| topic.text.as_str()));
    }
    let topic = if args.clear { None } else { Some(parse_text("topic", &args.text.join(" "))?) };
    let changed = session.call(&SetTopic { room, topic }).await?;
    context.output.data_if_json(&Line::TopicSet(ChangeLine::room(&name, room, changed)))
}

async fn describe(args: &DescribeArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let name = session.names().room(room);
    if args.text.is_empty() && !args.clear {
        let description = session.call(&RoomInfo { room }).await?.listing.room.description;
        let text = description.as_ref().map_or("", Description::as_str);
        let line = RoomDescriptionLine::new(&name, room, description.as_ref());
        return context.output.data(&Line::RoomDescription(line), text);
    }
    let description = if args.clear { None } else { Some(parse_text("description", &args.text.join(" "))?) };
    let changed = session.call(&SetDescription { room, description }).await?;
    context.output.data_if_json(&Line::DescriptionSet(ChangeLine::room(&name, room, changed)))
}

async fn info(args: &RoomArg, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let info = session.call(&RoomInfo { room }).await?;
    session.names().add_users(&info.users);
    let text = info_text(&info, &mut session);
    let names = session.names();
    context.output.data(&Line::RoomInfo(RoomInfoLine::new(&info, &|id| names.user(id))), &text)
}

fn info_text(info: &chat_proto::request::RoomInfoAnswer, session: &mut CliSession) -> String {
    let room = &info.listing.room;
    let name = room.name.as_ref().map_or_else(|| room.id.to_string(), |name| format!("#{name}"));
    let mut lines = vec![format!("{name}  ({})", room.id)];
    if let Some(topic) = &room.topic {
        let by = session.names().user(topic.by);
        lines.push(format!("topic        {}  — {by}, {}", topic.text, crate::cli::output::local_time(topic.at)));
    }
    if let Some(description) = &room.description {
        // Behind the column of names, so that no line of it passes for one of these.
        lines.push(format!("description  {}", description.as_str().replace('\n', "\n             ")));
    }
    lines.push(format!("members      {} ({} online)", room.members, info.listing.online));
    lines.push(format!("messages     {} (latest number {})", info.messages, info.head));
    if let Some(ttl) = room.default_ttl_ms {
        lines.push(format!("messages expire after {}", duration_text(ttl)));
    }
    if info.rsvp.attending + info.rsvp.interested > 0 {
        lines.push(format!("attending    {}, interested {}", info.rsvp.attending, info.rsvp.interested));
    }
    let creator =
        if room.created_by == SERVER { "the server".to_owned() } else { session.names().user(room.created_by) };
    lines.push(format!("created      {} by {creator}", crate::cli::output::local_time(room.created_at)));
    lines.join("\n")
}

async fn members(args: &RoomArg, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let name = session.names().room(room);
    let mut after = None;
    loop {
        let page = session.call(&Members { room, after, limit: session.welcome.limits.page_max }).await?;
        for member in &page.members {
            let text = super::who::row(&member.user.name.to_string(), &member.presence);
            context.output.data(&Line::Member(MemberLine::new(&name, room, member)), &text)?;
        }
        after = page.members.last().map(|member| member.user.name.clone());
        if !page.has_more || after.is_none() {
            return Ok(());
        }
    }
}
