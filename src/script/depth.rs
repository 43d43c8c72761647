//! An upper bound for the depth of a syntax tree, computed before parsing.
//!
//! Recursive functions walk and free a syntax tree, so a deep tree overflows the stack. A file that may be too deep is
//! imported by Python, which has its own limits and reports them.

/// The maximum depth: far more than in real files, far less than the stack allows.
const LEVELS: usize = 500;

/// The maximum indentation; Python itself allows 100 nested blocks.
const COLUMNS: usize = 400;

/// Whether the syntax tree of a text may be deeper than is safe. Always true for a deep tree, sometimes for others.
pub(super) fn may_be_deep(text: &str) -> bool {
    let is_indented_deeply = |line: &str| line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len() > COLUMNS;
    if text.lines().any(is_indented_deeply) {
        return true;
    }
    // The number of these characters and words is an upper bound for the depth, and is small in most files.
    let characters = text.bytes().filter(|byte| char_adds_level(*byte)).count();
    if characters + words(text).filter(|word| word_adds_level(word)).count() <= LEVELS {
        return false;
    }
    Scanner::new(text).max_depth().is_none_or(|depth| depth > LEVELS)
}

/// Whether a character can add a level.
fn char_adds_level(byte: u8) -> bool {
    b"([{.+-*/%@&|^~<>=!:".contains(&byte)
}

/// Whether a word can add a level.
fn word_adds_level(word: &str) -> bool {
    matches!(
        word,
        "not" | "lambda" | "if" | "else" | "await" | "yield" | "from" | "and" | "or" | "in" | "is"
    )
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The levels inside one open bracket, or outside all brackets.
#[derive(Default)]
struct Level {
    /// Levels that the next comma or semicolon ends.
    since_comma: usize,
    /// Levels that a comma does not end: those of `lambda`, whose parameters have commas.
    lasting: usize,
}

struct Scanner<'a> {
    text: &'a str,
    /// The offset of the next character.
    at: usize,
    /// One entry for the text outside all brackets, and one for each open bracket.
    levels: Vec<Level>,
    /// The sum of `levels`.
    depth: usize,
    max_depth: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            levels: vec![Level::default()],
            depth: 0,
            max_depth: 0,
        }
    }

    /// The maximum number of levels. `None` for a text with an f-string, a t-string or an unclosed string.
    fn max_depth(mut self) -> Option<usize> {
        while let Some(next) = self.text[self.at..].chars().next() {
            match next {
                '#' => self.at = self.find('\n').unwrap_or(self.text.len()),
                '\'' | '"' => self.skip_string(next)?,
                '\\' => self.at += 1 + self.text[self.at + 1..].chars().next().map_or(0, char::len_utf8),
                '\n' => {
                    if self.levels.len() == 1 {
                        self.levels = vec![Level::default()];
                        self.depth = 0;
                    }
                    self.at += 1;
                }
                ',' | ';' => {
                    if let Some(level) = self.levels.last_mut() {
                        self.depth -= level.since_comma;
                        level.since_comma = 0;
                    }
                    self.at += 1;
                }
                '(' | '[' | '{' => {
                    self.add(false);
                    self.levels.push(Level::default());
                    self.at += 1;
                }
                ')' | ']' | '}' => {
                    if self.levels.len() > 1
                        && let Some(closed) = self.levels.pop()
                    {
                        self.depth -= closed.since_comma + closed.lasting;
                    }
                    self.at += 1;
                }
                c if is_word(c) => self.skip_word()?,
                c => {
                    if u8::try_from(c).is_ok_and(char_adds_level) {
                        self.add(false);
                    }
                    self.at += c.len_utf8();
                }
            }
        }
        Some(self.max_depth)
    }

    /// Add a level inside the innermost bracket.
    fn add(&mut self, lasting: bool) {
        if let Some(level) = self.levels.last_mut() {
            if lasting {
                level.lasting += 1;
            } else {
                level.since_comma += 1;
            }
            self.depth += 1;
            self.max_depth = self.max_depth.max(self.depth);
        }
    }

    /// Skip a word; `None` if it starts an f-string or t-string, whose code may have quotes.
    fn skip_word(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let is_before_quote = rest[end..].starts_with(['\'', '"']);
        if is_before_quote && word.len() <= 2 && word.contains(['f', 'F', 't', 'T']) {
            return None;
        }
        if word_adds_level(word) {
            self.add(word == "lambda");
        }
        self.at += end;
        Some(())
    }

    /// Skip a string literal; `None` if it is not closed.
    fn skip_string(&mut self, quote: char) -> Option<()> {
        let single = quote.to_string();
        let triple = single.repeat(3);
        let end = if self.text[self.at..].starts_with(&triple) {
            triple
        } else {
            single
        };
        self.at += end.len();
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with(&end) {
                self.at += end.len();
                return Some(());
            }
            let mut chars = rest.chars();
            match chars.next()? {
                '\\' => self.at += 1 + chars.next()?.len_utf8(),
                '\n' if end.len() == 1 => return None,
                c => self.at += c.len_utf8(),
            }
        }
    }

    /// The offset of the next such character.
    fn find(&self, wanted: char) -> Option<usize> {
        self.text[self.at..].find(wanted).map(|offset| self.at + offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 20_000;

    #[test]
    fn every_kind_of_nesting_is_deep() {
        for source in [
            "(".repeat(MANY),
            format!("x = {}1", "-".repeat(MANY)),
            format!("x = {}1", "not ".repeat(MANY)),
            format!("x = 1{}", "+1".repeat(MANY)),
            format!("x = a{}", ".b".repeat(MANY)),
            format!("x = a{}", "()".repeat(MANY)),
            format!("x = a{}", "[0]".repeat(MANY)),
            format!("x = {}1", "1 if 1 else ".repeat(MANY)),
            format!("x = {}1", "lambda a, b: ".repeat(MANY)),
            format!("x = {}", "[1, ".repeat(MANY)),
            format!("x = {}1", "await ".repeat(MANY)),
            format!("x = 1{}", "**1".repeat(MANY)),
            format!("x: a{}", "|b".repeat(MANY)),
            format!("{}pass", " ".repeat(MANY)),
            format!("x = f'{{{}1}}'", "-".repeat(MANY)),
            format!("x = 'a' # \"\ny = {}1", "-".repeat(MANY)),
            format!("x = {}1", "-\\\n".repeat(MANY)),
            format!("x = ({}1)", "-\n".repeat(MANY)),
        ] {
            assert!(may_be_deep(&source), "{}", &source[..40.min(source.len())]);
        }
    }

    #[test]
    fn long_text_is_not_deep() {
        for source in [
            "revision = 'a'\n".to_owned(),
            "op.add_column('t', sa.Column('c', sa.Integer(), nullable=-1))\n".repeat(MANY),
            format!(
                "x = [\n{}]\n",
                "    sa.Column('c', sa.String(5) + 'x', key=(1, [2])),\n".repeat(MANY)
            ),
            format!("'''{}'''\n", "((-".repeat(MANY)),
            format!("# {}\n", "((-".repeat(MANY)),
            format!("x = r'\\'{}'\n", "-".repeat(MANY)),
        ] {
            assert!(!may_be_deep(&source), "{}", &source[..40.min(source.len())]);
        }
    }

    #[test]
    fn malformed_text_is_scanned_without_a_panic() {
        for source in [
            "'",
            "\\",
            "'\\",
            "'''",
            "é'é\\é'",
            ")))",
            "\\\u{1f600}(",
            "f'",
            "x\u{a0}([",
        ] {
            let padded = format!("{}{source}", "1 + 1\n".repeat(MANY));
            let _: bool = may_be_deep(&padded);
        }
    }
}
