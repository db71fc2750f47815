//! The pool: who is served from it, what a slab looks like, and that no two buffers share a byte.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use ferronode_buffer::constants::POOL_SIZE;
use ferronode_buffer::{Buffer, Pool};
use proptest::prelude::*;

/// A thread that ends leaves its slabs to all others: tests that look at that run one at a time.
static ORPHANS: Mutex<()> = Mutex::new(());

#[test]
fn half_a_slab_and_more_is_not_pooled() {
    for (size, pooled) in [(0, false), (1, true), (4095, true), (4096, false), (POOL_SIZE, false)] {
        assert_eq!(Buffer::alloc_unsafe(size).is_pooled(), pooled, "{size}");
        assert_eq!(Buffer::from_bytes(&vec![7; size]).is_pooled(), pooled, "{size}");
        assert!(!Buffer::alloc(size).is_pooled());
        assert!(!Buffer::alloc_unsafe_slow(size).is_pooled());
    }
}

#[test]
fn a_slab_is_full_then_partial_then_empty() {
    let _alone = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = Pool::new();
    let mut buffers: Vec<Buffer> = (0..4).map(|_| pool.alloc_unsafe(3000)).collect();
    assert_eq!((pool.stats().full(), pool.stats().slabs.len()), (2, 2));
    buffers.remove(0);
    assert_eq!((pool.stats().full(), pool.stats().partial()), (1, 1));
    buffers.clear();
    assert_eq!(
        (pool.stats().full(), pool.stats().partial(), pool.stats().empty()),
        (0, 0, 2)
    );
}

#[test]
fn a_slot_is_used_again_as_soon_as_its_buffer_drops() {
    let pool = Pool::new();
    for _ in 0..10_000 {
        let _dropped = pool.alloc_unsafe(1000);
    }
    assert_eq!(pool.stats().slabs.len(), 1);
}

#[test]
fn four_thousand_small_buffers_among_large_ones_hold_less_than_a_fifth_of_a_megabyte() {
    let pool = Pool::new();
    let keep = |_| {
        let small = pool.alloc_unsafe(10);
        let _large = pool.alloc_unsafe(4095);
        small
    };
    let small: Vec<Buffer> = (0..4000).map(keep).collect();
    assert!(pool.stats().bytes_held() < 100_000, "{}", pool.stats().bytes_held());
    assert!(size_of_val(&small[..]) <= 4000 * 32);
}

#[test]
fn empty_slabs_go_back_to_the_allocator() {
    let pool = Pool::new();
    let many: Vec<Buffer> = (0..1000).map(|_| pool.alloc_unsafe(4000)).collect();
    assert_eq!(pool.stats().slabs.len(), 500);
    drop(many);
    assert!(pool.stats().slabs.len() <= 9, "{}", pool.stats().slabs.len());
}

#[test]
fn slots_dropped_by_another_thread_come_back() {
    let _alone = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = Pool::new();
    let (send, receive) = mpsc::channel::<Buffer>();
    let (done, dropped) = mpsc::channel();
    let dropper = thread::spawn(move || {
        for buffer in receive {
            drop(buffer);
            done.send(()).unwrap();
        }
    });
    for _ in 0..5000 {
        send.send(pool.alloc_unsafe(1000)).unwrap();
        dropped.recv().unwrap();
    }
    assert!(pool.stats().slabs.len() <= 2, "{:?}", pool.stats().slabs.len());
    drop(send);
    dropper.join().unwrap();
}

#[test]
fn slabs_emptied_by_two_threads_go_back_to_the_allocator() {
    let _alone = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = Pool::new();
    let (mine, others): (Vec<Buffer>, Vec<Buffer>) = (0..20)
        .map(|_| (pool.alloc_unsafe(4000), pool.alloc_unsafe(4000)))
        .unzip();
    thread::spawn(move || drop(others)).join().unwrap();
    assert_eq!(pool.stats().partial(), 20);
    drop(mine);
    assert!(pool.stats().slabs.len() <= 9, "{}", pool.stats().slabs.len());
}

#[test]
fn a_buffer_outlives_its_thread_and_its_slab_is_taken_over() {
    let _alone = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || thread::spawn(|| Buffer::from_bytes(&[7; 2700])).join().unwrap();
    let orphan = make();
    assert_eq!(orphan, [7; 2700]);
    let pool = Pool::new();
    let _neighbour = pool.alloc_unsafe(2700);
    let used: Vec<usize> = pool.stats().slabs.iter().map(|slab| slab.used()).collect();
    assert_eq!(used, [2], "the slab that the dead thread left was adopted");
    drop(orphan);
    assert_eq!(pool.stats().slabs[0].used(), 1);
}

#[test]
fn a_buffer_outlives_its_pool() {
    let pool = Pool::new();
    let buffer = pool.alloc_unsafe(100);
    drop(pool);
    assert_eq!(buffer.len(), 100);
}

#[test]
fn debug_builds_poison_old_bytes() {
    let pool = Pool::new();
    drop({
        let mut secret = pool.alloc_unsafe(64);
        secret[..].fill(1);
        secret
    });
    if cfg!(debug_assertions) {
        let poisoned = |size| pool.alloc_unsafe(size).iter().all(|&byte| byte == 0xdb);
        assert!((0..200).all(|_| poisoned(64)));
        assert!(poisoned(5000));
    }
}

/// What is done to a crowd of buffers.
#[derive(Clone, Debug)]
enum Step {
    Make(usize),
    Copy(usize),
    Split(usize, usize),
    Drop(usize),
    DropElsewhere(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![0..80_usize, 0..5000_usize];
    prop_oneof![
        3 => size.clone().prop_map(Step::Make),
        1 => size.prop_map(Step::Copy),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(which, at)| Step::Split(which, at)),
        2 => any::<usize>().prop_map(Step::Drop),
        1 => any::<usize>().prop_map(Step::DropElsewhere),
    ]
}

/// The naive allocator: a vector of its own for each buffer.
#[derive(Default)]
struct Crowd {
    buffers: Vec<(Buffer, Vec<u8>)>,
    made: u8,
}

impl Crowd {
    fn add(&mut self, mut buffer: Buffer) {
        self.made = self.made.wrapping_add(1);
        buffer[..].fill(self.made);
        let twin = buffer.to_vec();
        self.buffers.push((buffer, twin));
    }

    fn remove(&mut self, which: usize) -> Option<Buffer> {
        let last = self.buffers.len().checked_sub(1)?;
        let (buffer, twin) = self.buffers.swap_remove(which % (last + 1));
        assert_eq!(*buffer, *twin, "somebody else wrote into the buffer");
        Some(buffer)
    }

    fn take(&mut self, step: &Step, pool: &Pool) {
        match *step {
            Step::Make(size) => self.add(pool.alloc_unsafe(size)),
            Step::Copy(size) => self.add(Buffer::from_bytes(&vec![0; size])),
            Step::Split(which, at) => {
                if let Some(buffer) = self.remove(which) {
                    let at = at % (buffer.len() + 1);
                    let (first, second) = buffer.split_at_owned(at);
                    self.add(first);
                    self.add(second);
                }
            }
            Step::Drop(which) => drop(self.remove(which)),
            Step::DropElsewhere(which) => {
                let buffer = self.remove(which);
                let dropped = thread::spawn(move || drop(buffer)).join();
                assert!(dropped.is_ok());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_two_buffers_share_a_byte(steps in prop::collection::vec(step(), 1..200)) {
        let _alone = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
        let (pool, mut crowd) = (Pool::new(), Crowd::default());
        for step in &steps {
            crowd.take(step, &pool);
        }
        for (buffer, twin) in crowd.buffers.drain(..) {
            assert_eq!(*buffer, *twin);
        }
        prop_assert_eq!(pool.stats().bytes_used(), 0);
    }
}
