//! Choices, one number after the other: what proptest shrinks.

/// Numbers that decide what is generated; zeroes when they are used up, and 0 is the plainest choice.
pub(crate) struct Tape {
    numbers: std::vec::IntoIter<u32>,
}

impl Tape {
    pub(crate) fn new(numbers: Vec<u32>) -> Tape {
        Tape { numbers: numbers.into_iter() }
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.numbers.next().unwrap_or(0) as usize % count.max(1)
    }

    /// True so many times of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}
