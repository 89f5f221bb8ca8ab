//! Writes `proof.lock` into a migration directory: `cargo run -p migrate-check --example write_proof_lock -- DIR`.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use migrate_check::{Declared, proof_lock};
use migrate_source::{Finding, Source, lock, render};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = env::args().nth(1).ok_or("name the migration directory")?;
    let (source, findings) = migrate_source::load(Path::new(&dir), &dir);
    if !lock::is_provable(&findings) {
        return Err(rendered(&findings, &source).into());
    }
    // Whatever `migrate.toml` says of steps, the application declares.
    let steps = source.config.steps.iter().map(|step| step.migration.clone()).collect();
    let declared = Declared { steps, ..Declared::default() };
    let text = proof_lock(&source, &declared).map_err(|findings| rendered(&findings, &source))?;
    Ok(fs::write(Path::new(&dir).join("proof.lock"), text)?)
}

fn rendered(findings: &[Finding], source: &Source) -> String {
    findings.iter().map(|finding| render(finding, source)).collect::<Vec<_>>().join("\n\n")
}
