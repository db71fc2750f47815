//! Random programs of ticks, immediates, timers and intervals, run here and in Node: the same order.
//!
//! A program is a list of callbacks; each schedules others, clears some, may fail. One that sets a timer is busy until
//! that timer is due, so that the order depends on rules and not on the machine. Programs follow one another by
//! `beforeExit`, so that one process runs them all.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;
use std::time::Duration;

use ferronode_process::{
    BEFORE_EXIT, Immediate, Timeout, UNCAUGHT, clear_immediate, clear_timeout, next_tick, on, set_immediate,
    set_interval, set_timeout,
};
use fixtures::{node, with_node};
use libtest_mimic::{Failed, Trial};
use serde::{Deserialize, Serialize};

use crate::case::{busy, looped, rust};

/// How many programs a run has; each takes 20 ms or so, twice.
const PROGRAMS: usize = 150;
/// How many callbacks a program has.
const CALLBACKS: usize = 14;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    Tick(usize),
    Immediate(usize),
    Timeout(usize),
    /// Runs three times, then clears itself.
    Interval(usize),
    /// Clears whatever has scheduled that callback.
    Clear(usize),
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Callback {
    acts: Vec<Act>,
    fails: bool,
}

type Program = Vec<Callback>;

/// xorshift64: the same programs from the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// Each callback but the first is scheduled once, by one before it, so that every program ends.
    ///
    /// Ticks set no timers: in Node that may begin another pass through the timers before the immediates, if it is the
    /// last tick of a pass and the clock has gone on (libuv's idea of the time is refreshed by it). Here it does not.
    /// Nor do ticks fail: when Node comes back to the ticks behind one that did depends on what else waits.
    fn program(&mut self) -> Program {
        let mut program = vec![Callback::default(); CALLBACKS];
        let mut is_tick = [false; CALLBACKS];
        for target in 1..CALLBACKS {
            let by = self.below(target);
            let act = match self.below(if is_tick[by] { 6 } else { 10 }) {
                0..3 => Act::Tick(target),
                3..6 => Act::Immediate(target),
                6..9 => Act::Timeout(target),
                _ => Act::Interval(target),
            };
            is_tick[target] = matches!(act, Act::Tick(_));
            program[by].acts.push(act);
        }
        for (callback, is_tick) in program.iter_mut().zip(is_tick).skip(1) {
            if self.below(8) == 0 {
                callback.acts.push(Act::Clear(1 + self.below(CALLBACKS - 1)));
            }
            callback.fails = self.below(10) == 0 && !is_tick;
        }
        program
    }
}

thread_local! {
    static STAGE: RefCell<Option<Rc<Stage>>> = const { RefCell::new(None) };
}

/// Where a program runs, and what has scheduled its callbacks.
struct Stage {
    program: Program,
    handles: RefCell<Vec<Option<Handle>>>,
    runs: Cell<[u8; CALLBACKS]>,
}

#[derive(Clone, Copy)]
enum Handle {
    Immediate(Immediate),
    Timeout(Timeout),
}

/// The program that runs programs: it reads them from standard input.
pub(crate) fn program() -> ExitCode {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let mut programs: Vec<Program> = serde_json::from_str(&text).unwrap();
    programs.reverse();
    let programs = std::sync::Mutex::new(programs);
    looped(|| {
        on(UNCAUGHT, |error| println!("caught {error}"));
        on(BEFORE_EXIT, move |_| {
            if let Some(program) = programs.lock().unwrap().pop() {
                println!("program");
                let stage = Rc::new(Stage {
                    handles: RefCell::new(vec![None; program.len()]),
                    runs: Cell::default(),
                    program,
                });
                STAGE.set(Some(Rc::clone(&stage)));
                // What a listener of beforeExit leaves behind when it fails is the end of Node.
                set_immediate(move || stage.run(0)).unwrap();
            }
        });
    })
}

impl Stage {
    fn run(self: &Rc<Self>, number: usize) -> Result<(), String> {
        println!("{number}");
        let mut runs = self.runs.get();
        runs[number] += 1;
        self.runs.set(runs);
        if runs[number] > 1 {
            if runs[number] == 3 {
                self.clear(number);
            }
            busy();
            return Ok(());
        }
        let callback = &self.program[number];
        let mut has_timers = false;
        for act in &callback.acts {
            has_timers |= matches!(act, Act::Timeout(_) | Act::Interval(_));
            self.act(*act).map_err(|error| error.to_string())?;
        }
        if has_timers || matches!(self.handles.borrow()[number], Some(Handle::Timeout(_))) {
            busy();
        }
        if callback.fails {
            Err(number.to_string())
        } else {
            Ok(())
        }
    }

    fn act(self: &Rc<Self>, act: Act) -> Result<(), ferronode_process::NoLoop> {
        let stage = Rc::clone(self);
        let (target, handle) = match act {
            Act::Tick(target) => return next_tick(move || stage.run(target)),
            Act::Clear(target) => {
                self.clear(target);
                return Ok(());
            }
            Act::Immediate(target) => (target, Handle::Immediate(set_immediate(move || stage.run(target))?)),
            Act::Timeout(target) => {
                let millisecond = Duration::from_millis(1);
                (
                    target,
                    Handle::Timeout(set_timeout(millisecond, move || stage.run(target))?),
                )
            }
            Act::Interval(target) => (
                target,
                Handle::Timeout(set_interval(Duration::ZERO, move || stage.run(target))?),
            ),
        };
        self.handles.borrow_mut()[target] = Some(handle);
        Ok(())
    }

    fn clear(&self, target: usize) {
        match self.handles.borrow()[target] {
            Some(Handle::Immediate(immediate)) => _ = clear_immediate(immediate),
            Some(Handle::Timeout(timeout)) => _ = clear_timeout(timeout),
            None => {}
        }
    }
}

const IN_NODE: &str = "
const programs = JSON.parse(require('fs').readFileSync(0, 'utf8')).reverse();
const out = []; const log = line => out.push(line);
const busy = () => { const start = performance.now(); while (performance.now() - start < 3); };
process.on('uncaughtException', error => log('caught ' + error));
process.on('beforeExit', () => {
    const program = programs.pop();
    if (!program) return;
    log('program');
    const handles = [], runs = [];
    const clear = n => { if (handles[n]) (typeof handles[n][Symbol.toPrimitive] === 'function' ? clearTimeout : clearImmediate)(handles[n]); };
    const run = n => {
        log(n);
        runs[n] = (runs[n] || 0) + 1;
        if (runs[n] > 1) { if (runs[n] === 3) clear(n); busy(); return; }
        let timers = false;
        for (const act of program[n].acts) {
            const [[kind, to]] = Object.entries(act);
            if (kind === 'tick') process.nextTick(run, to);
            if (kind === 'immediate') handles[to] = setImmediate(run, to);
            if (kind === 'timeout') handles[to] = setTimeout(run, 1, to);
            if (kind === 'interval') handles[to] = setInterval(run, 0, to);
            if (kind === 'clear') clear(to);
            timers ||= kind === 'timeout' || kind === 'interval';
        }
        if (timers || (handles[n] && typeof handles[n][Symbol.toPrimitive] === 'function')) busy();
        if (program[n].fails) throw n;
    };
    setImmediate(run, 0);
});
process.on('exit', () => require('fs').writeSync(1, out.join('\\n') + '\\n'));
";

pub(crate) fn trials() -> Vec<Trial> {
    let seeds = [1, 2, 3].map(|seed| {
        with_node(
            format!("node::random_programs_have_nodes_order_seed_{seed}"),
            move || compare(seed),
        )
    });
    seeds.into()
}

fn compare(seed: u64) -> Result<(), Failed> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let programs: Vec<Program> = (0..PROGRAMS).map(|_| random.program()).collect();
    let text = serde_json::to_string(&programs)?;
    let expected = answer(node().args(["-e", IN_NODE]), &text)?;
    let found = answer(&mut rust("schedules"), &text)?;
    let (expected, found) = (split(&expected), split(&found));
    assert_eq!(expected.len(), PROGRAMS + 1, "Node ran all programs");
    let mut different = String::new();
    for (number, program) in programs.iter().enumerate() {
        let (node, ours) = (
            expected[number + 1],
            found.get(number + 1).copied().unwrap_or("nothing"),
        );
        if node != ours {
            let acts = serde_json::to_string(program)?;
            writeln!(different, "program {number}: {acts}\n node: {node}\n ours: {ours}")?;
        }
    }
    if different.is_empty() {
        Ok(())
    } else {
        Err(different.into())
    }
}

/// What came before the first program, and then what each has said.
fn split(answer: &str) -> Vec<&str> {
    answer.split("program\n").collect()
}

fn answer(command: &mut Command, input: &str) -> std::io::Result<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().unwrap().write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
