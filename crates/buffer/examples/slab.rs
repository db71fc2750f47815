//! The slabs of a pool, drawn as buffers come and go: empty, partial, full.
//!
//! `#` is a slot with a buffer, `.` a free one, `+` several slots of which some are free.
#![allow(clippy::print_stdout)] // An example talks to the terminal.

use ferronode_buffer::constants::POOL_SIZE;
use ferronode_buffer::{Buffer, Pool};

fn draw(what: &str, pool: &Pool) {
    let stats = pool.stats();
    println!("{what}");
    for slab in &stats.slabs {
        println!("  {slab}");
    }
    let (empty, partial, full) = (stats.empty(), stats.partial(), stats.full());
    println!(
        "  {empty} empty, {partial} partial, {full} full; {} of {} bytes used",
        stats.bytes_used(),
        stats.bytes_held()
    );
}

fn main() {
    // A pool of its own, so that nobody else's buffers are in the picture.
    let pool = Pool::new();
    draw("A new pool has no slab.", &pool);

    let first = pool.alloc_unsafe(1024);
    draw(
        "1 KiB: a slab of 8 KiB is cut into eight slots, and one is taken.",
        &pool,
    );

    let mut more: Vec<Buffer> = (0..8).map(|_| pool.alloc_unsafe(1000)).collect();
    draw("Eight more: the slab is full, a second one begins.", &pool);

    drop(first);
    draw(
        "The first drops: its slot is free at once, and its slab is partial.",
        &pool,
    );

    more.clear();
    draw("All drop: both slabs are empty, and may be cut for any size.", &pool);

    let small: Vec<Buffer> = (0..3).map(|_| pool.alloc_unsafe(10)).collect();
    draw(
        "Three of 10 bytes: sixteen-byte slots, from a slab of their own.",
        &pool,
    );

    let large = pool.alloc_unsafe(POOL_SIZE / 2);
    println!("4 KiB, half a slab: from the pool? {}", large.is_pooled());
    println!(
        "alloc, which is zeroes: from the pool? {}",
        Buffer::alloc(10).is_pooled()
    );
    drop(small);
}
