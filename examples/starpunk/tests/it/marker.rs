//! A migration that no marker notices does not compile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Result;

const MENTIONS: &str = "\nCREATE TABLE mentions (id INTEGER PRIMARY KEY, source TEXT NOT NULL);\n";

#[test]
fn a_new_migration_without_a_marker_does_not_compile() -> Result {
    let copy = Copy::new()?;
    copy.compiles()?;

    copy.write("migrations/003_add_mentions.sql", MENTIONS)?;
    copy.edit("migrations/schema.sql", |schema| schema + MENTIONS)?;
    let said = copy.does_not_compile()?;
    assert!(said.contains("003_add_mentions.sql"), "{said}");
    assert!(said.contains("`table mentions`"), "it proposes one: {said}");

    copy.edit("src/lib.rs", |code| code.replace("markers = [", "markers = [\n            table mentions,"))?;
    copy.compiles()
}

/// A copy of this package, outside the workspace.
struct Copy {
    dir: TempDir,
}

impl Copy {
    fn new() -> Result<Copy> {
        let copy = Copy { dir: tempfile::tempdir()? };
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = package.join("../..").canonicalize()?;
        for dir in ["src", "migrations"] {
            fs::create_dir(copy.path(dir))?;
            for entry in fs::read_dir(package.join(dir))? {
                let entry = entry?;
                fs::copy(entry.path(), copy.path(dir).join(entry.file_name()))?;
            }
        }
        fs::copy(package.join("build.rs"), copy.path("build.rs"))?;
        // The versions that are here already, so that nothing is fetched.
        fs::copy(workspace.join("Cargo.lock"), copy.path("Cargo.lock"))?;
        let manifest = format!(
            "[package]\nname = 'starpunk'\nversion = '0.1.0'\nedition = '2024'\n\n\
             [dependencies]\nhmac-sha256 = {{ version = '1', default-features = false }}\n\
             migrate = {{ path = '{}' }}\nthiserror = '2'\n\n[workspace]\n",
            workspace.display()
        );
        copy.write("Cargo.toml", &manifest)?;
        Ok(copy)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn write(&self, file: &str, text: &str) -> Result {
        Ok(fs::write(self.path(file), text)?)
    }

    fn edit(&self, file: &str, edit: impl FnOnce(String) -> String) -> Result {
        let before = fs::read_to_string(self.path(file))?;
        let after = edit(before.clone());
        assert_ne!(before, after, "nothing to edit in {file}");
        self.write(file, &after)
    }

    #[track_caller]
    fn compiles(&self) -> Result {
        let (compiles, said) = self.check()?;
        assert!(compiles, "{said}");
        Ok(())
    }

    #[track_caller]
    fn does_not_compile(&self) -> Result<String> {
        let (compiles, said) = self.check()?;
        assert!(!compiles, "{said}");
        Ok(said)
    }

    /// In the target directory that this test was built in, where everything but the package itself is compiled
    /// already. Only a check: it leaves no program there that could be taken for the real one.
    fn check(&self) -> Result<(bool, String)> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("a target directory")?;
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--lib"])
            .current_dir(self.dir.path())
            .env("CARGO_TARGET_DIR", target)
            .output()?;
        Ok((output.status.success(), String::from_utf8(output.stderr)?))
    }
}
