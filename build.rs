//! Refuses to build where the wheel would lack the names of Alembic.
//!
//! Two entries of `python/` are symbolic links; git writes a small text file for each where links are switched off (Windows
//! without developer mode), and maturin would then build a wheel without those names and say nothing.

use std::fs;

/// Each link, where it leads from the folder that it lies in, and a file that is then found.
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
        // Not the folder itself: whatever Python or a checker writes into it would build everything again.
        println!("cargo::rerun-if-changed={file}");
        if !fs::read_to_string(file).is_ok_and(|text| text.trim() != target) {
            println!(
                "cargo::error={link} is not the symbolic link to {target} that it has to be; \
                 check out with links: git config core.symlinks true && git checkout -- {link}"
            );
        }
    }
}
