//! Choices that look random and that a seed repeats.

/// A source of choices that a seed repeats.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64, by Steele, Lea and Flood.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(super) fn exactly(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    pub(super) fn bytes(&mut self, limit: usize) -> Vec<u8> {
        let length = self.below(limit);
        self.exactly(length)
    }

    pub(super) fn cut(&mut self, mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        while !bytes.is_empty() {
            let (chunk, rest) = bytes.split_at(bytes.len().min(1 + self.below(40)));
            chunks.push(chunk.to_vec());
            bytes = rest;
        }
        chunks
    }

    pub(super) fn chunks(&mut self) -> Vec<Vec<u8>> {
        let whole = self.bytes(150);
        self.cut(&whole)
    }

    /// Flips a bit, takes the last byte away, or adds one.
    pub(super) fn damage(&mut self, bytes: &mut Vec<u8>) {
        match self.below(4) {
            0 => bytes.push(self.next() as u8),
            1 => drop(bytes.pop()),
            _ if bytes.is_empty() => {}
            _ => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
        }
    }
}
