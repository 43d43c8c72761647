"""`alembic completion SHELL`: completion scripts for bash, zsh and fish.

The scripts are generated from the parsers of the command line. On Tab, they run `alembic completion revisions`, which
reads the revisions without importing env.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limbeck.config import Config

#: Commands whose argument is a revision.
TAKES_REVISION = ("downgrade", "edit", "merge", "rebase", "show", "squash", "stamp", "upgrade")
#: Symbolic identifiers.
SYMBOLS = ("head", "heads", "base", "+1", "-1")


def completion(config: Config, shell: str) -> None:
    """Print the completion script of a shell.

    :param config: the configuration.
    :param shell: `bash`, `zsh` or `fish`; with `revisions`, the identifiers of the project are printed instead of a
        script.
    :raises CommandError: for another shell.
    """
    if shell == "revisions":
        config.print_stdout("%s", "\n".join(_revisions(config)))
        return
    make_script = {"bash": _bash, "zsh": _zsh, "fish": _fish}.get(shell)
    if make_script is None:
        raise CommandError(f"No completion for {shell!r}; there is one for bash, zsh and fish")
    config.print_stdout("%s", make_script(_commands()))


def _revisions(config: Config) -> list[str]:
    """Return the lines `identifier<tab>description` for symbols, revisions and branch labels."""
    from limbeck.script import ScriptDirectory

    directory = ScriptDirectory.from_config(config)
    lines = [f"{symbol}\t" for symbol in SYMBOLS]
    for script in directory.walk_revisions():
        lines.append(f"{script.revision}\t{script.doc.partition(chr(10))[0]}")
        lines += [f"{label}@head\tbranch" for label in sorted(script._orig_branch_labels)]
    return lines


def _commands() -> dict[str, tuple[str, dict[str, str]]]:
    """Return, by the name of the command, its help and the help of its long options."""
    from argparse import ArgumentParser

    from limbeck.config import CommandLine

    commands: dict[str, tuple[str, dict[str, str]]] = {}
    command_line = CommandLine(prog="alembic")
    command_line.register_extra_commands()
    helps = {choice.dest: choice.help or "" for choice in command_line.subparsers._choices_actions}
    parsers: Mapping[str, ArgumentParser] = command_line.subparsers.choices
    for name, parser in parsers.items():
        options = {
            flag: (action.help or "").partition(".")[0]
            for action in parser._actions
            for flag in action.option_strings
            if flag.startswith("--")
        }
        commands[name] = (helps.get(name, ""), options)
    return commands


_BASH = """\
_alembic() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} command= index
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        case ${{COMP_WORDS[index]}} in
            -c | --config | -n | --name | -x) ((index++)) ;;
            -*) ;;
            *) command=${{COMP_WORDS[index]}}; break ;;
        esac
    done
    case $command in
        '') COMPREPLY=($(compgen -W '{commands}' -- "$word")) ;;
{cases}
    esac
}}
complete -o default -F _alembic alembic limbeck"""

_BASH_REVISIONS = "$(alembic completion revisions 2> /dev/null | cut -f 1) "


def _bash(commands: dict[str, tuple[str, dict[str, str]]]) -> str:
    cases = []
    for name, (_, options) in commands.items():
        words = " ".join(options)
        if name in TAKES_REVISION:
            candidates = f'"{_BASH_REVISIONS}{words}"'
        elif name == "completion":
            candidates = f"'bash zsh fish {words}'"
        else:
            candidates = f"'{words}'"
        cases.append(f'        {name}) COMPREPLY=($(compgen -W {candidates} -- "$word")) ;;')
    return _BASH.format(commands=" ".join(commands), cases="\n".join(cases))


_ZSH = """\
#compdef alembic limbeck
_alembic() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    case $words[2] in
{cases}
    esac
}}
_alembic_revisions() {{
    local -a revisions
    revisions=(${{${{(f)"$(alembic completion revisions 2> /dev/null)"}}/$'\\t'/:}})
    _describe revision revisions
}}
(( $+functions[compdef] )) && compdef _alembic alembic limbeck"""


def _zsh(commands: dict[str, tuple[str, dict[str, str]]]) -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("'", "'\\''") + "'"

    cases = []
    for name, (_, options) in commands.items():
        arguments = [
            quoted(f"{flag}[{help.replace('[', '(').replace(']', ')').replace(':', ' ')}]")
            for flag, help in options.items()
        ]
        if name in TAKES_REVISION:
            arguments.append("'*:revision:_alembic_revisions'")
        elif name == "completion":
            arguments.append("'1:shell:(bash zsh fish)'")
        cases.append(
            f"        {name}) shift words; (( CURRENT-- )); _arguments {' '.join(arguments)} ;;"
        )
    lines = [
        f"        {quoted(name + ':' + help.replace(':', ' '))}"
        for name, (help, _) in commands.items()
    ]
    return _ZSH.format(commands="\n".join(lines), cases="\n".join(cases))


_FISH = """\
function __alembic_revisions
    alembic completion revisions 2> /dev/null
end
for program in alembic limbeck
    complete -c $program -f
{lines}
end"""


def _fish(commands: dict[str, tuple[str, dict[str, str]]]) -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = []
    for name, (help, options) in commands.items():
        lines.append(
            f"    complete -c $program -n __fish_use_subcommand -a {name} -d {quoted(help)}"
        )
        condition = f"-n '__fish_seen_subcommand_from {name}'"
        lines += [
            f"    complete -c $program {condition} -l {flag[2:]} -d {quoted(help)}"
            for flag, help in options.items()
        ]
        if name in TAKES_REVISION:
            lines.append(f"    complete -c $program {condition} -a '(__alembic_revisions)'")
        elif name == "completion":
            lines.append(f"    complete -c $program {condition} -a 'bash zsh fish'")
    return _FISH.format(lines="\n".join(lines))
