//! SQLAlchemy's database URLs: `dialect+driver://user:password@host:port/database?option=value`.
//!
//! They differ from RFC 3986: a user name may contain `@`, a password any character but `@`, only user and password are
//! percent-decoded, and options may be repeated. The parser rejects a URL that SQLAlchemy might read differently.

use std::fmt;

/// The parts of a URL, decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    /// The dialect: `postgresql`, `mysql`…
    pub dialect: String,
    /// `psycopg2`, `pymysql`…; `None` if the URL names no driver.
    pub driver: Option<String>,
    /// User name, decoded.
    pub username: Option<String>,
    /// Password, decoded.
    pub password: Option<String>,
    /// Host name or address, without the brackets of IPv6.
    pub host: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The part between the slash and the question mark, not decoded. `None` without a slash, empty with only a slash.
    pub database: Option<String>,
    /// The options in order, including repeated ones.
    pub query: Vec<(String, String)>,
}

/// A malformed URL. The message does not contain the URL, which may have a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The URL does not start with `dialect://`.
    #[error("the database URL does not start with `dialect://`")]
    NoDialect,
    /// The port is out of range or not a number.
    #[error("the port of the database URL is not a number between 0 and 65535")]
    Port,
    /// Any other form that only SQLAlchemy can parse.
    #[error("only SQLAlchemy can parse this form of database URL")]
    Form,
}

impl DatabaseUrl {
    /// Parse a URL.
    ///
    /// # Errors
    /// [`UrlError`] if the text is not a URL, or SQLAlchemy might read it differently.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (name, rest) = text.split_once("://").ok_or(UrlError::NoDialect)?;
        let is_name_character = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '+';
        if name.is_empty() || !name.chars().all(is_name_character) {
            return Err(UrlError::NoDialect);
        }
        if rest.contains(['\n', '\r']) {
            return Err(UrlError::Form);
        }
        let (dialect, driver) = match name.split_once('+') {
            Some((_, driver)) if driver.contains('+') || driver.is_empty() => return Err(UrlError::Form),
            Some((dialect, driver)) => (dialect, Some(driver.to_owned())),
            None => (name, None),
        };

        let (username, password, rest) = split_login(rest);
        let (host, port, rest) = split_address(rest)?;
        let (database, query) = match rest.split_once('?') {
            Some((database, query)) => (database, Some(query)),
            None => (rest, None),
        };
        let database = database.strip_prefix('/').map(str::to_owned);
        if database.as_ref().is_some_and(|name| name.contains('%')) {
            // SQLAlchemy 2.1 decodes the name, 2.0 does not.
            return Err(UrlError::Form);
        }
        Ok(Self {
            dialect: dialect.to_owned(),
            driver,
            username: username.map(|raw| percent_decode(raw, false)).transpose()?,
            password: password.map(|raw| percent_decode(raw, false)).transpose()?,
            host,
            port,
            database,
            query: query.map_or_else(|| Ok(Vec::new()), split_query)?,
        })
    }

    /// The last value of an option; `None` if the URL does not have it.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.query
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for DatabaseUrl {
    /// Hides the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseUrl")
            .field("dialect", &self.dialect)
            .field("driver", &self.driver)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// User and password, not decoded, and the rest of the text.
fn split_login(text: &str) -> (Option<&str>, Option<&str>, &str) {
    let end = text.find([':', '/']).unwrap_or(text.len());
    if text[end..].starts_with(':')
        && let Some(at) = text[end..].find('@')
    {
        let at = end + at;
        return (Some(&text[..end]), Some(&text[end + 1..at]), &text[at + 1..]);
    }
    match text[..end].rfind('@') {
        Some(at) => (Some(&text[..at]), None, &text[at + 1..]),
        None => (None, None, text),
    }
}

/// Host, port, and the rest of the text, which starts with `/` or `?` or is empty.
fn split_address(text: &str) -> Result<(Option<String>, Option<u16>, &str), UrlError> {
    let (host, rest) = if let Some(inner) = text.strip_prefix('[') {
        let end = inner.find(']').ok_or(UrlError::Form)?;
        if end == 0 || inner[..end].contains(['/', '?']) {
            return Err(UrlError::Form);
        }
        (Some(inner[..end].to_owned()), &inner[end + 1..])
    } else {
        let end = text.find([':', '/', '?']).unwrap_or(text.len());
        ((end > 0).then(|| text[..end].to_owned()), &text[end..])
    };
    let Some(after) = rest.strip_prefix(':') else {
        return if rest.is_empty() || rest.starts_with(['/', '?']) {
            Ok((host, None, rest))
        } else {
            Err(UrlError::Form)
        };
    };
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let port = match &after[..end] {
        "" => return Err(UrlError::Form),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().map_err(|_| UrlError::Port)?),
        _ => return Err(UrlError::Port),
    };
    Ok((host, port, &after[end..]))
}

/// The options, decoded as HTML form data; options with an empty value are dropped, as SQLAlchemy does.
fn split_query(text: &str) -> Result<Vec<(String, String)>, UrlError> {
    let mut options = Vec::new();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        if !value.is_empty() {
            options.push((percent_decode(key, true)?, percent_decode(value, true)?));
        }
    }
    Ok(options)
}

/// Decode `%41` to `A`, and `+` to a space if `plus_is_space`. Any other percent sign is kept.
///
/// # Errors
/// [`UrlError::Form`] if the result is not UTF-8: Python would insert a replacement character.
fn percent_decode(text: &str, plus_is_space: bool) -> Result<String, UrlError> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = (
            bytes.get(at + 1).copied().and_then(hex),
            bytes.get(at + 2).copied().and_then(hex),
        );
        match (byte, pair) {
            (b'%', (Some(high), Some(low))) => {
                out.push(high * 16 + low);
                at += 2;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(|_| UrlError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DatabaseUrl {
        DatabaseUrl::parse(text).unwrap()
    }

    #[test]
    fn every_part_is_parsed() {
        let url = parse("postgresql+psycopg://us%40er:p%2Fw@db.example:5433/app?sslmode=require&host=%2Frun&host=b");
        assert_eq!(url.dialect, "postgresql");
        assert_eq!(url.driver.as_deref(), Some("psycopg"));
        assert_eq!(url.username.as_deref(), Some("us@er"));
        assert_eq!(url.password.as_deref(), Some("p/w"));
        assert_eq!(url.host.as_deref(), Some("db.example"));
        assert_eq!(url.port, Some(5433));
        assert_eq!(url.database.as_deref(), Some("app"));
        assert_eq!(url.option("sslmode"), Some("require"));
        assert_eq!(url.option("host"), Some("b"));
        assert_eq!(url.query.len(), 3);
    }

    #[test]
    fn parts_are_optional() {
        let url = parse("sqlite://");
        assert_eq!((url.host, url.database), (None, None));
        assert_eq!(parse("sqlite:///a.db").database.as_deref(), Some("a.db"));
        assert_eq!(parse("sqlite:////a.db").database.as_deref(), Some("/a.db"));
        assert_eq!(parse("mysql://h/").database.as_deref(), Some(""));
        assert_eq!(parse("mysql://h?charset=utf8").option("charset"), Some("utf8"));
        assert_eq!(parse("postgresql://[::1]:1/d").host.as_deref(), Some("::1"));
        assert_eq!(parse("postgresql://u@/d").host, None);
    }

    #[test]
    fn logins_with_special_characters() {
        let url = parse("postgresql://me@corp@host/d");
        assert_eq!(
            (url.username.as_deref(), url.host.as_deref()),
            (Some("me@corp"), Some("host"))
        );
        let url = parse("postgresql://u:a:b/c?d@host/d");
        assert_eq!(
            (url.password.as_deref(), url.host.as_deref()),
            (Some("a:b/c?d"), Some("host"))
        );
        assert_eq!(parse("postgresql://u:100%@h").password.as_deref(), Some("100%"));
        assert_eq!(parse("postgresql://u:@h").password.as_deref(), Some(""));
    }

    #[test]
    fn malformed_urls_are_rejected() {
        assert_eq!(DatabaseUrl::parse("postgresql"), Err(UrlError::NoDialect));
        assert_eq!(DatabaseUrl::parse("://h"), Err(UrlError::NoDialect));
        assert_eq!(DatabaseUrl::parse("pg://h:x/d"), Err(UrlError::Port));
        assert_eq!(DatabaseUrl::parse("pg://h:70000/d"), Err(UrlError::Port));
        assert_eq!(DatabaseUrl::parse("pg://[::1/d"), Err(UrlError::Form));
        assert_eq!(DatabaseUrl::parse("pg://u%ff@h/d"), Err(UrlError::Form));
        assert_eq!(DatabaseUrl::parse("pg://h/a%20b"), Err(UrlError::Form));
        assert_eq!(DatabaseUrl::parse("pg://h:/d"), Err(UrlError::Form));
    }

    #[test]
    fn passwords_are_not_printed() {
        assert!(!format!("{:?}", parse("postgresql://u:secret@h/d")).contains("secret"));
    }
}
