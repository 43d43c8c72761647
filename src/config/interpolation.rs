//! Interpolation of values: `%(name)s`, and `%%` for a percent sign.

use crate::error::Error;

/// The limit of nested references.
const DEPTH: usize = 10;

/// Expand the references of a value.
///
/// `lookup` returns the raw value of an option by its name in lower case.
///
/// # Errors
///
/// If a reference is malformed, nested too deep, or names a missing option.
pub fn fill(section: &str, option: &str, raw: &str, lookup: &impl Fn(&str) -> Option<String>) -> Result<String, Error> {
    let mut filled = String::with_capacity(raw.len());
    let place = || (section.to_owned(), option.to_owned());
    // The remainder of each value that is being expanded, the innermost last.
    let mut levels = vec![raw.to_owned()];
    while let Some(rest) = levels.pop() {
        let Some(at) = rest.find('%') else {
            filled.push_str(&rest);
            continue;
        };
        filled.push_str(&rest[..at]);
        let reference = &rest[at..];
        if let Some(after) = reference.strip_prefix("%%") {
            filled.push('%');
            levels.push(after.to_owned());
            continue;
        }
        if !reference.starts_with("%(") {
            let (section, option) = place();
            return Err(Error::IniPercent {
                section,
                option,
                rest: reference.to_owned(),
            });
        }
        let Some((name, after)) = named(reference) else {
            let (section, option) = place();
            return Err(Error::IniReference {
                section,
                option,
                rest: reference.to_owned(),
            });
        };
        let name = name.to_lowercase();
        let Some(value) = lookup(&name) else {
            let (section, option) = place();
            return Err(Error::IniMissing {
                section,
                option,
                raw: raw.to_owned(),
                name,
            });
        };
        levels.push(after.to_owned());
        if value.contains('%') {
            if levels.len() >= DEPTH {
                let (section, option) = place();
                return Err(Error::IniDepth {
                    section,
                    option,
                    raw: raw.to_owned(),
                });
            }
            levels.push(value);
        } else {
            filled.push_str(&value);
        }
    }
    Ok(filled)
}

/// Split `%(name)s` from what follows it.
fn named(reference: &str) -> Option<(&str, &str)> {
    let (name, after) = reference.strip_prefix("%(")?.split_once(')')?;
    let after = after.strip_prefix('s')?;
    (!name.is_empty()).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(raw: &str) -> Result<String, Error> {
        let lookup = |name: &str| match name {
            "a" => Some("1".to_owned()),
            "b" => Some("<%(a)s%%>".to_owned()),
            "loop" => Some("%(loop)s".to_owned()),
            _ => None,
        };
        fill("s", "o", raw, &lookup)
    }

    #[test]
    fn references_are_expanded() {
        assert_eq!(filled("x%(a)sy%(A)sz").unwrap(), "x1y1z");
        assert_eq!(filled("%(b)s %(b)s").unwrap(), "<1%> <1%>");
        assert_eq!(filled("50%%").unwrap(), "50%");
        assert_eq!(filled("none").unwrap(), "none");
    }

    #[test]
    fn malformed_references_are_errors() {
        assert!(matches!(filled("50%"), Err(Error::IniPercent { .. })));
        assert!(matches!(filled("%d"), Err(Error::IniPercent { .. })));
        assert!(matches!(filled("%(a"), Err(Error::IniReference { .. })));
        assert!(matches!(filled("%()s"), Err(Error::IniReference { .. })));
        assert!(matches!(filled("%(a)d"), Err(Error::IniReference { .. })));
        assert!(matches!(filled("%(nowhere)s"), Err(Error::IniMissing { .. })));
        assert!(matches!(filled("%(loop)s"), Err(Error::IniDepth { .. })));
    }
}
