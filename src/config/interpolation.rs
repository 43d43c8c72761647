//! Interpolation of values: `%(name)s`, and `%%` for a percent sign.

use crate::error::Error;

/// The maximum nesting of references, as `configparser.MAX_INTERPOLATION_DEPTH`.
const MAX_DEPTH: usize = 10;

/// Expand the references in `raw`, the value of an option before interpolation.
///
/// `lookup` returns the value of an option before interpolation, by its name in lower case.
///
/// # Errors
///
/// If a reference is malformed, nested too deep, or names a missing option.
pub fn expand(
    section: &str,
    option: &str,
    raw: &str,
    lookup: &impl Fn(&str) -> Option<String>,
) -> Result<String, Error> {
    let mut expanded = String::with_capacity(raw.len());
    let section_and_option = || (section.to_owned(), option.to_owned());
    // The remainder of each value that is being expanded, the innermost last.
    let mut remainders = vec![raw.to_owned()];
    while let Some(rest) = remainders.pop() {
        let Some(percent) = rest.find('%') else {
            expanded.push_str(&rest);
            continue;
        };
        expanded.push_str(&rest[..percent]);
        let reference = &rest[percent..];
        if let Some(after) = reference.strip_prefix("%%") {
            expanded.push('%');
            remainders.push(after.to_owned());
            continue;
        }
        if !reference.starts_with("%(") {
            let (section, option) = section_and_option();
            return Err(Error::IniPercent {
                section,
                option,
                rest: reference.to_owned(),
            });
        }
        let Some((name, after)) = split_reference(reference) else {
            let (section, option) = section_and_option();
            return Err(Error::IniReference {
                section,
                option,
                rest: reference.to_owned(),
            });
        };
        let name = name.to_lowercase();
        let Some(value) = lookup(&name) else {
            let (section, option) = section_and_option();
            return Err(Error::IniMissing {
                section,
                option,
                raw: raw.to_owned(),
                name,
            });
        };
        remainders.push(after.to_owned());
        if value.contains('%') {
            if remainders.len() >= MAX_DEPTH {
                let (section, option) = section_and_option();
                return Err(Error::IniDepth {
                    section,
                    option,
                    raw: raw.to_owned(),
                });
            }
            remainders.push(value);
        } else {
            expanded.push_str(&value);
        }
    }
    Ok(expanded)
}

/// Split `%(name)s...` into the name and the text after the reference; `None` if the reference is malformed.
fn split_reference(reference: &str) -> Option<(&str, &str)> {
    let (name, after) = reference.strip_prefix("%(")?.split_once(')')?;
    let after = after.strip_prefix('s')?;
    (!name.is_empty()).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(raw: &str) -> Result<String, Error> {
        let lookup = |name: &str| match name {
            "a" => Some("1".to_owned()),
            "b" => Some("<%(a)s%%>".to_owned()),
            "loop" => Some("%(loop)s".to_owned()),
            _ => None,
        };
        expand("s", "o", raw, &lookup)
    }

    #[test]
    fn references_are_expanded() {
        assert_eq!(expanded("x%(a)sy%(A)sz").unwrap(), "x1y1z");
        assert_eq!(expanded("%(b)s %(b)s").unwrap(), "<1%> <1%>");
        assert_eq!(expanded("50%%").unwrap(), "50%");
        assert_eq!(expanded("none").unwrap(), "none");
    }

    #[test]
    fn malformed_references_are_errors() {
        assert!(matches!(expanded("50%"), Err(Error::IniPercent { .. })));
        assert!(matches!(expanded("%d"), Err(Error::IniPercent { .. })));
        assert!(matches!(expanded("%(a"), Err(Error::IniReference { .. })));
        assert!(matches!(expanded("%()s"), Err(Error::IniReference { .. })));
        assert!(matches!(expanded("%(a)d"), Err(Error::IniReference { .. })));
        assert!(matches!(expanded("%(nowhere)s"), Err(Error::IniMissing { .. })));
        assert!(matches!(expanded("%(loop)s"), Err(Error::IniDepth { .. })));
    }
}
