//! Signals by Node's names.

use ferronode_sys::Signal;

#[test]
fn names_and_numbers_are_nodes() {
    for (name, number) in [
        ("SIGHUP", 1),
        ("SIGINT", 2),
        ("SIGKILL", 9),
        ("SIGTERM", 15),
        ("SIGSYS", 31),
    ] {
        let signal: Signal = name.parse().unwrap();
        assert_eq!(
            (signal.number(), signal.name(), signal.to_string().as_str()),
            (number, Some(name), name)
        );
        assert_eq!(Signal::from_number(number), Some(signal));
    }
}

#[test]
fn real_time_signals_have_a_number_and_no_name() {
    let signal = Signal::from_number(40).unwrap();
    assert_eq!((signal.name(), signal.to_string().as_str()), (None, "signal 40"));
    assert_eq!((Signal::from_number(0), Signal::from_number(65)), (None, None));
}

#[test]
fn other_names_are_refused_and_repeated() {
    for name in ["TERM", "sigterm", "", "SIGFOO"] {
        let error = name.parse::<Signal>().unwrap_err();
        assert_eq!(error.name, name);
    }
}

#[test]
fn letters_of_any_case_are_read_where_that_is_asked_for() {
    assert_eq!(Signal::from_any_case("sigTerm"), Ok(Signal::TERM));
    let error = Signal::from_any_case("sigfoo").unwrap_err();
    assert_eq!(error.name, "sigfoo");
}
