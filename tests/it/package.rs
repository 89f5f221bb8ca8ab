//! A package of its own, outside the workspace, that depends on this one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A package, in a folder of its own.
pub(crate) struct Package {
    dir: TempDir,
}

impl Package {
    /// `known_as` is the name under which it knows `migrate`.
    pub(crate) fn new(name: &str, edition: &str, known_as: &str) -> Package {
        Package::with(name, edition, known_as, "")
    }

    /// `features` is added to the dependency.
    pub(crate) fn with(name: &str, edition: &str, known_as: &str, features: &str) -> Package {
        let package = Package { dir: tempfile::tempdir().expect("a directory") };
        package.depend(name, edition, known_as, features);
        // The versions that are here already, so that nothing is fetched.
        fs::copy(root().join("Cargo.lock"), package.path("Cargo.lock")).expect("the workspace has a Cargo.lock");
        package
    }

    /// Writes the manifest.
    pub(crate) fn depend(&self, name: &str, edition: &str, known_as: &str, features: &str) {
        let manifest = format!(
            "[package]\nname = '{name}'\nversion = '0.0.0'\nedition = '{edition}'\n\n\
             [dependencies]\n{known_as} = {{ package = 'migrate', path = '{}'{features} }}\n\n[workspace]\n",
            root().display()
        );
        self.write("Cargo.toml", &manifest);
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("a file")
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file in the package")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).expect("a file to remove");
    }

    /// Runs Cargo, which has to succeed, and returns all that it said.
    #[track_caller]
    pub(crate) fn passes(&self, args: &[&str]) -> String {
        self.passes_with(args, &[])
    }

    /// As [`passes`](Self::passes), with these variables in the environment.
    #[track_caller]
    pub(crate) fn passes_with(&self, args: &[&str], env: &[(&str, &str)]) -> String {
        let (passed, out, said) = self.cargo_with(args, env);
        assert!(passed, "{said}{out}");
        said + &out
    }

    /// Runs Cargo, which has to fail and to say why.
    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str], because: &str) {
        let (passed, out, said) = self.cargo(args);
        assert!(!passed && (said.contains(because) || out.contains(because)), "{said}{out}");
    }

    /// Runs Cargo: whether it succeeded, what it printed, and what it said on the side.
    pub(crate) fn cargo(&self, args: &[&str]) -> (bool, String, String) {
        self.cargo_with(args, &[])
    }

    fn cargo_with(&self, args: &[&str], env: &[(&str, &str)]) -> (bool, String, String) {
        // The target directory of this workspace, where SQLite is compiled already.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a directory in the target directory");
        let output = Command::new(env!("CARGO"))
            .args(args)
            .arg("--offline")
            .current_dir(self.dir.path())
            .env("CARGO_TARGET_DIR", target)
            .envs(env.iter().copied())
            .env_remove("RUSTFLAGS")
            .output()
            .expect("Cargo runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
