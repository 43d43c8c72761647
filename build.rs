//! Refuses to build where the wheel would lack the package `alembic`.
//!
//! `python/alembic` is a symbolic link; git writes a small text file in its place where links are switched off (Windows
//! without developer mode), and maturin would then build a wheel without that package and say nothing.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=python/alembic");
    if !Path::new("python/alembic/__init__.py").is_file() {
        println!(
            "cargo::error=python/alembic is not the symbolic link to ../alembic_compat/alembic that it has to be; \
             check out with links: git config core.symlinks true && git checkout -- python/alembic"
        );
    }
}
