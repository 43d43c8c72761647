//! Parses the usual forms of the commands. All others are left to `argparse`.

use super::at_target::is_number;

/// A command with its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `heads`; with `real_only`, only those without dependents; with `check`, there has to be one for each branch.
    Heads {
        verbose: bool,
        real_only: bool,
        check: bool,
    },
    /// `branches`.
    Branches { verbose: bool },
    /// `history` between two revisions.
    History {
        verbose: bool,
        start: &'a str,
        end: &'a str,
    },
    /// `show` for an identifier.
    Show { revision: &'a str },
    /// `upgrade` to an identifier, with or without `--if-behind`.
    Upgrade { target: &'a str, if_behind: bool },
}

/// A command and the configuration file given with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invocation<'a> {
    pub command: Command<'a>,
    pub config: Option<&'a str>,
}

/// Parse the arguments of the program. Returns `None` for a form that is left to `argparse`.
pub(super) fn parse(arguments: &[String]) -> Option<Invocation<'_>> {
    let mut words = arguments.iter().map(String::as_str);
    let mut name = words.next()?;
    let mut config = None;
    if matches!(name, "-c" | "--config") {
        config = Some(value(words.next())?);
        name = words.next()?;
    }
    if name == "upgrade" {
        let command = upgrade(words)?;
        return Some(Invocation { command, config });
    }
    let mut options = Options::default();
    while let Some(option) = words.next() {
        match option {
            "-v" | "--verbose" if name != "show" => options.verbose = true,
            "--resolve-dependencies" if name == "heads" => options.real_only = true,
            "--check" if name == "heads" => options.check = true,
            "-r" | "--rev-range" if name == "history" => options.range = Some(value(words.next())?),
            _ if name == "show" && options.revision.is_none() => options.revision = Some(value(Some(option))?),
            _ => return None,
        }
    }
    let Options {
        verbose,
        real_only,
        check,
        ..
    } = options;
    let command = match name {
        "heads" => Command::Heads {
            verbose,
            real_only,
            check,
        },
        "branches" => Command::Branches { verbose },
        "history" => {
            let (start, end) = options.range.map_or(Some(("", "")), ends)?;
            Command::History {
                verbose,
                start: if start.is_empty() { "base" } else { start },
                end: if end.is_empty() { "heads" } else { end },
            }
        }
        "show" => Command::Show {
            revision: options.revision.filter(|revision| *revision != "current")?,
        },
        _ => return None,
    };
    Some(Invocation { command, config })
}

/// Parse the arguments of `upgrade`. The migration lock makes no difference if there is nothing to do.
fn upgrade<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Command<'a>> {
    let (mut target, mut if_behind) = (None, false);
    while let Some(word) = words.next() {
        match word {
            "--if-behind" => if_behind = true,
            "--lock" => {}
            "--lock-wait" => {
                words.next().filter(|seconds| is_number(seconds))?;
            }
            _ if target.is_none() => {
                // Ranges and relative identifiers are left to Python.
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'@';
                target = value(Some(word)).filter(|word| word.bytes().all(is_plain));
                target?;
            }
            _ => return None,
        }
    }
    let target = target?;
    Some(Command::Upgrade { target, if_behind })
}

#[derive(Default)]
struct Options<'a> {
    verbose: bool,
    real_only: bool,
    check: bool,
    range: Option<&'a str>,
    revision: Option<&'a str>,
}

/// The word as the value of an option or argument; `None` if it is missing, empty, or may be an option.
fn value(word: Option<&str>) -> Option<&str> {
    word.filter(|word| !word.is_empty() && !word.starts_with('-'))
}

/// The ends of a range; `None` if the range is malformed or depends on the database.
fn ends(range: &str) -> Option<(&str, &str)> {
    let (start, end) = range.trim().split_once(':')?;
    let is_static = !end.contains(':') && start != "current" && end != "current";
    is_static.then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<(Command<'static>, Option<&'static str>)> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        // The result borrows the words; the leak is a few bytes per test.
        parse(Vec::leak(words)).map(|invocation| (invocation.command, invocation.config))
    }

    #[test]
    fn usual_forms_are_parsed() {
        let heads = |verbose, real_only| Command::Heads {
            verbose,
            real_only,
            check: false,
        };
        assert_eq!(parsed("heads"), Some((heads(false, false), None)));
        assert_eq!(
            parsed("heads --verbose --resolve-dependencies"),
            Some((heads(true, true), None))
        );
        let checked = Command::Heads {
            verbose: false,
            real_only: false,
            check: true,
        };
        assert_eq!(parsed("heads --check"), Some((checked, None)));
        assert_eq!(
            parsed("-c a.ini branches -v"),
            Some((Command::Branches { verbose: true }, Some("a.ini")))
        );
        assert_eq!(parsed("show a1"), Some((Command::Show { revision: "a1" }, None)));
        let history = |verbose, start, end| Some((Command::History { verbose, start, end }, None));
        assert_eq!(parsed("history"), history(false, "base", "heads"));
        assert_eq!(parsed("history -r a: -v"), history(true, "a", "heads"));
        assert_eq!(parsed("history --rev-range :b"), history(false, "base", "b"));
        let upgrade = |target, if_behind| Some((Command::Upgrade { target, if_behind }, None));
        assert_eq!(parsed("upgrade head"), upgrade("head", false));
        assert_eq!(
            parsed("upgrade --if-behind a@head --lock --lock-wait 9"),
            upgrade("a@head", true)
        );
    }

    #[test]
    fn other_forms_are_left_to_argparse() {
        for line in [
            "",
            "head",
            "heads x",
            "heads --verb",
            "heads --help",
            "-q heads",
            "-n other heads",
            "-c",
            "-c heads",
            "show",
            "show -1",
            "show current",
            "show a b",
            "show -v a",
            "history -i",
            "history -r",
            "history -r -3:",
            "history -r a",
            "history -r a:b:c",
            "history -r current:",
            "history -r :current",
            "upgrade",
            "upgrade +1",
            "upgrade a:b",
            "upgrade head --sql",
            "upgrade head --if",
            "upgrade head --lock-wait x",
            "upgrade head head",
            "upgrade head --tag x",
            "-x a=b upgrade head",
            "--raiseerr heads",
            "heads -r a:b",
            "branches --resolve-dependencies",
            "branches --check",
            "-c a.ini -c b.toml heads",
            "--version",
        ] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }
}
