//! Fails the build if the wheel would lack the names of Alembic.
//!
//! Two entries of `python/` are symbolic links. If links are disabled (Windows without developer mode), git writes a
//! small text file in place of each, and maturin would build a wheel without those names and report nothing.

use std::fs;

/// Each link, its target relative to the link's folder, and a file that can be read if the link works.
const LINKS: [(&str, &str, &str); 2] = [
    ("python/alembic.py", "../alembic_compat/alembic.py", "python/alembic.py"),
    (
        "python/limbeck/_names",
        "../../alembic_compat/_names",
        "python/limbeck/_names/alembic/__init__.py",
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (link, target, file) in LINKS {
        // Not the folder itself: files that Python or a checker writes into it would trigger a new build.
        println!("cargo::rerun-if-changed={file}");
        if !fs::read_to_string(file).is_ok_and(|text| text.trim() != target) {
            println!(
                "cargo::error={link} is not the symbolic link to {target} that it has to be; \
                 check out with links: git config core.symlinks true && git checkout -- {link}"
            );
        }
    }
}
