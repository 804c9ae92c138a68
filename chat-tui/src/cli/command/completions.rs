//! `chat completions SHELL`: prints completions: clap's for commands and options, and for names that only a server knows a call of
//! `chat complete`. Must not know which subcommands there are.

use clap::{Arg, Args, Command, ValueHint};
use clap_complete::Shell;

use super::complete::names_something;
use crate::cli::exit::CliError;

/// The arguments of `completions`.
#[derive(Args, Debug)]
#[command(
    after_help = "Completes rooms, profiles and messages, too, if the server answers within a second.\n\nExamples:\n  chat completions bash > ~/.local/share/bash-completion/completions/chat\n  chat completions zsh > ~/.zfunc/_chat\n  chat completions fish > ~/.config/fish/completions/chat.fish"
)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

const BASH: &str = r#"
_chat_or_values() {
    local values
    values=$(command chat complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [[ -n $values ]]; then
        # Behind ROOM/ the number follows.
        [[ $values == */ ]] && compopt -o nospace 2>/dev/null
        local IFS=$'\n'
        COMPREPLY=($values)
    else
        _chat "$@"
    fi
}
complete -F _chat_or_values -o nosort -o bashdefault -o default chat
"#;

const ZSH: &str = r#"
_chat_or_values() {
    local -a values
    values=("${(@f)$(command chat complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n $values[1] ]]; then
        # Behind ROOM/ the number follows.
        [[ $values[1] == */ ]] && compadd -S '' -- $values || compadd -- $values
    else
        _chat "$@"
    fi
}
if [ "$funcstack[1]" = "_chat" ]; then
    _chat_or_values "$@"
fi
compdef _chat_or_values chat
"#;

const FISH: &str = r#"
function __fish_chat_values
    set -l words (commandline -opc)
    command chat complete -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c chat -f -n "count (__fish_chat_values) >/dev/null" -a "(__fish_chat_values)"
"#;

/// The end of an option that takes a value other than a file. fish asks nothing but the option's own line for its value.
const FISH_NO_FILES: &str = " -r -f\n";
const FISH_VALUES: &str = " -r -f -a \"(__fish_chat_values)\"\n";

pub(super) fn run(args: &CompletionsArgs, definition: &Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut without_hidden(definition), "chat", &mut script);
    let script = String::from_utf8(script).expect("invariant: the scripts are made of strings");
    let script = match args.shell {
        Shell::Bash => script + BASH,
        // Its last lines call the function that ours calls.
        Shell::Zsh => match script.rfind("\nif [ \"$funcstack[1]\"") {
            Some(end) => script[..end].to_owned() + ZSH,
            None => script,
        },
        Shell::Fish => script.replace(FISH_NO_FILES, FISH_VALUES) + FISH,
        _ => script,
    };
    crate::cli::output::raw(script.as_bytes())
}

/// The same commands without those, and without options, that no help shows.
fn without_hidden(command: &Command) -> Command {
    let mut visible = Command::new(kept(command.get_name())).visible_aliases(command.get_visible_aliases().map(kept));
    if let Some(about) = command.get_about() {
        visible = visible.about(about.clone());
    }
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set()).cloned().map(without_files);
    let subcommands = command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()).map(without_hidden);
    let visible = visible.disable_help_subcommand(command.is_disable_help_subcommand_set());
    visible.args(arguments).subcommands(subcommands)
}

/// The same argument; no files are offered for one that names a room, a message or a profile.
fn without_files(argument: Arg) -> Arg {
    if argument.is_positional() || !names_something(&argument) {
        argument
    } else {
        argument.value_hint(ValueHint::Other)
    }
}

/// A name as clap takes it, until the end of this short program.
fn kept(name: &str) -> &'static str {
    name.to_owned().leak()
}
