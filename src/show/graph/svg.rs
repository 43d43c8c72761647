//! The graph as a self-contained SVG picture.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::lanes::Edge;
use super::{Applied, Layout, Mark, Revision};

/// Height of a row, width of a lane, and margin, in pixels.
const ROW: usize = 26;
const LANE: usize = 20;
const MARGIN: usize = 18;
/// Width of a character of the monospaced font, in pixels; generous, because fonts differ.
const CHARACTER: usize = 8;
/// Space between the parts of a row's text, in pixels.
const GAP: usize = 10;

/// Colours of the lanes, in turn; each has a contrast of at least 3:1 on the light and the dark background.
const LANE_COLOURS: [&str; 8] = [
    "#2f81c7", "#c2517c", "#3f9142", "#b8651b", "#7d62c9", "#1d9388", "#a8781a", "#6e7fa3",
];

const STYLE: &str = "\
  text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2328; }
  .ground { fill: #ffffff; }
  .id { font-weight: bold; }
  .message { fill: #57606a; }
  .edge { fill: none; stroke-width: 2; }
  .needs { fill: none; stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .node { stroke-width: 2.5; }
  .pending { fill: #ffffff; }
  .mark { stroke-width: 1; }
  .head { fill: #dafbe1; stroke: #2da44e; }
  .current { fill: #ddf4ff; stroke: #218bff; }
  .label { fill: #fbefff; stroke: #a475f9; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ground, .pending { fill: #0d1117; }
    .message { fill: #9198a1; }
    .head { fill: #12361f; }
    .current { fill: #0c2d52; }
    .label { fill: #34204f; }
  }
";

/// Draw `revisions` in the given layout: newest first, each with its message, dependencies dashed.
#[must_use]
pub fn draw(revisions: &[Revision], layout: &Layout) -> String {
    let text_x = MARGIN * 2 + layout.width * LANE;
    let rows: Vec<(String, usize)> = layout
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| row_text(&revisions[row.revision], text_x, y(index)))
        .collect();
    let width = rows.iter().map(|(_, end)| *end).max().unwrap_or(text_x) + MARGIN;
    let height = MARGIN * 2 + layout.rows.len() * ROW;

    let mut svg = String::with_capacity(revisions.len() * 400 + STYLE.len());
    // Writing to a String cannot fail.
    _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"revision graph of {} revisions\">",
        revisions.len()
    );
    _ = writeln!(svg, "<style>\n{STYLE}</style>");
    _ = writeln!(svg, "<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>");
    for edge in &layout.edges {
        draw_edge(&mut svg, layout, *edge);
    }
    draw_dependencies(&mut svg, revisions, layout);
    for (index, row) in layout.rows.iter().enumerate() {
        let revision = &revisions[row.revision];
        let colour = colour(row.column);
        let (class, fill) = match revision.applied {
            Applied::Pending => ("node pending", String::new()),
            _ => ("node", format!(" fill=\"{colour}\"")),
        };
        _ = writeln!(
            svg,
            "<g><title>{}</title><circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\" stroke=\"{colour}\"{fill}/>{}</g>",
            escaped(&tooltip(revision, revisions)),
            x(row.column),
            y(index),
            if revision.applied == Applied::Current { 8 } else { 6 },
            rows[index].0,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// The horizontal middle of a lane, in pixels.
fn x(lane: usize) -> usize {
    MARGIN + lane * LANE
}

/// The vertical middle of a row, in pixels.
fn y(row: usize) -> usize {
    MARGIN + ROW / 2 + row * ROW
}

fn colour(lane: usize) -> &'static str {
    LANE_COLOURS[lane % LANE_COLOURS.len()]
}

/// Draw a line: it bends into its lane below the child's row, and out of its lane above the parent's row.
fn draw_edge(svg: &mut String, layout: &Layout, edge: Edge) {
    let (from, to) = (layout.rows[edge.child].column, layout.rows[edge.parent].column);
    let (top, bottom) = (y(edge.child), y(edge.parent));
    let mut path = format!("M{} {top}", x(from));
    let mut y_reached = top;
    if edge.lane != from {
        bend(&mut path, (x(from), y_reached), (x(edge.lane), y_reached + ROW));
        y_reached += ROW;
    }
    if edge.lane != to {
        _ = write!(path, "V{}", bottom - ROW);
        bend(&mut path, (x(edge.lane), bottom - ROW), (x(to), bottom));
    } else if y_reached < bottom {
        _ = write!(path, "V{bottom}");
    }
    _ = writeln!(
        svg,
        "<path class=\"edge\" stroke=\"{}\" d=\"{path}\"/>",
        colour(edge.lane)
    );
}

/// Append a curve between two points, vertical at both ends.
fn bend(path: &mut String, (from_x, from_y): (usize, usize), (to_x, to_y): (usize, usize)) {
    let middle = usize::midpoint(from_y, to_y);
    _ = write!(path, "C{from_x} {middle} {to_x} {middle} {to_x} {to_y}");
}

/// Draw dependencies as curves between the lanes and the text.
fn draw_dependencies(svg: &mut String, revisions: &[Revision], layout: &Layout) {
    let mut row_of = vec![0; revisions.len()];
    for (index, row) in layout.rows.iter().enumerate() {
        row_of[row.revision] = index;
    }
    // The horizontal place of both control points: between the lanes and the text, so that the curves stay left of the text.
    let curve_x = x(layout.width) - LANE / 4;
    for (index, row) in layout.rows.iter().enumerate() {
        for &needed in revisions[row.revision]
            .depends_on
            .iter()
            .filter(|&&needed| needed < revisions.len())
        {
            let needed_row = row_of[needed];
            let (from_x, from_y) = (x(row.column), y(index));
            let (to_x, to_y) = (x(layout.rows[needed_row].column), y(needed_row));
            _ = writeln!(
                svg,
                "<path class=\"needs\" d=\"M{from_x} {from_y}C{curve_x} {} {curve_x} {} {to_x} {to_y}\"/>",
                from_y + ROW / 2,
                to_y.saturating_sub(ROW / 2),
            );
        }
    }
}

/// The text of a row as SVG elements, and its right end in pixels.
///
/// `start` is the left end of the text, and `middle` the vertical middle of the row.
fn row_text(revision: &Revision, start: usize, middle: usize) -> (String, usize) {
    let baseline = middle + 4;
    let mut text = format!(
        "<text class=\"id\" x=\"{start}\" y=\"{baseline}\">{}</text>",
        escaped(&revision.id)
    );
    let mut x = start + revision.id.width() * CHARACTER + GAP;
    for (mark, words) in revision.marks() {
        let class = match mark {
            Mark::Head => "head",
            Mark::Current => "current",
            Mark::Label => "label",
        };
        let width = words.width() * CHARACTER + GAP;
        _ = write!(
            text,
            "<rect class=\"mark {class}\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"18\" rx=\"9\"/>\
             <text x=\"{}\" y=\"{baseline}\" text-anchor=\"middle\">{}</text>",
            middle - 9,
            x + width / 2,
            escaped(words),
        );
        x += width + GAP / 2;
    }
    if !revision.message.is_empty() {
        x += GAP / 2;
        _ = write!(
            text,
            "<text class=\"message\" x=\"{x}\" y=\"{baseline}\">{}</text>",
            escaped(&revision.message)
        );
        x += revision.message.width() * CHARACTER;
    }
    (text, x)
}

/// The identifier, the message, and the parents and dependencies in `all`.
fn tooltip(revision: &Revision, all: &[Revision]) -> String {
    let ids_of = |indices: &[usize]| {
        let ids: Vec<&str> = indices
            .iter()
            .filter_map(|&index| all.get(index))
            .map(|other| other.id.as_str())
            .collect();
        ids.join(", ")
    };
    let mut text = format!("{}\n{}", revision.id, revision.message);
    if !revision.down.is_empty() {
        _ = write!(text, "\nrevises {}", ids_of(&revision.down));
    }
    if !revision.depends_on.is_empty() {
        _ = write!(text, "\ndepends on {}", ids_of(&revision.depends_on));
    }
    text
}

/// The text escaped for XML. Control characters, which XML does not allow, are replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push('\n'),
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::samples::diamond;
    use super::*;

    #[test]
    fn each_revision_has_a_circle_and_each_line_a_path() {
        let mut revisions = diamond();
        revisions[3].depends_on = vec![1];
        let svg = draw(&revisions, &Layout::of(&revisions));
        assert_eq!(svg.matches("<circle").count(), 6);
        assert_eq!(svg.matches("class=\"edge\"").count(), 6);
        assert_eq!(svg.matches("class=\"needs\"").count(), 1);
        assert_eq!(svg.matches("<g>").count(), svg.matches("</g>").count());
    }

    #[test]
    fn text_is_escaped() {
        let mut revisions = diamond();
        revisions[0].message = "</text><script>alert(\"1\")</script> & \u{0} \u{1b}".into();
        let svg = draw(&revisions, &Layout::of(&revisions));
        assert!(!svg.contains("<script>"));
        assert!(svg.contains("&lt;script&gt;"));
        assert!(!svg.contains('\u{0}') && !svg.contains('\u{1b}'));
    }
}
