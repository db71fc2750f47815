//! What the processor has, asked once.
//!
//! [`Level::here`] is the reason that every call of a kernel gives for being sound: no other function makes a level,
//! and tests may only lower it, so that all kernels are compared with the plain code on a machine that has the best.

use std::sync::atomic::{AtomicU8, Ordering};

/// Which kernels may run; each level includes those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// None.
    Plain = 1,
    /// Those for AVX2 and the counting of bits: processors from 2013 on.
    Avx2,
    /// Those in `avx512/`: Intel's from 2019 on, AMD's from 2022 on.
    Avx512,
}

/// The level as a number, 0 before it is known.
static HERE: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// The level of this processor.
    #[inline]
    pub(crate) fn here() -> Self {
        let level = match HERE.load(Ordering::Relaxed) {
            3 => Self::Avx512,
            2 => Self::Avx2,
            1 => Self::Plain,
            _ => Self::asked(),
        };
        #[cfg(any(test, fuzzing))]
        let level = level.min(LIMIT.get());
        level
    }

    #[cold]
    fn asked() -> Self {
        let level = Self::detected();
        HERE.store(level as u8, Ordering::Relaxed);
        level
    }

    #[cfg(target_arch = "x86_64")]
    fn detected() -> Self {
        macro_rules! has {
            ($($feature:tt)*) => { $(is_x86_feature_detected!($feature) &&)* true };
        }
        if !has!("avx2" "popcnt") {
            Self::Plain
        } else if has!("avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512vbmi" "avx512vbmi2" "bmi2" "gfni") {
            Self::Avx512
        } else {
            Self::Avx2
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detected() -> Self {
        Self::Plain
    }
}

#[cfg(any(test, fuzzing))]
thread_local! {
    static LIMIT: std::cell::Cell<Level> = const { std::cell::Cell::new(Level::Avx512) };
}

/// Runs a check with the kernels of every level that the processor has.
#[cfg(any(test, fuzzing))]
#[allow(unreachable_pub)] // Those who fuzz reach it.
pub fn at_every_level(mut check: impl FnMut()) {
    for level in [Level::Plain, Level::Avx2, Level::Avx512] {
        LIMIT.set(level);
        check();
    }
}
