//! The pages in `docs/switching`: their code is compiled here, and what they quote is printed here.

use std::fs;
use std::path::PathBuf;

use switching::PEERS;

use crate::Result;
use crate::story::{outputs, without_times};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The fenced blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    page.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// White space as one blank, so that an example may be indented in its module and not on the page.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn code_is_compiled_and_output_is_printed() -> Result {
    for peer in PEERS {
        let page = fs::read_to_string(root().join(format!("docs/switching/{}.md", peer.name)))?;
        let source = format!("src/{}.rs", peer.name.replace('-', "_"));
        let source = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(source))?;
        let source = folded(&source.replace(&format!("migrations/{}", peer.name), "migrations"));
        let code = blocks(&page, "rust");
        assert!(
            code.len() >= 2 || peer.name.starts_with("go") || peer.name == "dbmate",
            "{}: before and after",
            peer.name
        );
        for block in code {
            // Two places of the file are parted by an empty line.
            for part in block.split("\n\n") {
                assert!(source.contains(&folded(part)), "{}: not compiled:\n{part}", peer.name);
            }
        }
        let outputs: Vec<String> = outputs(peer)?.iter().map(|output| without_times(output)).collect();
        let quoted = blocks(&page, "text");
        assert!(quoted.len() >= 3, "{}: {}", peer.name, quoted.len());
        for block in quoted {
            let block = without_times(block);
            assert!(
                outputs.contains(&block),
                "{}: not printed:\n{block}\n\nprinted:\n{}",
                peer.name,
                outputs.join("\n\n")
            );
        }
    }
    Ok(())
}
