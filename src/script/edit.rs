//! Replaces the parents in a revision file: the value of `down_revision`, and the line `Revises:` of the docstring.
//!
//! All other bytes stay: quotes, annotations, comments, line ends, and the encoding.

use std::borrow::Cow;
use std::ops::Range;

use ruff_python_ast::{Expr, ExprStringLiteral, Stmt, StringFlags as _, StringLiteral};
use ruff_python_parser::parse_module;
use ruff_text_size::{Ranged, TextRange};
use unicode_normalization::UnicodeNormalization as _;

use super::header::{INDIRECT, TOO_DEEP, byte_order_mark, declared_encoding_of, end_of_header};
use super::{Reading, depth, syntax};

/// The name whose value is replaced.
const NAME: &str = "down_revision";

/// Why a file cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The line of `down_revision`, from 1; `None` if it is not known.
    pub line: Option<usize>,
    /// What is wrong with the file.
    pub reason: &'static str,
}

/// Return a revision file with other parents.
///
/// `before`: the parents that the file has. `after`: the parents that it gets, in this order.
///
/// # Errors
/// [`Refusal`] if the header is computed, or the edit could change anything else.
pub fn replace_parents(source: &[u8], before: &[String], after: &[String]) -> Result<Vec<u8>, Refusal> {
    let skipped = byte_order_mark(source);
    let (mark, rest) = source.split_at(skipped);
    let text = positions_of(source, rest)?;
    let file = File::parse(&text)?;
    let mut edits = file.edits(before, after)?;
    edits.sort_by_key(|(range, _)| range.start);
    let mut edited = mark.to_vec();
    let mut position = 0;
    for (range, new) in &edits {
        edited.extend_from_slice(&rest[position..range.start]);
        edited.extend_from_slice(new.as_bytes());
        position = range.end;
    }
    edited.extend_from_slice(&rest[position..]);
    file.check(source, &edited, after)?;
    Ok(edited)
}

/// A text whose offsets are those of the file after its byte order mark.
///
/// In an encoding with one byte for each character, an underscore stands for every byte that is not ASCII.
fn positions_of<'a>(source: &[u8], rest: &'a [u8]) -> Result<Cow<'a, str>, Refusal> {
    let refuse = |reason| Err(Refusal { line: None, reason });
    let name = declared_encoding_of(source).map(|name| name.to_ascii_lowercase().replace('_', "-"));
    match name.as_deref() {
        None | Some("utf-8" | "utf8" | "utf-8-sig") => match std::str::from_utf8(rest) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) => refuse("it is not encoded as it says"),
        },
        Some(name) if has_single_bytes(name) => {
            let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '_' };
            Ok(Cow::Owned(rest.iter().map(ascii).collect()))
        }
        Some(_) => refuse("its encoding is neither UTF-8 nor one with a byte for each character"),
    }
}

/// Whether an encoding, in lower case and with hyphens, has one byte for each character, and the characters of ASCII.
fn has_single_bytes(name: &str) -> bool {
    matches!(
        name,
        "ascii" | "us-ascii" | "latin-1" | "latin1" | "l1" | "koi8-r" | "koi8-u"
    ) || ["iso-8859-", "iso8859-", "windows-125", "cp125"]
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

/// A range of the text, and its replacement.
type Edit = (Range<usize>, String);

struct File<'a> {
    text: &'a str,
    /// The value of `down_revision`.
    value: Expr,
    /// The docstring.
    doc: Option<ExprStringLiteral>,
    /// The quote of new strings.
    quote: &'static str,
}

impl<'a> File<'a> {
    fn parse(text: &'a str) -> Result<Self, Refusal> {
        let (head, tail) = text.split_at(end_of_header(text));
        // Python compares names in NFKC form.
        if !tail.nfkc().collect::<String>().contains(NAME)
            && let Ok(file) = Self::parse_part(text, head)
        {
            return Ok(file);
        }
        // The text may have been cut inside a string or a statement.
        Self::parse_part(text, text)
    }

    /// Parse the beginning of the text, or the whole.
    fn parse_part(text: &'a str, part: &str) -> Result<Self, Refusal> {
        let refuse = |line, reason| Err(Refusal { line, reason });
        if depth::may_be_deep(part) {
            return refuse(None, TOO_DEEP);
        }
        let Ok(module) = parse_module(part) else {
            return refuse(None, "its syntax is not understood");
        };
        let (mut value, mut quote, mut is_shared, mut line) = (None, None, false, None);
        for statement in module.suite() {
            for (name, found, shares) in assigned(statement) {
                if name == NAME {
                    value = Some(found);
                    is_shared = shares;
                    line = Some(line_of(text, statement.start().to_usize()));
                } else if name == "revision" {
                    quote = first_string(found).map(|literal| quote_of(literal.flags));
                }
            }
        }
        // What may happen in a function does not make the assignment uncertain: its value is compared with the graph.
        match syntax::read(module.suite()) {
            Reading::Import(reason) if !INDIRECT.contains(&reason) => return refuse(line, reason),
            _ => {}
        }
        let Some(value) = value else {
            return refuse(None, "it does not assign `down_revision`");
        };
        if is_shared {
            return refuse(line, "it assigns `down_revision` together with another name");
        }
        let doc = match module.suite().first() {
            Some(Stmt::Expr(expression)) => expression.value.as_string_literal_expr().cloned(),
            _ => None,
        };
        let own_quote = first_string(value).map(|literal| quote_of(literal.flags));
        Ok(Self {
            text,
            value: value.clone(),
            doc,
            quote: own_quote.or(quote).unwrap_or("\""),
        })
    }

    fn refuse<T>(&self, reason: &'static str) -> Result<T, Refusal> {
        Err(Refusal {
            line: Some(line_of(self.text, self.value.start().to_usize())),
            reason,
        })
    }

    fn edits(&self, before: &[String], after: &[String]) -> Result<Vec<Edit>, Refusal> {
        let Some(found) = syntax::literal(&self.value).map(super::Value::into_list) else {
            return self.refuse("its header is computed");
        };
        let is_set = self.value.is_set_expr();
        if found != before && !(is_set && sorted(&found) == sorted(before)) {
            return self.refuse("its `down_revision` is not the one of the revision graph");
        }
        let is_plain = |id: &String| {
            !id.is_empty()
                && id
                    .chars()
                    .all(|c| !c.is_control() && !matches!(c, '\'' | '"' | '\\' | ','))
        };
        if !after.iter().all(is_plain) {
            return self.refuse("a new parent has characters that a string has to escape");
        }
        let mut edits = self.value_edits(&found, after)?;
        edits.extend(self.docstring_edit(after));
        Ok(edits)
    }

    fn value_edits(&self, found: &[String], after: &[String]) -> Result<Vec<Edit>, Refusal> {
        let elements = match &self.value {
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            Expr::Set(set) => &set.elts,
            Expr::StringLiteral(literal) if after.len() == 1 => return Ok(vec![self.string_edit(literal, &after[0])?]),
            _ => return Ok(vec![(bytes(self.value.range()), self.new_value(after))]),
        };
        if found.len() == after.len() {
            let changed = elements
                .iter()
                .zip(found)
                .zip(after)
                .filter(|((_, old), new)| old != new);
            return changed
                .map(|((element, _), new)| match element {
                    Expr::StringLiteral(literal) => self.string_edit(literal, new),
                    _ => self.refuse("its header is computed"),
                })
                .collect();
        }
        if !self.text[bytes(self.value.range())].contains('#') {
            return Ok(vec![(bytes(self.value.range()), self.new_value(after))]);
        }
        self.deletions(elements, found, after)
    }

    /// The edits that delete elements of a tuple, list or set with comments in it.
    fn deletions(&self, elements: &[Expr], found: &[String], after: &[String]) -> Result<Vec<Edit>, Refusal> {
        let kept: Vec<&String> = found.iter().filter(|id| after.contains(id)).collect();
        if after.is_empty() || !kept.into_iter().eq(after) {
            return self.refuse("its `down_revision` has a comment in it, which an edit would lose");
        }
        let end = self.value.end().to_usize();
        let deleted = elements.iter().zip(found).filter(|(_, id)| !after.contains(id));
        Ok(deleted
            .map(|(element, _)| {
                let range = bytes(element.range());
                let rest = &self.text[range.end..end];
                let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let comma = rest[blanks..].starts_with(',');
                let stop = if comma { range.end + blanks + 1 } else { range.end };
                (range.start..stop, String::new())
            })
            .collect())
    }

    fn string_edit(&self, literal: &ExprStringLiteral, new: &str) -> Result<Edit, Refusal> {
        let parts: Vec<&StringLiteral> = literal.value.iter().collect();
        if let [part] = parts[..] {
            return Ok((bytes(part.content_range()), new.to_owned()));
        }
        if self.text[bytes(literal.range())].contains('#') {
            return self.refuse("its `down_revision` has a comment in it, which an edit would lose");
        }
        Ok((bytes(literal.range()), self.string(new)))
    }

    fn string(&self, id: &str) -> String {
        format!("{0}{id}{0}", self.quote)
    }

    fn new_value(&self, after: &[String]) -> String {
        match after {
            [] => "None".to_owned(),
            [one] => self.string(one),
            several => {
                let strings: Vec<String> = several.iter().map(|id| self.string(id)).collect();
                format!("({})", strings.join(", "))
            }
        }
    }

    /// The edit of the line `Revises: …`; `None` if there is none with identifiers.
    fn docstring_edit(&self, after: &[String]) -> Option<Edit> {
        const KEY: &str = "Revises:";
        let doc = self.doc.as_ref()?;
        for part in &doc.value {
            let content = bytes(part.content_range());
            let mut start = content.start;
            for line in self.text[content].split_inclusive(['\n', '\r']) {
                let shown = line.trim_end_matches(['\n', '\r']);
                if let Some(value) = shown.trim_start_matches([' ', '\t']).strip_prefix(KEY) {
                    let old = value.trim_matches([' ', '\t']);
                    if !old.is_empty()
                        && !old
                            .split(',')
                            .all(|id| !id.trim().is_empty() && !id.trim().contains(' '))
                    {
                        return None;
                    }
                    let end = start + shown.len();
                    let new = after.join(", ");
                    if old.is_empty() {
                        return Some((end - value.len()..end, format!(" {new}")));
                    }
                    let from = end - value.len() + (value.len() - value.trim_start_matches([' ', '\t']).len());
                    return Some((from..from + old.len(), new));
                }
                start += line.len();
            }
        }
        None
    }

    /// Check that the edited file has the new parents, and the rest of its header as before.
    fn check(&self, source: &[u8], edited: &[u8], after: &[String]) -> Result<(), Refusal> {
        const OTHER: &str = "the edited file would have another header";
        let text = positions_of(source, &edited[byte_order_mark(edited)..])?;
        let file = File::parse(&text).or_else(|_| self.refuse(OTHER))?;
        let parents = syntax::literal(&file.value).map(super::Value::into_list);
        let is_set = file.value.is_set_expr();
        if parents.is_some_and(|parents| parents == after || (is_set && sorted(&parents) == sorted(after))) {
            return Ok(());
        }
        self.refuse(OTHER)
    }
}

fn sorted(ids: &[String]) -> Vec<&String> {
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort();
    sorted
}

fn bytes(range: TextRange) -> Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}

/// The line of an offset, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = &text[..offset];
    let returns = before.matches('\r').count() - before.matches("\r\n").count();
    before.matches('\n').count() + returns + 1
}

fn quote_of(flags: ruff_python_ast::StringLiteralFlags) -> &'static str {
    match flags.quote_str() {
        "'" | "'''" => "'",
        _ => "\"",
    }
}

/// The first string of a value.
fn first_string(value: &Expr) -> Option<&StringLiteral> {
    let first = match value {
        Expr::Tuple(tuple) => tuple.elts.first()?,
        Expr::List(list) => list.elts.first()?,
        Expr::Set(set) => set.elts.first()?,
        other => other,
    };
    first.as_string_literal_expr()?.value.iter().next()
}

/// The names that a statement assigns, each with its value, and whether other names get the same value.
fn assigned(statement: &Stmt) -> Vec<(&str, &Expr, bool)> {
    match statement {
        Stmt::Assign(assign) => {
            let shares = assign.targets.len() > 1;
            let pairs = assign.targets.iter().flat_map(|target| pairs(target, &assign.value));
            pairs.map(|(name, value)| (name, value, shares)).collect()
        }
        Stmt::AnnAssign(assign) => match (assign.target.as_ref(), &assign.value) {
            (Expr::Name(name), Some(value)) => vec![(name.id.as_str(), value.as_ref(), false)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The names of a target with their values: one pair for a name, several for a tuple or list of names.
fn pairs<'a>(target: &'a Expr, value: &'a Expr) -> Vec<(&'a str, &'a Expr)> {
    let elements = |expression: &'a Expr| match expression {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    };
    if let Expr::Name(name) = target {
        return vec![(name.id.as_str(), value)];
    }
    match (elements(target), elements(value)) {
        (Some(targets), Some(values)) if targets.len() == values.len() => {
            let each = targets.iter().zip(values);
            each.flat_map(|(target, value)| pairs(target, value)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
