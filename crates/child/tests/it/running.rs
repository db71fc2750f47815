//! Programs run to their ends, with their output.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ferronode_child::{AbortHandle, Command, Cut, ExecError, Exit, Overflow, Signal, Stdio};
use ferronode_stream::Encoding;

fixtures::trials! {
    output_is_captured_whatever_the_exit,
    anything_but_zero_is_an_error_with_everything_in_it,
    input_is_written_and_ended,
    a_child_that_does_not_read_its_input_is_no_error,
    without_input_there_is_nothing_to_read,
    exactly_the_bound_is_fine_and_one_byte_more_ends_the_child,
    all_streams_may_have_one_bound_together,
    the_first_or_the_last_bytes_may_be_kept_instead,
    a_timeout_ends_the_child_and_keeps_what_it_said,
    a_child_that_does_not_listen_is_killed_after_the_grace,
    an_abort_ends_the_child_also_when_it_came_before_the_start,
    a_grandchild_that_holds_the_pipes_is_heard_while_it_speaks_and_never_waited_for_in_vain,
    a_timeout_does_not_wait_for_a_grandchild,
    the_calls_that_wait_work_inside_a_runtime_and_outside,
    a_command_can_be_run_again,
}

async fn output_is_captured_whatever_the_exit() {
    let output = Command::shell("echo out; echo err >&2; exit 3").output().await.unwrap();
    assert_eq!((output.stdout(), output.stderr()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(
        (output.exit, output.cut, output.is_drained),
        (Exit::Code(3), None, true)
    );
    assert_eq!(output.command, "echo out; echo err >&2; exit 3");
    assert!(output.pid > 0 && !output.was_signalled && output.duration > Duration::ZERO);
    let output = Command::shell("kill -9 $$").output().await.unwrap();
    assert_eq!(output.exit, Exit::Signal(Signal::KILL));
    let silent = Command::new("true").stdout(Stdio::Ignore).output().await.unwrap();
    assert!(silent.captured(1).is_none() && silent.captured(2).is_some() && silent.stdout().is_empty());
}

async fn anything_but_zero_is_an_error_with_everything_in_it() {
    assert_eq!(Command::new("echo").arg("a").exec().await.unwrap().stdout_text(), "a\n");
    let mut command = Command::shell("echo o; echo bad >&2; exit 3");
    let error = command.current_dir("/usr").exec().await.unwrap_err();
    let output = error.output().unwrap();
    assert_eq!(
        (output.stdout_text().as_ref(), output.stderr_text().as_ref()),
        ("o\n", "bad\n")
    );
    assert_eq!(output.directory.as_deref(), Some("/usr".as_ref()));
    let text = error.to_string();
    assert!(
        text.starts_with("Command failed: echo o; echo bad >&2; exit 3 (in /usr): exit code 3 after"),
        "{text}"
    );
    assert!(text.ends_with("\nbad\n"), "{text}");
    assert_eq!(error.code(), None);
    let error = Command::new("/no/such").exec().await.unwrap_err();
    assert!(matches!(&error, ExecError::Spawn(_)) && error.output().is_none());
    assert_eq!(error.code(), Some("ENOENT"));
}

async fn input_is_written_and_ended() {
    let large = "0123456789".repeat(100_000);
    let output = Command::new("cat").input(large.as_str()).output().await.unwrap();
    assert_eq!(output.stdout(), large.as_bytes());
}

async fn a_child_that_does_not_read_its_input_is_no_error() {
    static HEARD: AtomicBool = AtomicBool::new(false);
    ferronode_events::unhandled::set_hook(|_| HEARD.store(true, Ordering::Relaxed));
    for _ in 0..30 {
        let mut deaf = Command::shell("exec 0<&-; sleep 0.01");
        let output = deaf.input(vec![7; 5_000_000]).exec().await.unwrap();
        assert!(output.stdout().is_empty());
    }
    assert!(!HEARD.load(Ordering::Relaxed), "nor is it told to the program");
    ferronode_events::unhandled::unset_hook();
}

async fn without_input_there_is_nothing_to_read() {
    assert!(Command::new("cat").exec().await.unwrap().stdout().is_empty());
}

async fn exactly_the_bound_is_fine_and_one_byte_more_ends_the_child() {
    let head = |bytes: usize| {
        let mut command = Command::new("head");
        command.args(["-c", &bytes.to_string(), "/dev/zero"]);
        command
    };
    assert_eq!(head(1_048_576).exec().await.unwrap().stdout().len(), 1_048_576);
    let error = head(1_048_577).exec().await.unwrap_err();
    assert_eq!(error.code(), Some("ERR_CHILD_PROCESS_STDIO_MAXBUFFER"));
    let output = error.output().unwrap();
    assert_eq!(
        (output.stdout().len(), output.cut),
        (1_048_576, Some(Cut::MaxBuffer { descriptor: 1 }))
    );
    let error = Command::shell("yes >&2").max_buffer(3).exec().await.unwrap_err();
    assert!(
        error.to_string().starts_with("stderr maxBuffer length exceeded"),
        "{error}"
    );
    let output = error.output().unwrap();
    assert_eq!(
        (output.stderr(), output.exit),
        (&b"y\ny"[..], Exit::Signal(Signal::TERM))
    );
    assert_eq!(output.captured(2).unwrap().text(Encoding::Utf8), "y\ny");
    assert!(
        output.captured(2).unwrap().with_excess().len() > 3,
        "nothing that was read is lost"
    );
}

async fn all_streams_may_have_one_bound_together() {
    let mut command = Command::shell("printf 12345; printf 678 >&2; exec sleep 60");
    let output = command.max_output(7).output().await.unwrap();
    assert!(matches!(output.cut, Some(Cut::MaxBuffer { .. })));
    assert_eq!((output.stdout(), output.stderr()), (&b"12345"[..], &b"678"[..]));
    assert!(
        command
            .max_output(8)
            .timeout(Duration::from_millis(100))
            .output()
            .await
            .unwrap()
            .timed_out()
    );
}

async fn the_first_or_the_last_bytes_may_be_kept_instead() {
    let mut command = Command::new("seq");
    command.args(["1", "100000"]).max_buffer(6);
    let output = command.on_overflow(Overflow::Head).exec().await.unwrap();
    assert_eq!(output.stdout_text(), "1\n2\n3\n");
    let output = command.on_overflow(Overflow::Tail).exec().await.unwrap();
    assert_eq!(output.stdout_text(), "00000\n");
    assert_eq!(output.captured(1).unwrap().total(), 588_895);
}

async fn a_timeout_ends_the_child_and_keeps_what_it_said() {
    let mut command = Command::shell("echo x; exec sleep 60");
    command.timeout(Duration::from_millis(200)).kill_signal(Signal::INT);
    let output = command.output().await.unwrap();
    assert!(output.timed_out() && output.was_signalled);
    assert_eq!((output.exit, output.stdout()), (Exit::Signal(Signal::INT), &b"x\n"[..]));
    assert!(
        output
            .checked()
            .unwrap_err()
            .to_string()
            .starts_with("Command timed out: ")
    );
}

async fn a_child_that_does_not_listen_is_killed_after_the_grace() {
    let mut command = Command::shell("trap '' TERM; while :; do sleep 0.05; done");
    command
        .timeout(Duration::from_millis(50))
        .kill_grace(Some(Duration::from_millis(200)));
    assert_eq!(command.output().await.unwrap().exit, Exit::Signal(Signal::KILL));
}

async fn an_abort_ends_the_child_also_when_it_came_before_the_start() {
    let handle = AbortHandle::new();
    let mut command = Command::new("sleep");
    command.arg("60").abort_by(&handle);
    let (error, ()) = tokio::join!(command.exec(), async {
        tokio::task::yield_now().await;
        handle.abort();
    });
    let error = error.unwrap_err();
    assert_eq!(
        (error.code(), error.output().unwrap().cut),
        (Some("ABORT_ERR"), Some(Cut::Aborted))
    );
    assert!(handle.is_aborted());
    let error = command.exec().await.unwrap_err();
    assert_eq!(error.output().unwrap().exit, Exit::Signal(Signal::TERM));
}

async fn a_grandchild_that_holds_the_pipes_is_heard_while_it_speaks_and_never_waited_for_in_vain() {
    let output = Command::shell("(sleep 0.2; printf late) & printf now; exit 4")
        .output()
        .await
        .unwrap();
    assert_eq!((output.stdout_text().as_ref(), output.is_drained), ("nowlate", true));

    let start = Instant::now();
    let mut command = Command::shell("sleep 5 & printf now; exit 4");
    command.drain(Duration::from_millis(100), Duration::from_secs(9));
    let output = command.output().await.unwrap();
    assert_eq!((output.stdout_text().as_ref(), output.is_drained), ("now", false));
    assert_eq!(output.exit, Exit::Code(4));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());

    // One that never stops speaking is heard until the deadline.
    let mut command = Command::shell("(for i in $(seq 50); do echo $i; sleep 0.1; done) & exit 0");
    command.drain(Duration::from_secs(1), Duration::from_millis(300));
    let output = command.output().await.unwrap();
    assert!(!output.is_drained && output.stdout_text().starts_with("1\n2\n"));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

async fn a_timeout_does_not_wait_for_a_grandchild() {
    let start = Instant::now();
    let mut command = Command::shell("sleep 5; true");
    let output = command.timeout(Duration::from_millis(50)).output().await.unwrap();
    assert!(output.timed_out() && !output.is_drained);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

async fn the_calls_that_wait_work_inside_a_runtime_and_outside() {
    let run = || {
        let output = Command::new("sh")
            .args(["-c", "cat; exit 2"])
            .input("héllo")
            .output_sync()
            .unwrap();
        assert_eq!((output.stdout_text().as_ref(), output.exit), ("héllo", Exit::Code(2)));
        let error = Command::shell("exit 9").exec_sync().unwrap_err();
        assert_eq!(error.output().unwrap().exit, Exit::Code(9));
        assert!(Command::new("/no/such").exec_sync().is_err());
    };
    run();
    std::thread::spawn(run).join().unwrap();
}

async fn a_command_can_be_run_again() {
    let mut command = Command::new("echo");
    command.arg("again");
    for _ in 0..3 {
        assert_eq!(command.exec().await.unwrap().stdout_text(), "again\n");
    }
}
