//! The events crate's paths and what they are measured beside.
//!
//! Every listener does the same: it adds its payload to one number, so what differs is the way to it.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use ferronode_events::{Event, EventEmitter, Named, local};

const TICK: Event<u64> = Event::new("tick");

static SUM: AtomicU64 = AtomicU64::new(0);

fn count(payload: &u64) {
    SUM.store(SUM.load(Ordering::Relaxed).wrapping_add(*payload), Ordering::Relaxed);
}

/// One thing to measure.
pub struct Case {
    /// What is done: `emit_1`. The same in all cases that are set beside each other.
    pub group: String,
    /// Who does it: `shared_key`.
    pub name: &'static str,
    /// Does it as often as asked.
    pub run: Box<dyn FnMut(u64)>,
}

impl Case {
    fn new(group: &str, name: &'static str, mut once: impl FnMut() + 'static) -> Self {
        let run = move |times| (0..times).for_each(|_| once());
        Self {
            group: group.to_owned(),
            name,
            run: Box::new(run),
        }
    }
}

/// Returns all cases; those of one group stand together, the yardstick first.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for listeners in [1, 10, 100, 1_000, 10_000] {
        emit(&mut cases, listeners);
    }
    for names in [0, 10, 100, 1_000, 10_000] {
        names_beside(&mut cases, names);
    }
    once_and_emit(&mut cases);
    for others in [0, 10, 1_000] {
        add_and_remove(&mut cases, others);
    }
    cases
}

fn emit(cases: &mut Vec<Case>, listeners: usize) {
    let group = format!("emit_{listeners}");
    let boxed: Vec<_> = (0..listeners).map(|_| Box::new(count) as Box<dyn Fn(&u64)>).collect();
    cases.push(Case::new(&group, "boxed_closures", move || {
        for call in black_box(&boxed) {
            call(black_box(&1));
        }
    }));
    let emitter = || {
        let emitter = local::EventEmitter::new();
        emitter.set_max_listeners(0);
        (0..listeners).for_each(|_| {
            emitter.on(TICK, count);
        });
        emitter
    };
    let key = emitter().key(TICK);
    cases.push(Case::new(&group, "local_key", move || {
        black_box(&key).emit(black_box(&1));
    }));
    let by_event = emitter();
    cases.push(Case::new(&group, "local_event", move || {
        black_box(&by_event).emit(TICK, black_box(&1));
    }));
    let by_name = emitter();
    cases.push(Case::new(&group, "local_name", move || {
        black_box(&by_name).emit(Named::new(black_box("tick")), black_box(&1_u64));
    }));
    let emitter = || {
        let emitter = EventEmitter::new();
        emitter.set_max_listeners(0);
        (0..listeners).for_each(|_| {
            emitter.on(TICK, count);
        });
        emitter
    };
    let key = emitter().key(TICK);
    cases.push(Case::new(&group, "shared_key", move || {
        black_box(&key).emit(black_box(&1));
    }));
    let by_event = emitter();
    cases.push(Case::new(&group, "shared_event", move || {
        black_box(&by_event).emit(TICK, black_box(&1));
    }));
    let by_name = emitter();
    cases.push(Case::new(&group, "shared_name", move || {
        black_box(&by_name).emit(Named::new(black_box("tick")), black_box(&1_u64));
    }));
    #[cfg(feature = "peers")]
    peers::emit(cases, &group, listeners);
}

/// One listener of one event, beside events of other names that have one each.
fn names_beside(cases: &mut Vec<Case>, names: usize) {
    let group = format!("names_{names}");
    let names: Vec<String> = (0..names)
        .map(|number| format!("name {number}"))
        .chain(["last".into()])
        .collect();
    let made = || {
        let emitter = local::EventEmitter::new();
        names.iter().for_each(|name| {
            emitter.on(Named::<u64>::new(name), count);
        });
        emitter.on(TICK, count);
        emitter
    };
    let (by_event, by_name) = (made(), made());
    cases.push(Case::new(&group, "local_event", move || {
        black_box(&by_event).emit(TICK, black_box(&1));
    }));
    cases.push(Case::new(&group, "local_name", move || {
        black_box(&by_name).emit(Named::new(black_box("last")), black_box(&1_u64));
    }));
    let made = || {
        let emitter = EventEmitter::new();
        names.iter().for_each(|name| {
            emitter.on(Named::<u64>::new(name), count);
        });
        emitter.on(TICK, count);
        emitter
    };
    let (by_event, by_name) = (made(), made());
    cases.push(Case::new(&group, "shared_event", move || {
        black_box(&by_event).emit(TICK, black_box(&1));
    }));
    cases.push(Case::new(&group, "shared_name", move || {
        black_box(&by_name).emit(Named::new(black_box("last")), black_box(&1_u64));
    }));
}

fn once_and_emit(cases: &mut Vec<Case>) {
    let group = "once_emit";
    let emitter = local::EventEmitter::new();
    cases.push(Case::new(group, "local", move || {
        black_box(&emitter).once(TICK, count);
        emitter.emit(TICK, &1);
    }));
    let emitter = EventEmitter::new();
    cases.push(Case::new(group, "shared", move || {
        black_box(&emitter).once(TICK, count);
        emitter.emit(TICK, &1);
    }));
    #[cfg(feature = "peers")]
    peers::once_and_emit(cases, group);
}

fn add_and_remove(cases: &mut Vec<Case>, others: usize) {
    let group = format!("add_remove_beside_{others}");
    let emitter = local::EventEmitter::new();
    emitter.set_max_listeners(0);
    (0..others).for_each(|_| {
        emitter.on(TICK, count);
    });
    cases.push(Case::new(&group, "local", move || {
        let id = black_box(&emitter).on(TICK, count);
        emitter.remove(id);
    }));
    let emitter = EventEmitter::new();
    emitter.set_max_listeners(0);
    (0..others).for_each(|_| {
        emitter.on(TICK, count);
    });
    cases.push(Case::new(&group, "shared", move || {
        let id = black_box(&emitter).on(TICK, count);
        emitter.remove(id);
    }));
    #[cfg(feature = "peers")]
    peers::add_and_remove(cases, &group, others);
}

/// The crates that a user would pick instead.
/// `alone_ee` stays on one thread; `signals2` and tokio's `broadcast` are for all. None of them has names.
#[cfg(feature = "peers")]
mod peers {
    use signals2::{Connect1, Emit1, Signal};
    use tokio::sync::broadcast;

    use super::{Case, black_box, count};

    pub(super) fn emit(cases: &mut Vec<Case>, group: &str, listeners: usize) {
        let mut emitter = alone_ee::EventEmitter::<u64>::new();
        let kept: Vec<_> = (0..listeners).map(|_| emitter.on(Box::new(counted))).collect();
        cases.push(Case::new(group, "alone_ee", move || {
            let _ = black_box(&kept);
            let _ = black_box(&mut emitter).emit(black_box(&1));
        }));
        let signal = Signal::<(u64,)>::new();
        (0..listeners).for_each(|_| {
            signal.connect(|payload| count(&payload));
        });
        cases.push(Case::new(group, "signals2", move || {
            black_box(&signal).emit(black_box(1));
        }));
        let (sender, _) = broadcast::channel::<u64>(16);
        let mut receivers: Vec<_> = (0..listeners).map(|_| sender.subscribe()).collect();
        cases.push(Case::new(group, "tokio_broadcast", move || {
            let _ = black_box(&sender).send(black_box(1));
            for receiver in &mut receivers {
                if let Ok(payload) = receiver.try_recv() {
                    count(&payload);
                }
            }
        }));
    }

    pub(super) fn once_and_emit(cases: &mut Vec<Case>, group: &str) {
        let mut emitter = alone_ee::EventEmitter::<u64>::new();
        cases.push(Case::new(group, "alone_ee", move || {
            let _kept = black_box(&mut emitter).once(Box::new(counted));
            let _ = emitter.emit(&1);
        }));
        let signal = Signal::<(u64,)>::new();
        cases.push(Case::new(group, "signals2", move || {
            let connection = black_box(&signal).connect(|payload| count(&payload));
            signal.emit(1);
            connection.disconnect();
        }));
    }

    pub(super) fn add_and_remove(cases: &mut Vec<Case>, group: &str, others: usize) {
        let signal = Signal::<(u64,)>::new();
        (0..others).for_each(|_| {
            signal.connect(|payload| count(&payload));
        });
        cases.push(Case::new(group, "signals2", move || {
            black_box(&signal).connect(|payload| count(&payload)).disconnect();
        }));
    }

    #[expect(clippy::unnecessary_wraps, reason = "the peer's listeners may fail")]
    fn counted(payload: &u64) -> Result<(), Box<dyn std::error::Error>> {
        count(payload);
        Ok(())
    }
}
