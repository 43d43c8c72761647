//! Parses `pyproject.toml`.

use crate::error::Error;

pub use toml::{Table, Value};

/// Read a TOML document.
///
/// # Errors
///
/// If the text is not TOML; the error names the line and the column.
pub fn read(path: &str, text: &str) -> Result<Table, Error> {
    text.parse::<Table>().map_err(|problem| {
        let before = problem.span().and_then(|span| text.get(..span.start)).unwrap_or("");
        Error::Toml {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
            message: problem.message().to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_line() {
        let error = read("pyproject.toml", "[tool]\nx = \n").unwrap_err();
        assert!(error.to_string().contains("pyproject.toml, line 2"), "{error}");
        assert!(read("pyproject.toml", "[tool.alembic]\nx = 1\n").is_ok());
    }
}
