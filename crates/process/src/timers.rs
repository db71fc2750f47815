//! When timers are due, and in which order. Pure: the time is an argument, in milliseconds.
//!
//! Rule 1: timers of the same duration stand in one list, in the order in which they were set: so a list needs no sorting.
//! Rule 2: a list is due when its first timer is. Lists are taken by due time; of two, the older one first.
//! Rule 3: of a list that is taken, every timer that is due runs, before the next list is looked at.
//! Rule 4: a pass runs what was due when it began. So timers that set timers cannot keep the loop from its other work.
//!
//! ```text
//!   due at 12 ── list of  1 ms: [set at 11] [set at 11] [set at 12]      <- runs two, and is due again at 13
//!   due at 15 ── list of 10 ms: [set at  5] [set at  9]
//! ```
//!
//! Surprise: by rule 3 a timer may run before one that was due earlier, where the program was too busy for both. It is
//! so in Node, whose order this is.
//!
//! In Node: `lib/internal/timers.js`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a timer does, of whatever kind: `J`.
#[derive(Debug)]
pub(crate) struct Timers<J> {
    timers: HashMap<u64, Timer<J>>,
    lists: HashMap<u64, List>,
    /// When a list is due, its serial number, its duration.
    order: BTreeSet<(u64, u64, u64)>,
    /// How many timers keep the program alive.
    refs: usize,
    serial: u64,
}

#[derive(Debug)]
struct Timer<J> {
    /// Not here while it runs.
    job: Option<J>,
    start: u64,
    duration: u64,
    /// Where it stands in its list.
    place: u64,
    is_ref: bool,
}

#[derive(Debug)]
struct List {
    due: u64,
    serial: u64,
    /// Numbers of timers, by their places.
    queue: BTreeMap<u64, u64>,
}

impl<J> Timers<J> {
    pub(crate) fn new() -> Self {
        Self {
            timers: HashMap::new(),
            lists: HashMap::new(),
            order: BTreeSet::new(),
            refs: 0,
            serial: 0,
        }
    }

    /// Sets a timer at `now`; a duration of nothing counts as 1 ms, as in Node. Returns its number.
    pub(crate) fn set(&mut self, now: u64, duration: u64, job: J) -> u64 {
        let number = self.next_serial();
        let timer = Timer {
            job: Some(job),
            start: now,
            duration: duration.max(1),
            place: 0,
            is_ref: true,
        };
        self.refs += 1;
        self.enlist(number, timer);
        number
    }

    /// Puts back a timer that has run and is to run again, counted from `start`. One that was cleared stays so: its job
    /// comes back, to be dropped where nothing is borrowed.
    pub(crate) fn set_again(&mut self, number: u64, start: u64, job: J) -> Option<J> {
        let Some(mut timer) = self.timers.remove(&number) else {
            return Some(job);
        };
        timer.job = Some(job);
        timer.start = start;
        self.enlist(number, timer);
        None
    }

    fn enlist(&mut self, number: u64, mut timer: Timer<J>) {
        let (duration, due) = (timer.duration, timer.start.saturating_add(timer.duration));
        timer.place = self.next_serial();
        let list = self.lists.entry(duration).or_insert_with(|| {
            self.order.insert((due, timer.place, duration));
            let (serial, queue) = (timer.place, BTreeMap::new());
            List { due, serial, queue }
        });
        list.queue.insert(timer.place, number);
        self.timers.insert(number, timer);
    }

    /// Clears a timer and gives its job back, which is `None` while it runs; the outer `None` says that there is no such
    /// timer.
    pub(crate) fn clear(&mut self, number: u64) -> Option<Option<J>> {
        let timer = self.timers.remove(&number)?;
        self.refs -= usize::from(timer.is_ref);
        if let Some(list) = self.lists.get_mut(&timer.duration)
            && list.queue.remove(&timer.place).is_some()
            && list.queue.is_empty()
        {
            self.remove_list(timer.duration);
        }
        Some(timer.job)
    }

    fn remove_list(&mut self, duration: u64) {
        if let Some(list) = self.lists.remove(&duration) {
            self.order.remove(&(list.due, list.serial, duration));
        }
    }

    /// Says whether a timer keeps the program alive.
    pub(crate) fn set_ref(&mut self, number: u64, is_ref: bool) {
        if let Some(timer) = self.timers.get_mut(&number)
            && timer.is_ref != is_ref
        {
            timer.is_ref = is_ref;
            self.refs = if is_ref { self.refs + 1 } else { self.refs - 1 };
        }
    }

    pub(crate) fn has_refs(&self) -> bool {
        self.refs > 0
    }

    /// When the first timer is due.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.order.first().map(|(due, ..)| *due)
    }

    /// Takes the next timer that is due: its number and its job.
    ///
    /// A pass through the timers has one `now`, the time at which it began: what is set meanwhile waits for the next.
    /// The timer is known until [`end`](Self::end), or [`set_again`](Self::set_again).
    pub(crate) fn take_due(&mut self, now: u64) -> Option<(u64, J)> {
        loop {
            let (due, _, duration) = *self.order.first()?;
            if due > now {
                return None;
            }
            match self.first_of(duration) {
                None => self.remove_list(duration),
                Some((_, due)) if due > now => self.postpone(duration, due),
                Some((number, _)) => {
                    self.lists.get_mut(&duration)?.queue.pop_first();
                    let job = self.timers.get_mut(&number)?.job.take()?;
                    return Some((number, job));
                }
            }
        }
    }

    /// The first timer of a list, and when it is due.
    fn first_of(&self, duration: u64) -> Option<(u64, u64)> {
        let (_, number) = self.lists.get(&duration)?.queue.first_key_value()?;
        let timer = self.timers.get(number)?;
        Some((*number, timer.start.saturating_add(duration)))
    }

    fn postpone(&mut self, duration: u64, due: u64) {
        let serial = self.next_serial();
        if let Some(list) = self.lists.get_mut(&duration) {
            self.order.remove(&(list.due, list.serial, duration));
            (list.due, list.serial) = (due, serial);
            self.order.insert((due, serial, duration));
        }
    }

    /// A timer has run, and does not run again.
    pub(crate) fn end(&mut self, number: u64) {
        if let Some(timer) = self.timers.remove(&number) {
            self.refs -= usize::from(timer.is_ref);
        }
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs everything that is due at `now`, and says what.
    fn run(timers: &mut Timers<&'static str>, now: u64) -> Vec<&'static str> {
        let mut ran = Vec::new();
        while let Some((number, job)) = timers.take_due(now) {
            timers.end(number);
            ran.push(job);
        }
        ran
    }

    #[test]
    fn equal_durations_run_in_the_order_in_which_they_were_set() {
        let mut timers = Timers::new();
        for name in ["a", "b", "c"] {
            timers.set(0, 5, name);
        }
        assert_eq!(run(&mut timers, 4), [""; 0]);
        assert_eq!(run(&mut timers, 5), ["a", "b", "c"]);
        assert_eq!((timers.next_due(), timers.has_refs()), (None, false));
    }

    #[test]
    fn nothing_counts_as_a_millisecond() {
        let mut timers = Timers::new();
        timers.set(0, 1, "one");
        timers.set(0, 0, "nothing");
        assert_eq!(run(&mut timers, 0), [""; 0]);
        assert_eq!(run(&mut timers, 1), ["one", "nothing"]);
    }

    #[test]
    fn lists_run_by_due_time_and_the_older_first() {
        let mut timers = Timers::new();
        timers.set(0, 9, "nine");
        timers.set(4, 3, "three");
        timers.set(5, 4, "four");
        assert_eq!(run(&mut timers, 20), ["three", "nine", "four"]);
    }

    #[test]
    fn a_list_that_is_taken_runs_all_of_it_that_is_due() {
        let mut timers = Timers::new();
        timers.set(0, 1, "first");
        timers.set(0, 2, "earlier, but of another list");
        timers.set(3, 1, "second");
        assert_eq!(run(&mut timers, 9), ["first", "second", "earlier, but of another list"]);
    }

    #[test]
    fn a_timer_that_is_not_due_yet_waits_in_its_list() {
        let mut timers = Timers::new();
        timers.set(0, 5, "a");
        timers.set(3, 5, "b");
        assert_eq!(run(&mut timers, 6), ["a"]);
        assert_eq!(timers.next_due(), Some(8));
        assert_eq!(run(&mut timers, 8), ["b"]);
    }

    #[test]
    fn a_cleared_timer_does_not_run_and_does_not_keep_its_list() {
        let mut timers = Timers::new();
        let (a, b) = (timers.set(0, 5, "a"), timers.set(1, 5, "b"));
        assert_eq!((timers.clear(a), timers.clear(a)), (Some(Some("a")), None));
        assert_eq!(run(&mut timers, 6), ["b"]);
        let c = timers.set(6, 5, "c");
        assert_eq!((timers.clear(c), timers.clear(b)), (Some(Some("c")), None));
        assert_eq!((timers.next_due(), timers.has_refs()), (None, false));
    }

    #[test]
    fn a_timer_without_ref_runs_and_keeps_nobody_alive() {
        let mut timers = Timers::new();
        let number = timers.set(0, 5, "a");
        timers.set_ref(number, false);
        timers.set_ref(number, false);
        assert!(!timers.has_refs());
        timers.set_ref(number, true);
        assert!(timers.has_refs());
        timers.set_ref(number, false);
        assert_eq!(run(&mut timers, 5), ["a"]);
        assert!(!timers.has_refs());
    }

    #[test]
    fn an_interval_cleared_while_it_runs_is_not_set_again() {
        let mut timers = Timers::new();
        let number = timers.set(0, 5, "a");
        let (taken, job) = timers.take_due(5).unwrap();
        assert_eq!(timers.set_again(taken, 5, job), None);
        assert_eq!(timers.next_due(), Some(5), "the list stands where it was");
        let (taken, job) = timers.take_due(10).unwrap();
        assert_eq!(timers.clear(number), Some(None), "its job is running");
        assert_eq!(timers.set_again(taken, 10, job), Some("a"));
        assert!(timers.clear(number).is_none() && timers.take_due(10).is_none());
        assert_eq!(timers.next_due(), None, "the pass has removed the empty list");
    }
}
