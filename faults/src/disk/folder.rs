//! The one folder of a disk: names, and which of them are on the disk.

use std::collections::BTreeMap;

use crate::survival::Survival;

/// Which deletions are found after a power cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletions {
    /// All: the file system writes its folders before it answers.
    #[default]
    AtOnce,
    /// Those before the last sync of the folder, and some of those after it: what `synchronous = EXTRA` is for.
    OnceSynced,
}

/// Names, each with the number of its file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folder {
    now: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    on_the_way: Vec<(String, Option<usize>)>,
    pub(crate) deletions: Deletions,
}

impl Folder {
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.now.get(name).copied()
    }

    pub(crate) fn create(&mut self, name: &str, file: usize) {
        self.enter(name, Some(file));
    }

    /// Whether there was such a name.
    pub(crate) fn delete(&mut self, name: &str) -> bool {
        let there = self.now.contains_key(name);
        if there {
            self.enter(name, None);
            if self.deletions == Deletions::AtOnce {
                self.sync();
            }
        }
        there
    }

    fn enter(&mut self, name: &str, file: Option<usize>) {
        apply(&mut self.now, name, file);
        self.on_the_way.push((name.to_owned(), file));
    }

    pub(crate) fn sync(&mut self) {
        for (name, file) in self.on_the_way.drain(..) {
            apply(&mut self.durable, &name, file);
        }
    }

    /// Syncing a file brings its own name to the disk too, on the file systems there are.
    pub(crate) fn sync_file(&mut self, file: usize) {
        let Some(entry) = self.on_the_way.iter().rposition(|(_, entered)| *entered == Some(file)) else { return };
        for (name, file) in self.on_the_way.drain(..=entry) {
            apply(&mut self.durable, &name, file);
        }
    }

    /// The names that are found after the power was cut.
    pub(crate) fn survive(&self, survival: Survival) -> Folder {
        let mut found = self.durable.clone();
        for (name, file) in &self.on_the_way[..survival.draw_entries(self.on_the_way.len())] {
            apply(&mut found, name, *file);
        }
        Folder { now: found.clone(), durable: found, on_the_way: Vec::new(), deletions: self.deletions }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&String, &usize)> {
        self.now.iter()
    }
}

fn apply(names: &mut BTreeMap<String, usize>, name: &str, file: Option<usize>) {
    match file {
        Some(file) => drop(names.insert(name.to_owned(), file)),
        None => drop(names.remove(name)),
    }
}
