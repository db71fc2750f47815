//! The paths of the events crate under criterion: `cargo bench -p benches --bench events_emit`.
//!
//! `events_ratios` sets the same cases beside each other, and beside Node, in alternating runs.

use std::time::Instant;

use benches::events_cases;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn events(criterion: &mut Criterion) {
    for mut case in events_cases::all() {
        let mut group = criterion.benchmark_group(&case.group);
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter_custom(|times| {
                let start = Instant::now();
                (case.run)(times);
                start.elapsed()
            });
        });
        group.finish();
    }
}

criterion_group!(group, events);
criterion_main!(group);
