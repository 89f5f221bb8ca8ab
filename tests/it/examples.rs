//! Every public item has an example that runs: what `cargo test --doc` compiles and runs is there at all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta, TraitItem, Type, UseTree, Visibility};

#[test]
fn every_public_item_has_an_example() {
    let crates = [
        ".",
        "migrate-core",
        "migrate-fleet",
        "migrate-remote",
        "migrate-source",
        "migrate-sql",
        "migrate-check",
        "migrate-schema",
        "migrate-cli",
    ];
    let mut lacking = Vec::new();
    let mut items = 0;
    for name in crates {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("src");
        let found = Crate::read(&root);
        items += found.items.len();
        lacking.extend(found.lacking().into_iter().map(|item| format!("{name}: {item}")));
    }
    assert!(items > 200, "{items} items only: is the reading of them broken?");
    assert!(lacking.is_empty(), "{} of {items} items have no example:\n{}", lacking.len(), lacking.join("\n"));
}

/// What a crate shows, with the documentation of each.
#[derive(Default)]
struct Crate {
    /// What `pub use` lifts out of a private module: the module, and the name.
    lifted: BTreeSet<(String, String)>,
    items: Vec<Shown>,
}

struct Shown {
    file: String,
    place: String,
    /// The type of a method, or the name.
    owner: String,
    method: Option<String>,
    example: String,
}

impl Crate {
    fn read(root: &Path) -> Crate {
        let mut found = Crate::default();
        let mut public = vec![(root.join("lib.rs"), true)];
        let mut all = Vec::new();
        while let Some((path, open)) = public.pop() {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for item in &file.items {
                match item {
                    Item::Use(item) if open && is_public(&item.vis) && !is_hidden(&item.attrs) => {
                        leaves(&item.tree, "", &mut found.lifted)
                    }
                    Item::Mod(module) if module.content.is_none() && !is_test(&module.attrs) => {
                        let open = open && is_public(&module.vis) && !is_hidden(&module.attrs);
                        public.extend(file_of(&path, &module.ident.to_string()).map(|path| (path, open)));
                    }
                    _ => {}
                }
            }
            all.push((path, open, file));
        }
        for (path, open, file) in &all {
            found.add(root, path, *open, file);
        }
        found
    }

    fn add(&mut self, root: &Path, path: &Path, open: bool, file: &syn::File) {
        let shown = path.strip_prefix(root).expect("below it").display().to_string();
        for item in &file.items {
            let (name, attrs) = match item {
                Item::Struct(it) if is_public(&it.vis) => (&it.ident, &it.attrs),
                Item::Enum(it) if is_public(&it.vis) => (&it.ident, &it.attrs),
                Item::Fn(it) if is_public(&it.vis) => (&it.sig.ident, &it.attrs),
                Item::Const(it) if is_public(&it.vis) => (&it.ident, &it.attrs),
                Item::Type(it) if is_public(&it.vis) => (&it.ident, &it.attrs),
                Item::Trait(it) if is_public(&it.vis) => {
                    if self.is_shown(open, &shown, &it.ident.to_string()) && !is_hidden(&it.attrs) {
                        for method in &it.items {
                            let TraitItem::Fn(method) = method else { continue };
                            self.method(&shown, &it.ident.to_string(), &method.sig.ident, &method.attrs);
                        }
                    }
                    (&it.ident, &it.attrs)
                }
                Item::Impl(it) if it.trait_.is_none() => {
                    let Type::Path(of) = &*it.self_ty else { continue };
                    let owner = of.path.segments.last().expect("a name").ident.to_string();
                    if !self.is_shown(open, &shown, &owner) {
                        continue;
                    }
                    for method in &it.items {
                        let ImplItem::Fn(method) = method else { continue };
                        if is_public(&method.vis) {
                            self.method(&shown, &owner, &method.sig.ident, &method.attrs);
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            if is_hidden(attrs) || !self.is_shown(open, &shown, &name.to_string()) {
                continue;
            }
            let (place, owner) = (format!("{shown} {name}"), name.to_string());
            self.items.push(Shown { file: shown.clone(), place, owner, method: None, example: example(attrs) });
        }
    }

    fn method(&mut self, shown: &str, owner: &str, name: &syn::Ident, attrs: &[Attribute]) {
        if is_hidden(attrs) {
            return;
        }
        let place = format!("{shown} {owner}::{name}");
        let (owner, method) = (owner.to_owned(), Some(name.to_string()));
        self.items.push(Shown { file: shown.to_owned(), place, owner, method, example: example(attrs) });
    }

    /// Whether it is in an open module, or lifted out of one of those that the file is in.
    fn is_shown(&self, open: bool, shown: &str, name: &str) -> bool {
        let mut modules = shown.trim_end_matches(".rs").split('/');
        open || modules.any(|module| self.lifted.contains(&(module.to_owned(), name.to_owned())))
    }

    /// A method is shown where an example of its type calls it, or implements it; a type where an example in its file names it.
    fn lacking(&self) -> Vec<&str> {
        let is_shown = |item: &&Shown| {
            let mut examples = self.items.iter().filter(|other| other.file == item.file || other.owner == item.owner);
            examples.any(|other| match &item.method {
                Some(method) => {
                    [".", "::", "fn "].iter().any(|before| other.example.contains(&format!("{before}{method}(")))
                }
                None => words(&other.example).any(|word| word == item.owner),
            })
        };
        self.items
            .iter()
            .filter(|item| item.example.is_empty() && !is_shown(item))
            .map(|item| item.place.as_str())
            .collect()
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

fn leaves(tree: &UseTree, module: &str, into: &mut BTreeSet<(String, String)>) {
    match tree {
        UseTree::Path(path) if module.is_empty() || module == "crate" => {
            leaves(&path.tree, &path.ident.to_string(), into)
        }
        UseTree::Path(path) => leaves(&path.tree, module, into),
        UseTree::Name(name) => drop(into.insert((module.to_owned(), name.ident.to_string()))),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, module, into)),
        UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

fn file_of(parent: &Path, module: &str) -> Option<PathBuf> {
    let folder = match parent.file_stem()?.to_str()? {
        "lib" | "mod" => parent.parent()?.to_owned(),
        _ => parent.with_extension(""),
    };
    [folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")].into_iter().find(|path| path.exists())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("cfg") && attr.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("doc") && attr.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "hidden")
    })
}

/// The code of the blocks that are compiled and run.
fn example(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs {
        let Meta::NameValue(pair) = &attr.meta else { continue };
        if let (true, Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = (pair.path.is_ident("doc"), &pair.value) {
            lines.extend(text.value().lines().map(|line| line.trim().to_owned()));
        }
    }
    let (mut code, mut within) = (String::new(), None);
    for line in lines {
        match (line.strip_prefix("```"), within) {
            (Some(language), None) => within = Some(language.is_empty() || language == "no_run"),
            (Some(_), Some(_)) => within = None,
            (None, Some(true)) => code += &(line + "\n"),
            _ => {}
        }
    }
    code
}
