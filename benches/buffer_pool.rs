//! Making and dropping buffers: from the pool, zeroed, beside the allocator and `bytes`.
//!
//! Alone (made and dropped at once), as a queue of 1,000 live ones, and dropped by another thread.
//! `node benches/buffer.mjs` prints the figures beside Node's.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use ferronode_buffer::Buffer;

const SIZES: [usize; 3] = [64, 1024, 16 * 1024];
/// Buffers that live at once in a queue.
const LIVE: usize = 1000;
/// Buffers that are sent to another thread at a time, so that the sending is a small part.
const CRATE: usize = 100;

fn alone<T>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, make: impl Fn() -> T) {
    group.bench_function(name, |bencher| bencher.iter(|| drop(black_box(make()))));
}

fn queue<T>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, make: impl Fn() -> T) {
    let mut live: VecDeque<T> = (0..LIVE).map(|_| make()).collect();
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            drop(live.pop_front());
            live.push_back(black_box(make()));
        });
    });
}

/// Counts the making and the dropping, each on its own thread, one after the other.
fn elsewhere<T: Send + 'static>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, make: impl Fn() -> T) {
    let (send, receive) = mpsc::sync_channel::<Vec<T>>(0);
    let (done, dropped) = mpsc::sync_channel::<Duration>(0);
    let dropper = thread::spawn(move || {
        for mut batch in receive {
            let start = Instant::now();
            batch.clear();
            if done.send(start.elapsed()).is_err() {
                return;
            }
        }
    });
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let mut total = Duration::ZERO;
            for _ in 0..iterations.div_ceil(CRATE as u64) {
                let start = Instant::now();
                let batch: Vec<T> = (0..CRATE).map(|_| make()).collect();
                total += start.elapsed();
                send.send(batch).expect("the dropper waits");
                total += dropped.recv().expect("the dropper answers");
            }
            total.mul_f64(iterations as f64 / (iterations.div_ceil(CRATE as u64) * CRATE as u64) as f64)
        });
    });
    drop(send);
    dropper.join().expect("the dropper ends with its queue");
}

fn pool(criterion: &mut Criterion) {
    for size in SIZES {
        let size = black_box(size);
        let mut group = criterion.benchmark_group(format!("alloc_unsafe/{size}"));
        alone(&mut group, "ours", || Buffer::alloc_unsafe(size));
        alone(&mut group, "malloc", || Vec::<u8>::with_capacity(size));
        alone(&mut group, "bytes", || BytesMut::with_capacity(size));
        group.finish();
        let mut group = criterion.benchmark_group(format!("alloc/{size}"));
        alone(&mut group, "ours", || Buffer::alloc(size));
        alone(&mut group, "calloc", || vec![0_u8; size]);
        group.finish();
        let mut group = criterion.benchmark_group(format!("alloc_unsafe_queue/{size}"));
        queue(&mut group, "ours", || Buffer::alloc_unsafe(size));
        queue(&mut group, "malloc", || Vec::<u8>::with_capacity(size));
        group.finish();
        let mut group = criterion.benchmark_group(format!("alloc_unsafe_elsewhere/{size}"));
        elsewhere(&mut group, "ours", || Buffer::alloc_unsafe(size));
        elsewhere(&mut group, "malloc", || Vec::<u8>::with_capacity(size));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20);
    targets = pool
}
criterion_main!(benches);
