//! A tick comes before a timeout of nothing, and costs far less: both are measured, 100,000 of each.
//!
//! A tick is an entry in a queue. A timer has a due time, a place among others, and a look at the clock.
//!
//! `cargo run --release -p ferronode-process --example next_tick`
#![allow(clippy::print_stdout)]

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ferronode_process::{self as process, NoLoop};

const COUNT: u32 = 100_000;

fn main() -> ExitCode {
    process::run(|| {
        process::set_timeout(Duration::ZERO, || println!("timeout"))?;
        process::next_tick(|| println!("tick"))?;
        println!("main");
        process::set_immediate(measure)?;
        Ok::<_, NoLoop>(())
    })
}

/// From the first being scheduled until the last has run.
fn measure() -> Result<(), NoLoop> {
    let start = Instant::now();
    let left = Rc::new(Cell::new(COUNT));
    for _ in 0..COUNT {
        let left = Rc::clone(&left);
        process::next_tick(move || {
            left.set(left.get() - 1);
            if left.get() == 0 {
                return measure_timers(start.elapsed());
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn measure_timers(ticks: Duration) -> Result<(), NoLoop> {
    let start = Instant::now();
    let left = Rc::new(Cell::new(COUNT));
    for _ in 0..COUNT {
        let left = Rc::clone(&left);
        process::set_timeout(Duration::ZERO, move || {
            left.set(left.get() - 1);
            if left.get() == 0 {
                let each = |time: Duration| time / COUNT;
                println!("a tick: {:?}, a timeout: {:?}", each(ticks), each(start.elapsed()));
                println!("ticks are cheaper: {}", ticks < start.elapsed());
            }
        })?;
    }
    Ok(())
}
