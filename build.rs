//! Refuses to build where the wheel would lack the names of Alembic.
//!
//! Three entries of `python/` are symbolic links; git writes a small text file for each where links are switched off (Windows
//! without developer mode), and maturin would then build a wheel without those names and say nothing.

use std::fs;
use std::path::Path;

/// Each link, and where it leads, from the folder that it lies in.
const LINKS: [(&str, &str); 3] = [
    ("python/alembic.py", "../alembic_compat/alembic.py"),
    ("python/limbeck_names.pth", "../alembic_compat/limbeck_names.pth"),
    ("python/limbeck/_names", "../../alembic_compat/_names"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (link, target) in LINKS {
        println!("cargo::rerun-if-changed={link}");
        let leads_there = if Path::new(link).is_dir() {
            Path::new(link).join("alembic/__init__.py").is_file()
        } else {
            fs::read_to_string(link).is_ok_and(|text| text.trim() != target)
        };
        if !leads_there {
            println!(
                "cargo::error={link} is not the symbolic link to {target} that it has to be; \
                 check out with links: git config core.symlinks true && git checkout -- {link}"
            );
        }
    }
}
