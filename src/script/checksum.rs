//! Checksums of a revision file: of its bytes, and of its syntax tree, which has no formatting and no comments.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use ruff_python_ast::comparable::ComparableStmt;
use ruff_python_parser::parse_module;
use sha2::{Digest, Sha256};

use super::depth;
use super::header::decode;

/// The version of the tree's checksum. It changes with the parser, because another version may build other trees.
const SCHEME: &str = "1";

/// The checksums of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksums {
    /// SHA-256 of the bytes, in hexadecimal.
    pub file: String,
    /// The scheme, a colon, and SHA-256 of the syntax tree in hexadecimal. `None` for a file that is not UTF-8, has a
    /// syntax error, or may be nested too deeply.
    pub tree: Option<String>,
}

/// Compute the checksums of a file from its bytes.
#[must_use]
pub fn checksums(source: &[u8]) -> Checksums {
    Checksums {
        file: hexadecimal(&Sha256::digest(source)),
        tree: tree_checksum(source),
    }
}

fn tree_checksum(source: &[u8]) -> Option<String> {
    let text = decode(source)?;
    if depth::may_be_deep(&text) {
        return None;
    }
    let module = parse_module(&text).ok()?;
    let mut input = HashInput(Vec::with_capacity(source.len() * 4));
    for statement in module.suite() {
        ComparableStmt::from(statement).hash(&mut input);
    }
    Some(format!("{SCHEME}:{}", hexadecimal(&Sha256::digest(&input.0))))
}

/// Collects the input of a hash function, with integers in the same form on every machine.
struct HashInput(Vec<u8>);

impl Hasher for HashInput {
    /// Never called.
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u32(&mut self, value: u32) {
        self.write(&value.to_le_bytes());
    }

    fn write_u64(&mut self, value: u64) {
        self.write(&value.to_le_bytes());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write(&(value as i64).to_le_bytes());
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "\"\"\"add a table\"\"\"\nrevision = 'aa'\ndef upgrade():\n    op.add_column('t', sa.Column('x'))\n";

    fn tree(text: &str) -> Option<String> {
        checksums(text.as_bytes()).tree
    }

    #[test]
    fn formatting_does_not_change_the_tree() {
        let formatted = "# a comment\n\"\"\"add a table\"\"\"\n\nrevision = \"aa\"\n\n\ndef upgrade():\n    op.add_column(\n        \"t\",\n        sa.Column(\"x\"),\n    )\n";
        assert!(tree(FILE).is_some());
        assert_eq!(tree(FILE), tree(formatted));
        assert_ne!(checksums(FILE.as_bytes()).file, checksums(formatted.as_bytes()).file);
    }

    #[test]
    fn each_change_of_a_statement_changes_the_tree() {
        for (old, new) in [
            ("'x'", "'y'"),
            ("add_column", "drop_column"),
            ("'aa'", "b'aa'"),
            ("upgrade()", "upgrade(x)"),
        ] {
            assert_ne!(tree(FILE), tree(&FILE.replace(old, new)), "{old} -> {new}");
        }
    }

    #[test]
    fn tree_is_the_same_in_every_build() {
        assert_eq!(
            tree("x = 1\n").as_deref(),
            Some("1:b0cae204674c655381a2d074ccc4c1f25b7dae1aa903c4125dab7ff89dd40e14")
        );
    }

    #[test]
    fn unreadable_file_has_no_tree() {
        assert_eq!(tree("def upgrade(:\n"), None);
        assert_eq!(checksums(b"x = '\xff'\n").tree, None);
    }
}
