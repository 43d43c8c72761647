//! Docstrings as `module.__doc__` has them.

/// The docstring as stored by Python 3.13 and later: without tabs, without leading space in the first line, and without
/// the common indentation of the other lines. Earlier versions store the text as written.
///
/// Specified by the "What's New" of Python 3.13 and observable through `module.__doc__`.
#[must_use]
pub fn dedented(text: &str) -> String {
    let expanded = expand_tabs(text);
    let (first, rest) = expanded
        .split_once('\n')
        .map_or((expanded.as_str(), None), |(first, rest)| (first, Some(rest)));
    let mut clean = first.trim_start_matches(' ').to_owned();
    let Some(rest) = rest else { return clean };
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = rest
        .split('\n')
        .filter(|line| !line.trim_start_matches(' ').is_empty())
        .map(indentation)
        .min()
        .unwrap_or(0);
    for line in rest.split('\n') {
        clean.push('\n');
        clean.push_str(&line[shared.min(indentation(line))..]);
    }
    clean
}

/// Expand tabs to multiples of eight columns, like `str.expandtabs`.
fn expand_tabs(text: &str) -> String {
    if !text.contains('\t') {
        return text.to_owned();
    }
    let mut expanded = String::with_capacity(text.len() + 16);
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let spaces = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\n' | '\r' => {
                expanded.push(character);
                column = 0;
            }
            _ => {
                expanded.push(character);
                column += 1;
            }
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::dedented;

    #[test]
    fn shared_indentation_is_removed() {
        assert_eq!(dedented("one"), "one");
        assert_eq!(dedented("  one\n    two\n\n      three\n    "), "one\ntwo\n\n  three\n");
        assert_eq!(dedented("one\n\ttwo\n\t\tthree"), "one\ntwo\n        three");
        assert_eq!(dedented("one\n  \n  "), "one\n  \n  ");
    }
}
