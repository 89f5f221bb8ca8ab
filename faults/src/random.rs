//! Numbers that look random and are the same every time.

/// A generator (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    ///
    /// ```
    /// assert_eq!(faults::Random::new(7).below(100), faults::Random::new(7).below(100));
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    ///
    /// ```
    /// let mut random = faults::Random::new(7);
    /// assert_ne!(random.next(), random.next());
    /// ```
    #[expect(clippy::should_implement_trait, reason = "it never ends, and is asked for one number at a time")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to one less than the limit; 0 where the limit is 0.
    ///
    /// ```
    /// assert!(faults::Random::new(7).below(3) < 3);
    /// ```
    pub fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { (self.next() % limit as u64) as usize }
    }

    /// True once in so many times.
    ///
    /// ```
    /// assert!(faults::Random::new(7).once_in(1));
    /// ```
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several.
    ///
    /// ```
    /// assert_eq!(*faults::Random::new(7).of(&["only"]), "only");
    /// ```
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
