//! Seeded random numbers and the two ways of choosing accounts.

/// SplitMix64: small, fast and good enough to spread load.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// How ranks `0..count` are chosen.
pub enum Choice {
    Uniform {
        count: usize,
    },
    /// Cumulative probabilities by rank.
    Zipf {
        cumulative: Vec<f64>,
    },
}

impl Choice {
    pub fn uniform(count: usize) -> Choice {
        Choice::Uniform { count }
    }

    /// Rank `n` (from one) has a probability proportional to `n^-alpha`.
    pub fn zipf(count: usize, alpha: f64) -> Choice {
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = (1..=count)
            .map(|rank| {
                sum += (rank as f64).powf(-alpha);
                sum
            })
            .collect();
        cumulative.iter_mut().for_each(|weight| *weight /= sum);
        Choice::Zipf { cumulative }
    }

    pub fn rank(&self, random: &mut Random) -> usize {
        match self {
            Choice::Uniform { count } => random.below(*count),
            Choice::Zipf { cumulative } => {
                let at = random.unit();
                cumulative.partition_point(|&weight| weight <= at).min(cumulative.len() - 1)
            }
        }
    }

    /// Two different ranks.
    pub fn pair(&self, random: &mut Random) -> (usize, usize) {
        let first = self.rank(random);
        loop {
            let second = self.rank(random);
            if second != first {
                return (first, second);
            }
        }
    }
}

#[cfg(test)]
mod tests;
