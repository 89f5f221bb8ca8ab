//! The phases in their order: input, directory, source, proof, report, expansion.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;

use crate::expand::{self, List};
use crate::input::{self, Input};
use crate::locate::{self, Directory};
use crate::proof::{self, Proof};
use crate::report::Report;

/// Everything the macro does; the errors are in the output, next to items that keep the rest of the crate compiling.
pub(crate) fn run(tokens: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let (input, errors) = input::parse(tokens);
    let understood = errors.is_empty();
    report.errors(errors);
    let list = catch_unwind(AssertUnwindSafe(|| prove(&input, understood, &mut report)));
    let list = list.unwrap_or_else(|panic| {
        report.error(syn::Error::new(input.span(), bug(panic.as_ref())));
        None
    });
    expand::items(&input, list, &report)
}

/// From the directory to the list that is printed; `None` where nothing is known.
///
/// Where part of the input was not understood, a marker or a step may be missing for that reason alone: nothing is said
/// of them then.
fn prove(input: &Input, understood: bool, report: &mut Report) -> Option<List> {
    let dir = input.dir.as_ref()?;
    let Directory { path, shown } = match locate::directory(dir) {
        Ok(place) => place,
        Err(error) => {
            report.error(error);
            return None;
        }
    };
    let (source, findings) = migrate_source::load(&path, &shown);
    report.findings(&findings, &source, input);
    let proof = if migrate_source::lock::is_provable(&findings) {
        let markers = input.markers.iter().map(|marker| marker.spec.clone()).collect();
        let steps = input.steps.iter().map(|step| step.migration.value()).collect();
        proof::prove(&source, markers, steps, &input.support)
    } else {
        Proof::default()
    };
    let declared = |id: &str| id.starts_with("marker-") || id.starts_with("step-");
    let findings: Vec<_> = proof.findings.iter().filter(|one| understood || !declared(one.id)).cloned().collect();
    report.findings(&findings, &source, input);
    Some(List::new(&source, proof))
}

/// What is said where the macro itself fails.
fn bug(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    format!(
        "`migrations!` failed, which is a bug in `migrate`: {text}\nhelp: report it, with the migrations if you can"
    )
}
