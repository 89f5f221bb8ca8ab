//! Each option, and what it may be.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::config::reader::{Reader, Value, sorted};
use crate::config::{Config, Fresh, Function, StepConfig, Target};
use crate::ids;
use crate::nearest::nearest;

const KEYS: [&str; 7] = ["collations", "functions", "history_table", "min_sqlite", "shared", "steps", "target"];

impl Reader<'_> {
    /// The options of the top level.
    pub(super) fn config(&mut self, table: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        for (key, value) in sorted(table) {
            match key.get_ref().as_ref() {
                "history_table" => {
                    if let Some(name) = self.history_table(value) {
                        config.history_table = name;
                    }
                }
                "shared" => config.shared = self.boolean("shared", value).unwrap_or_default(),
                "functions" => config.functions = self.functions(value),
                "collations" => config.collations = self.collations(value),
                "min_sqlite" => config.min_sqlite = self.min_sqlite(value).unwrap_or_default(),
                "target" => config.target = self.target(value).unwrap_or_default(),
                "steps" => config.steps = self.steps(value),
                _ => self.unknown(key, &KEYS),
            }
        }
        config
    }

    fn history_table(&mut self, value: &Value<'_>) -> Option<String> {
        let name = self.name("history_table", value)?;
        if name.to_ascii_lowercase().starts_with("sqlite_") {
            let message = format!("`{name}` cannot be a table: SQLite keeps names that begin with `sqlite_`");
            self.error(ids::CONFIG_VALUE, message, value.span(), "choose another name");
            return None;
        }
        Some(name)
    }

    fn functions(&mut self, value: &Value<'_>) -> Vec<Function> {
        let mut functions = Vec::new();
        let mut seen = BTreeMap::new();
        for item in self.array("functions", value) {
            let Some(table) = item.get_ref().as_table() else {
                let help = "write a table, as in `{ name = \"slug\", arguments = 1, deterministic = true }`";
                self.wrong_type("a function", "a table", item, help);
                continue;
            };
            let Some(function) = self.function(table, item.span()) else { continue };
            if let Some(first) = seen.insert((function.name.to_ascii_lowercase(), function.arguments), item.span()) {
                self.twice(format!("the function `{}`", function.name), item.span(), first);
            }
            functions.push(function);
        }
        functions
    }

    fn function(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Function> {
        let mut function = Function { name: String::new(), arguments: None, deterministic: false };
        let mut named = false;
        for (key, value) in sorted(table) {
            match key.get_ref().as_ref() {
                "name" => {
                    named = true;
                    function.name = self.name("name", value).unwrap_or_default();
                }
                "arguments" => function.arguments = self.arguments(value),
                "deterministic" => {
                    function.deterministic = self.boolean("deterministic", value).unwrap_or_default();
                }
                _ => self.unknown(key, &["arguments", "deterministic", "name"]),
            }
        }
        if !named {
            let help = "write its name, as in `{ name = \"slug\", arguments = 1 }`";
            self.error(ids::CONFIG_VALUE, "a function without a name".to_owned(), span, help);
        }
        (!function.name.is_empty()).then_some(function)
    }

    fn arguments(&mut self, value: &Value<'_>) -> Option<u8> {
        let help = "write a number from 0 to 127, or `\"any\"`";
        match value.get_ref() {
            DeValue::String(text) if text == "any" => None,
            DeValue::Integer(integer) => {
                let number = u8::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| *number < 128);
                if number.is_none() {
                    let message = format!("`{}` is not a number of arguments", &self.file.text[value.span()]);
                    self.error(ids::CONFIG_VALUE, message, value.span(), help);
                }
                number
            }
            _ => {
                self.wrong_type("`arguments`", "a number or `\"any\"`", value, help);
                None
            }
        }
    }

    fn collations(&mut self, value: &Value<'_>) -> Vec<String> {
        let mut collations = Vec::new();
        let mut seen = BTreeMap::new();
        for item in self.array("collations", value) {
            let Some(name) = self.name("collations", item) else { continue };
            match seen.insert(name.to_ascii_lowercase(), item.span()) {
                Some(first) => self.twice(format!("the collation `{name}`"), item.span(), first),
                None => collations.push(name),
            }
        }
        collations
    }

    fn min_sqlite(&mut self, value: &Value<'_>) -> Option<i32> {
        let help = "write it as in `min_sqlite = \"3.45.1\"`";
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type("`min_sqlite`", "a string", value, help);
            return None;
        };
        let number = version(text);
        if number.is_none() {
            self.error(ids::CONFIG_VALUE, format!("`{text}` is not a version of SQLite 3"), value.span(), help);
        }
        number
    }

    fn target(&mut self, value: &Value<'_>) -> Option<Target> {
        let name = self.string("target", value)?;
        let target = Target::ALL.into_iter().find(|target| target.name() == name);
        if target.is_none() {
            let message = format!("there is no target `{name}`");
            let names = Target::ALL.map(Target::name);
            let help = match nearest(&name, names) {
                Some(near) => format!("write `{near}`"),
                None => "write `sqlite`, `sqld`, `rqlite` or `d1`, or leave it out for `sqlite`".to_owned(),
            };
            self.error(ids::CONFIG_VALUE, message, value.span(), &help);
        }
        target
    }

    fn steps(&mut self, value: &Value<'_>) -> Vec<StepConfig> {
        let help = "write a table for each step, as in `[steps.\"004_split_names\"]`";
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type("`steps`", "a table", value, help);
            return Vec::new();
        };
        let mut steps = Vec::new();
        let mut seen = BTreeMap::new();
        for (key, value) in sorted(table) {
            let migration = key.get_ref().clone().into_owned();
            match self.source.position(&migration) {
                None => self.unknown_step(&migration, key.span()),
                Some(position) => {
                    if let Some(first) = seen.insert(position, key.span()) {
                        self.twice(format!("the step of `{migration}`"), key.span(), first);
                    }
                }
            }
            let Some(table) = value.get_ref().as_table() else {
                self.wrong_type("a step", "a table", value, help);
                continue;
            };
            let mut fresh = Fresh::default();
            for (key, value) in sorted(table) {
                match key.get_ref().as_ref() {
                    "fresh" => fresh = self.fresh(value),
                    _ => self.unknown(key, &["fresh"]),
                }
            }
            steps.push(StepConfig { migration, fresh, place: self.file.place(key.span()) });
        }
        steps
    }

    fn fresh(&mut self, value: &Value<'_>) -> Fresh {
        match self.string("fresh", value).as_deref() {
            Some("skip") => Fresh::Skip,
            Some("run") | None => Fresh::Run,
            Some(other) => {
                let message = format!("`{other}` is not a value of `fresh`");
                let help = match nearest(other, ["run", "skip"]) {
                    Some(better) => format!("write `\"{better}\"`"),
                    None => "write `\"run\"` or `\"skip\"`".to_owned(),
                };
                self.error(ids::CONFIG_VALUE, message, value.span(), &help);
                Fresh::Run
            }
        }
    }

    fn unknown_step(&mut self, name: &str, span: Range<usize>) {
        let help = match nearest(name, self.source.migrations.iter().map(|migration| migration.stem())) {
            Some(better) => format!("write `{better}`"),
            None => "write the name of a migration, with or without `.sql`".to_owned(),
        };
        self.error(ids::STEP_UNKNOWN, format!("no migration is called `{name}`"), span, &help);
    }
}

/// `3.45.1` as 3045001.
fn version(text: &str) -> Option<i32> {
    let parts: Vec<i32> = text
        .split('.')
        .map(|part| part.parse().ok().filter(|_| part.len() < 4 && part.bytes().all(|byte| byte.is_ascii_digit())))
        .collect::<Option<_>>()?;
    match parts[..] {
        [3, minor] => Some(3_000_000 + minor * 1000),
        [3, minor, patch] => Some(3_000_000 + minor * 1000 + patch),
        _ => None,
    }
}
