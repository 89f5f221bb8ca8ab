//! A file: what it is for those who read it, what of it is on the disk, and what is on its way there.

use crate::survival::{Arrived, Survival};

/// The size of what is written whole or not at all.
const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    on_the_way: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        self.now.len()
    }

    /// How much there was to read.
    pub(crate) fn read(&self, at: usize, into: &mut [u8]) -> usize {
        let there = self.now.get(at..).unwrap_or_default();
        let length = there.len().min(into.len());
        into[..length].copy_from_slice(&there[..length]);
        length
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.change(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        if length < self.now.len() {
            self.change(Change::Truncate(length));
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.on_the_way.push(change);
    }

    pub(crate) fn sync(&mut self) {
        for change in self.on_the_way.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// What is found after the power was cut. `number` tells files apart.
    pub(crate) fn survive(&self, survival: Survival, number: usize) -> Content {
        let mut found = self.durable.clone();
        let mut arrived = survival.draw(self.on_the_way.len(), number);
        // What is written after a file was cut goes to other blocks, and is not found without the cut.
        let mut later = false;
        for (change, arrived) in self.on_the_way.iter().zip(&mut arrived).rev() {
            if later && matches!(change, Change::Truncate(_)) {
                *arrived = Arrived::Whole;
            }
            later |= *arrived != Arrived::No;
        }
        for (change, arrived) in self.on_the_way.iter().zip(arrived) {
            match arrived {
                Arrived::No => {}
                Arrived::Whole => change.apply(&mut found),
                Arrived::Sectors(sectors) => change.torn(sectors).apply(&mut found),
            }
        }
        Content { now: found.clone(), durable: found, on_the_way: Vec::new() }
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write { at, bytes } => {
                if content.len() < *at {
                    content.resize(*at, 0);
                }
                let over = bytes.len().min(content.len() - at);
                content[*at..*at + over].copy_from_slice(&bytes[..over]);
                content.extend_from_slice(&bytes[over..]);
            }
            Change::Truncate(length) => content.truncate(*length),
        }
    }

    /// The same, of which only so many sectors arrived.
    fn torn(&self, sectors: usize) -> Change {
        match self {
            Change::Write { at, bytes } => {
                let end = (at / SECTOR + sectors) * SECTOR;
                let length = end.saturating_sub(*at).min(bytes.len());
                Change::Write { at: *at, bytes: bytes[..length].to_vec() }
            }
            Change::Truncate(length) => Change::Truncate(*length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_synced_may_be_lost_or_torn() {
        let mut content = Content::default();
        content.write(0, &[1; 2048]);
        content.sync();
        content.write(0, &[2; 2048]);
        content.write(2048, &[3; 512]);
        let find = |survival| {
            let found = content.survive(survival, 0);
            found.now.chunks(SECTOR).map(|sector| sector[0]).collect::<Vec<u8>>()
        };
        assert_eq!(find(Survival::Nothing), [1, 1, 1, 1]);
        assert_eq!(find(Survival::Everything), [2, 2, 2, 2, 3]);
        let found: Vec<Vec<u8>> = (0..100).map(|seed| find(Survival::Any(seed))).collect();
        for possible in [&[2, 2, 2, 2, 3][..], &[1, 1, 1, 1], &[1, 1, 1, 1, 3], &[2, 2, 1, 1]] {
            assert!(found.iter().any(|found| found == possible), "{possible:?}");
        }
        let prefixes: Vec<Vec<u8>> = (0..100).map(|seed| find(Survival::Prefix(seed))).collect();
        assert!(!prefixes.contains(&vec![1, 1, 1, 1, 3]));
        assert!(prefixes.contains(&vec![2, 1, 1, 1]));
    }
}
