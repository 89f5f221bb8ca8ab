//! What of the changes that were not synced did arrive when the power was cut.

use crate::random::Random;

/// Which of the changes since a file's last sync are found after a power cut. With a seed, every file draws anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// None of them.
    Nothing,
    /// All of them: also what is found after a process was killed.
    Everything,
    /// The first so many, the last of them torn.
    Prefix(u64),
    /// Any of them, the last of them torn.
    Any(u64),
}

/// What arrived of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    No,
    Whole,
    /// So many sectors of it, at least where it is that long.
    Sectors(usize),
}

impl Survival {
    /// For each of so many changes, oldest first, what arrived of it.
    pub(crate) fn draw(self, changes: usize, file: usize) -> Vec<Arrived> {
        let (seed, any) = match self {
            Survival::Nothing => return vec![Arrived::No; changes],
            Survival::Everything => return vec![Arrived::Whole; changes],
            Survival::Prefix(seed) => (seed, false),
            Survival::Any(seed) => (seed, true),
        };
        let mut random = Random::new(seed ^ ((file as u64) << 48) ^ ((changes as u64) << 32));
        // Of a few changes most should arrive as often as few of them.
        let (one_in, inverse) = (2 + random.below(4), random.once_in(2));
        let first = random.below(changes + 1);
        let mut arrived: Vec<Arrived> = (0..changes)
            .map(|index| if any { random.once_in(one_in) != inverse } else { index < first })
            .map(|whole| if whole { Arrived::Whole } else { Arrived::No })
            .collect();
        if let Some(last) = arrived.iter().rposition(|arrived| *arrived == Arrived::Whole).filter(|_| random.once_in(2))
        {
            arrived[last] = Arrived::Sectors(random.below(8));
        }
        arrived
    }

    /// How many of so many entries of a folder arrived. A folder keeps them in order.
    pub(crate) fn draw_entries(self, entries: usize) -> usize {
        match self {
            Survival::Nothing => 0,
            Survival::Everything => entries,
            Survival::Prefix(seed) | Survival::Any(seed) => Random::new(!seed).below(entries + 1),
        }
    }
}
