//! Four scripts that use every subcommand with `--json`: each line they print is as `chat help json` documents it.
//!
//! A line of a script is a person, a command, its input behind `<`, and behind `=>` the types of the lines it prints: on
//! standard output, and behind `!` on standard error.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use chat_tests::client::Home;
use chat_tests::program;
use chat_tests::server::Server;

use crate::json_page::PAGE;

const ROOM: &str = "
    ana  room create ops --topic friday --description all        => joined
    ben  room join ops                                           => joined
    ana  send ops deploy k8s --key k-1                           => message
    ana  send ops deploy k8s --key k-1                           => message
    ana  send ops --code=rust fn                                 => message
    ana  send ops --ttl 1h gone                                  => message
    ana  send ops --stream < deploy k8s                          => message
    ana  edit ops/3 deploy k8s again                             => edited
    ana  versions ops/3                                          => message version
    ana  delete ops/5                                            => deleted
    ana  rsvp ops attending                                      => rsvp_counts
    ana  room topic ops monday                                   => topic_set
    ana  room topic ops                                          => room_topic
    ana  room topic ops --clear                                  => topic_set
    ana  room topic ops                                          => room_topic
    ana  room describe ops everything                            => description_set
    ana  room describe ops                                       => room_description
    ana  room describe ops --clear                               => description_set
    ben  unread                                                  => unread
    ben  read ops                                                => read_marker
    ben  trending ops                                            => trending
    ben  wait ops --match k8s --since ops/5                      => message
    ben  room leave ops                                          => left
    ana  tail ops --since ops/1                   => delete description edit join leave message rsvp topic
    ben  history R2                                       => delete description joins message rsvp topic
";

const PEOPLE: &str = "
    ana  room create ops --ttl 1h --close-when-empty --topic on  => joined
    ben  rooms                                                   => room
    ben  room info ops                                           => room_info
    ben  room info R2                                            => room_info
    ben  room topic R2                                           => room_topic
    ana  room members ops                                        => member
    ana  who                                                     => person
    ana  who ops                                                 => person
    ana  status away lunch                                       => presence
    ana  whoami                                                  => identity
    zoe  register zoe --password-stdin < correct-horse           => identity
    zoe  passwd --password-stdin < correct-horse battery-staple  => ! notice
    zoe  logout                                                  => ! notice
    zoe  whoami                                                  => ! error
    zoe  login zoe --password-stdin < wrong-password             => ! error
    zoe  login zoe --password-stdin < battery-staple             => identity
    ana  tail nosuch                                             => ! error
    ana  wait ops --match x --timeout 100ms                      => ! error
    ana  delete ops/97 ops/98                                    => ! error
    ana  send ops < \0                                           => ! error
    ana  tail                                                    => ! error
";

const PROGRAMS: &str = "
    ana  local start                                             => ! notice
    ana  local status                                            => local_server
    ana  run general -- true                                     => run ! notice
    ana  local log -n 2                                          => log
    ana  run --server unix:/no --persistent general -- true      => run ! error
    ana  outbox list --server unix:/no                           => outbox_post
    ana  outbox drop --all --server unix:/no                     => ! notice
    ana  outbox retry                                            =>
    ana  doctor                                                  => check
    ana  local backup FOLDER/chat.db                             => backup
    ana  local restart                                           => ! notice
    ana  local stop                                              => ! notice
    ana  local restore --force FOLDER/chat.db                    => restore
    ana  profile list                                            => profile
    ana  profile default work                                    => ! notice
    ana  profile default --none                                  => ! notice
    ana  profile default nosuch                                  => ! error
    ana  serve --listen bad                                      => ! error
";

const SERVER: &str = "
    op  doctor --listen 127.0.0.1:0 --data DATA                  => check
    op  backup FOLDER/chat.db --data DATA                        => backup
    op  restore FOLDER/chat.db --data FOLDER/data                => restore
    op  restore --force FOLDER/chat.db --data FOLDER/data        => restore
    op  prune --before 2099-01-01 --data FOLDER/data             => prune
";

/// Commands that print text, whatever the flag.
const TEXT: [&str; 4] = ["completions", "help", "man", "serve"];

/// Types that no command can be made to print here; other tests do it, but for a name that nothing can change yet.
const ELSEWHERE: [&str; 3] = ["damaged", "expire", "rename"];

struct Step {
    who: &'static str,
    command: &'static str,
    input: &'static str,
    output: &'static str,
    errors: &'static str,
}

fn steps(script: &'static str) -> impl Iterator<Item = Step> {
    script.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let (typed, types) = line.split_once("=>").expect("types");
        let (typed, input) = typed.split_once(" < ").unwrap_or((typed, ""));
        let (who, command) = typed.trim().split_once(' ').expect("a command");
        let (output, errors) = types.split_once('!').unwrap_or((types, ""));
        Step { who, command: command.trim(), input: input.trim(), output: output.trim(), errors: errors.trim() }
    })
}

/// Checks the lines a step prints, and returns their types, each once.
fn types(text: &[u8], is_child_shown: bool) -> String {
    let text = String::from_utf8_lossy(text).into_owned();
    let lines = text.lines().filter(|line| !is_child_shown || line.starts_with('{'));
    lines.map(|line| PAGE.check(line)).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

fn play(script: &'static str, run: impl Fn(&Step) -> Output) {
    for step in steps(script) {
        let output = run(&step);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(types(&output.stdout, false), step.output, "{}: {errors}", step.command);
        assert_eq!(types(&output.stderr, step.command.starts_with("run ")), step.errors, "{}: {errors}", step.command);
        // `run` exits with the status of its command.
        let has_failed = step.errors == "error" && !step.command.starts_with("run ");
        assert_eq!(output.status.success(), !has_failed, "{}: {errors}", step.command);
    }
}

/// Runs `chat` in the home of the step's person; a word of the input is a line.
fn chat(homes: &BTreeMap<&str, Home>, step: &Step) -> Output {
    let home = &homes[step.who];
    let folder = home.path().display().to_string();
    let command = step.command.replace("FOLDER", &folder);
    let arguments: Vec<&str> = std::iter::once("--json").chain(command.split_whitespace()).collect();
    home.pipe(&arguments, step.input.replace(' ', "\n").as_bytes())
}

fn people(server: &Server) -> BTreeMap<&'static str, Home> {
    let mut stranger = Home::default();
    stranger.set("CHAT_SERVER", &format!("ws://{}", server.address()));
    let (ana, ben) = (Home::signed_in(server, "ana"), Home::signed_in(server, "ben"));
    BTreeMap::from([("ana", ana), ("ben", ben), ("zoe", stranger)])
}

#[test]
fn the_lines_of_a_rooms_day_are_as_documented() {
    let server = Server::start();
    let homes = people(&server);
    play(ROOM, |step| chat(&homes, step));
}

#[test]
fn the_lines_about_rooms_people_and_failures_are_as_documented() {
    let server = Server::start();
    let homes = people(&server);
    play(PEOPLE, |step| chat(&homes, step));
}

#[test]
fn the_lines_of_the_programs_themselves_are_as_documented() {
    let homes = BTreeMap::from([("ana", Home::default())]);
    homes["ana"].configure("[profiles.work]\nserver = \"ws://127.0.0.1:1\"\n");
    play(PROGRAMS, |step| chat(&homes, step));
    let server = Server::start();
    Home::signed_in(&server, "ana").output(&["send", "general", "old"]);
    let folder = tempfile::tempdir().expect("a folder");
    let (data, folder) = (server.data().display().to_string(), folder.path().display().to_string());
    play(SERVER, |step| {
        let command = step.command.replace("DATA", &data).replace("FOLDER", &folder);
        let mut server = Command::new(program::path("chat-server"));
        server.args(command.split_whitespace()).arg("--json").output().expect("it runs")
    });
}

/// Collects the subcommands that help lists, but for groups of others: those in the group.
fn leaves(home: &Home, path: &str, found: &mut Vec<String>) {
    let arguments: Vec<&str> = std::iter::once("help").chain(path.split_whitespace()).collect();
    let text = home.output(&arguments);
    let Some((_, commands)) = text.split_once("\nCommands:\n") else { return found.push(path.to_owned()) };
    for line in commands.lines().take_while(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().expect("a name");
        if !line.starts_with("   ") && (name != "help" || path.is_empty()) {
            leaves(home, format!("{path} {name}").trim(), found);
        }
    }
}

#[test]
fn the_scripts_use_every_subcommand_and_print_every_type() {
    let mut subcommands = Vec::new();
    leaves(&Home::default(), "", &mut subcommands);
    assert!(subcommands.len() > 30, "{subcommands:?}");
    let scripts = [ROOM, PEOPLE, PROGRAMS, SERVER];
    let all: Vec<Step> = scripts.into_iter().flat_map(steps).collect();
    subcommands.retain(|name| {
        !TEXT.contains(&name.as_str())
            && !all.iter().any(|step| format!("{} ", step.command).starts_with(&format!("{name} ")))
    });
    assert_eq!(subcommands, Vec::<String>::new(), "subcommands without a line in a script");
    let printed: BTreeSet<&str> =
        all.iter().flat_map(|step| step.output.split(' ').chain(step.errors.split(' '))).chain(ELSEWHERE).collect();
    let missing: Vec<_> = PAGE.types().filter(|name| !printed.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "types that no script prints");
}
