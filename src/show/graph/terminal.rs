//! The graph for a terminal, one line per revision.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::lanes::Row;
use super::{Applied, Layout, Mark, Revision};

/// The capabilities of the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The number of columns; longer lines are cut and end in an ellipsis.
    pub width: usize,
    /// Use ASCII characters instead of box drawing.
    pub ascii: bool,
    /// Use ANSI colours.
    pub colour: bool,
}

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// Box-drawing characters; the bits of the index are the arms up, down, left and right.
const BOX: [char; 16] = [
    ' ', '│', '│', '│', '─', '╯', '╮', '┤', '─', '╰', '╭', '├', '─', '┴', '┬', '┼',
];
const ASCII: [char; 16] = [
    ' ', '|', '|', '|', '-', '\'', '.', '+', '-', '\'', '.', '+', '-', '+', '+', '+',
];

/// The ANSI colours of the lanes, in turn.
const LANE_COLOURS: [&str; 6] = ["36", "35", "33", "32", "34", "31"];

/// Draw `revisions` in the given layout; each line ends with a newline.
#[must_use]
pub fn draw(revisions: &[Revision], layout: &Layout, style: Style) -> String {
    let mut text = String::with_capacity(revisions.len() * 64);
    for row in &layout.rows {
        let revision = &revisions[row.revision];
        let mut line = Line {
            style,
            text: &mut text,
            used: 0,
        };
        put_lanes(&mut line, row, revision);
        put_description(&mut line, revision, revisions);
        while text.ends_with(' ') {
            text.pop();
        }
        text.push('\n');
    }
    text
}

/// The line that is being drawn, at the end of `text`.
struct Line<'a> {
    style: Style,
    text: &'a mut String,
    /// The width of the line so far, in columns.
    used: usize,
}

impl Line<'_> {
    /// Append text, cut to the columns that are left; `colour` is an ANSI code, used if the style has colours.
    fn put(&mut self, words: &str, colour: Option<&str>) {
        let space = self.style.width.saturating_sub(self.used);
        if space == 0 || words.is_empty() {
            return;
        }
        let needed = words.width();
        let cut;
        let words = if needed <= space {
            self.used += needed;
            words
        } else {
            self.used = self.style.width;
            cut = shorten(words, space, if self.style.ascii { '~' } else { '…' });
            &cut
        };
        match colour.filter(|_| self.style.colour) {
            // Writing to a String cannot fail.
            Some(code) => _ = write!(self.text, "\x1b[{code}m{words}\x1b[0m"),
            None => self.text.push_str(words),
        }
    }
}

/// Cut `words` to `space` columns, including `ellipsis` at the end.
fn shorten(words: &str, space: usize, ellipsis: char) -> String {
    let mut used = 1;
    let mut short: String = words
        .chars()
        .take_while(|character| {
            used += character.width().unwrap_or(0);
            used <= space
        })
        .collect();
    short.push(ellipsis);
    short
}

/// Append the lanes of a row and the symbol of its revision.
fn put_lanes(line: &mut Line<'_>, row: &Row, revision: &Revision) {
    let width = row.above.len().max(row.below.len()).max(row.column + 1);
    // The arms of each character. A lane has two characters: its own, and the gap to the next lane.
    let mut arms = vec![0_u8; width * 2];
    for (lane, cell) in arms.iter_mut().step_by(2).enumerate() {
        let above = row.above.get(lane) == Some(&true);
        let below = row.below.get(lane) == Some(&true);
        *cell = if above { UP } else { 0 } | if below { DOWN } else { 0 };
    }
    // The lane that determines the colour of each character.
    let mut colours: Vec<usize> = (0..width * 2).map(|cell| cell / 2).collect();
    for &other in row.joins.iter().chain(&row.forks) {
        let (from, to) = (row.column.min(other) * 2, row.column.max(other) * 2);
        for cell in from + 1..to {
            // A lane that only passes through the row keeps its character: a crossing must not look like a join. A fork may
            // end in a lane that continues above, and does not count as passing.
            let passes = cell % 2 == 0 && arms[cell] == UP | DOWN && !row.forks.contains(&(cell / 2));
            if !passes {
                arms[cell] |= LEFT | RIGHT;
            }
            if cell % 2 == 1 {
                colours[cell] = other;
            }
        }
        arms[other * 2] |= if other > row.column { LEFT } else { RIGHT };
    }
    let characters = if line.style.ascii { &ASCII } else { &BOX };
    for (cell, &bits) in arms.iter().enumerate() {
        if cell == row.column * 2 {
            let symbol = match (line.style.ascii, revision.applied) {
                (false, Applied::Pending) => "○",
                (false, Applied::Current) => "◉",
                (false, _) => "●",
                (true, Applied::Pending) => "o",
                (true, Applied::Current) => "@",
                (true, _) => "*",
            };
            line.put(symbol, Some("1"));
        } else {
            let colour = LANE_COLOURS[colours[cell] % LANE_COLOURS.len()];
            line.put(
                characters[usize::from(bits)].encode_utf8(&mut [0; 4]),
                Some(colour).filter(|_| bits != 0),
            );
        }
    }
}

/// Append the identifier of a revision, its marks, dependencies and message.
fn put_description(line: &mut Line<'_>, revision: &Revision, all: &[Revision]) {
    line.put(&revision.id, Some("33"));
    let marks = revision.marks();
    if !marks.is_empty() {
        line.put(" (", None);
        for (index, (mark, words)) in marks.into_iter().enumerate() {
            if index > 0 {
                line.put(", ", None);
            }
            let colour = match mark {
                Mark::Head => "1;32",
                Mark::Current => "1;36",
                Mark::Label => "1;35",
            };
            line.put(words, Some(colour));
        }
        line.put(")", None);
    }
    if !revision.depends_on.is_empty() {
        let needed: Vec<&str> = revision
            .depends_on
            .iter()
            .filter_map(|&index| all.get(index))
            .map(|other| other.id.as_str())
            .collect();
        line.put(&format!(" [needs {}]", needed.join(", ")), Some("2"));
    }
    if !revision.message.is_empty() {
        line.put(" ", None);
        line.put(&revision.message, None);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{diamond, revision};
    use super::*;

    const PLAIN: Style = Style {
        width: 100,
        ascii: false,
        colour: false,
    };

    fn picture(revisions: &[Revision], style: Style) -> String {
        draw(revisions, &Layout::of(revisions), style)
    }

    #[test]
    fn branches_and_merges_are_lines() {
        let expected = "\
● r5 (head) step 5
●─╮ r4 step 4
│ ● r3 step 3
● │ r2 step 2
● │ r1 step 1
●─╯ r0 step 0
";
        assert_eq!(picture(&diamond(), PLAIN), expected);
        let ascii = "\
* r5 (head) step 5
*-. r4 step 4
| * r3 step 3
* | r2 step 2
* | r1 step 1
*-' r0 step 0
";
        assert_eq!(picture(&diamond(), Style { ascii: true, ..PLAIN }), ascii);
    }

    #[test]
    fn three_lanes_join_in_one_row() {
        // r1, r2 and r3 have the parent r0.
        let revisions = vec![
            revision(0, &[]),
            revision(1, &[0]),
            revision(2, &[0]),
            revision(3, &[0]),
            revision(4, &[3, 1]),
        ];
        let drawn = picture(&revisions, PLAIN);
        assert!(drawn.lines().any(|line| line.starts_with("●─┴")), "{drawn}");
    }

    #[test]
    fn a_lane_that_passes_is_not_joined() {
        // The lane of r0 passes through the row of r1, whose other child is to its right.
        let revisions = vec![
            revision(0, &[]),
            revision(1, &[0]),
            revision(2, &[1, 0]),
            revision(3, &[1, 0]),
        ];
        let drawn = picture(&revisions, PLAIN);
        assert!(drawn.lines().any(|line| line.starts_with("●─│─╯")), "{drawn}");
    }

    #[test]
    fn a_long_line_is_cut_in_columns() {
        let mut wide = revision(0, &[]);
        wide.message = "漢字".repeat(40);
        let drawn = picture(&[wide], Style { width: 20, ..PLAIN });
        assert!(drawn.trim_end().width() <= 20, "{drawn}");
        assert!(drawn.trim_end().ends_with('…'));
    }

    #[test]
    fn applied_revisions_are_filled() {
        let mut revisions = vec![revision(0, &[]), revision(1, &[0]), revision(2, &[1])];
        revisions[0].applied = Applied::Yes;
        revisions[1].applied = Applied::Current;
        revisions[2].applied = Applied::Pending;
        let drawn = picture(&revisions, PLAIN);
        assert_eq!(drawn, "○ r2 step 2\n◉ r1 (current) step 1\n● r0 step 0\n");
    }

    #[test]
    fn colour_does_not_change_the_text() {
        let coloured = picture(&diamond(), Style { colour: true, ..PLAIN });
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(start) = rest.find("\x1b[") {
            plain.push_str(&rest[..start]);
            let length = rest[start..].find('m').expect("an escape sequence ends");
            rest = &rest[start + length + 1..];
        }
        plain.push_str(rest);
        assert_ne!(coloured, plain);
        assert_eq!(plain, picture(&diamond(), PLAIN));
    }
}
