//! Standard streams: whole at the end, asked for only when wanted, and never made non-blocking.

use std::io::{BufRead, BufReader, Read, Write, pipe};
use std::os::fd::AsRawFd;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use ferronode_process::{EXIT, UNCAUGHT, exit, on, set_timeout, spawn, stderr, stdin, stdout};
use ferronode_stream::{DATA, END, StreamError};
use fixtures::{node, with_node};
use libtest_mimic::{Failed, Trial};

use crate::case::{cases, code_of, looped, rust};

cases! {
    a_large_output_is_written_in_full_before_exit = "" => "3000000 bytes were taken at once", 0;
    output_is_in_order_with_what_is_printed_directly = "" => "first, second", 0;
    without_a_listener_standard_input_is_not_waited_for = "" => "", 0;
    input_is_echoed = "" => "end, exit", 0;
    input_is_paused = "" => "-", 0;
    an_output_that_nobody_reads_is_an_error = "" => "x", 5;
}

fn a_large_output_is_written_in_full_before_exit() -> ExitCode {
    looped(|| -> () {
        if std::env::args().nth(3).is_none() {
            println!("3000000 bytes were taken at once");
            exit(0);
        }
        assert!(
            !stdout().try_write(vec![b'x'; 3_000_000]).unwrap(),
            "the queue is full then"
        );
        exit(3)
    })
}

fn output_is_in_order_with_what_is_printed_directly() -> ExitCode {
    looped(|| {
        spawn(async {
            stdout().write("first\n").await?;
            stdout().flush().await?;
            println!("second");
            stderr().write("and this is an error\n").await
        })
    })
}

fn without_a_listener_standard_input_is_not_waited_for() -> ExitCode {
    looped(|| drop(stdin()))
}

fn input_is_echoed() -> ExitCode {
    looped(|| {
        let input = stdin();
        input.on(DATA, |chunk| print!("{}", String::from_utf8_lossy(chunk)));
        input.on(END, |()| println!("end"));
        on(EXIT, |_| println!("exit"));
    })
}

/// Stops after a chunk, while it waits for another; goes on later, and stops for good after that one.
fn input_is_paused() -> ExitCode {
    const A_WHILE: Duration = Duration::from_millis(20);
    looped(|| {
        let input = stdin();
        let flow = input.clone();
        input.on(DATA, move |chunk| {
            print!("{}", String::from_utf8_lossy(chunk));
            let (flow, is_last) = (flow.clone(), chunk[0] == b'd');
            let pause = move || {
                flow.pause();
                if is_last {
                    return Ok(());
                }
                let go_on = move || {
                    println!("again");
                    flow.resume();
                };
                set_timeout(A_WHILE, go_on).map(drop)
            };
            set_timeout(A_WHILE, pause).unwrap();
        });
        on(EXIT, |_| println!("exit"));
    })
}

/// The same for Node. (A pause in the listener itself would not do: Node reads on then.)
const PAUSED: &str = "
    process.stdin.on('data', chunk => {
        process.stdout.write(chunk);
        setTimeout(() => {
            process.stdin.pause();
            if (chunk[0] === 'd'.charCodeAt(0)) return;
            setTimeout(() => { console.log('again'); process.stdin.resume(); }, 20);
        }, 20);
    });
    process.on('exit', () => console.log('exit'));
";

fn an_output_that_nobody_reads_is_an_error() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |error| {
            eprintln!("{error}");
            exit(5)
        });
        spawn(async {
            if std::env::args().nth(3).is_none() {
                println!("x");
                exit(5);
            }
            loop {
                stdout().write(vec![0; 65536]).await?;
            }
            #[expect(unreachable_code, reason = "it says what the errors are")]
            Ok::<(), StreamError>(())
        })
    })
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_slow_reader_gets_all_of_a_large_output", slow_reader),
        Trial::test("input_comes_in_chunks_and_then_ends", input),
        Trial::test("an_open_input_that_nobody_wants_keeps_nobody_alive", open_input),
        Trial::test("a_paused_input_keeps_nobody_alive", || {
            paused_input(rust("input_is_paused"))
        }),
        with_node("node::a_paused_input_keeps_nobody_alive", || {
            let mut command = node();
            command.args(["-e", PAUSED]);
            paused_input(command)
        }),
        Trial::test("a_reader_that_goes_away_is_told_as_an_error", reader_goes),
        Trial::test("inherited_descriptors_stay_blocking", blocking),
    ]
}

fn slow_reader() -> Result<(), Failed> {
    let mut command = rust("a_large_output_is_written_in_full_before_exit");
    let mut child = command.arg("really").stdout(Stdio::piped()).spawn()?;
    let mut output = child.stdout.take().unwrap();
    // Far more than the pipe holds; what is left is read only once the program is on its way out.
    let (mut first, mut rest) = ([0; 1], Vec::new());
    output.read_exact(&mut first)?;
    output.read_to_end(&mut rest)?;
    assert_eq!(rest.len(), 2_999_999);
    assert_eq!(code_of(&child.wait_with_output()?), 3);
    Ok(())
}

fn input() -> Result<(), Failed> {
    let mut command = rust("input_is_echoed");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    for chunk in [b"abc", b"def"] {
        input.write_all(chunk)?;
        input.write_all(b"\n")?;
        let mut echo = [0; 4];
        output.read_exact(&mut echo)?;
        assert_eq!(&echo[..3], chunk, "each chunk comes back before the next is sent");
    }
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest)?;
    assert_eq!(rest, "end\nexit\n");
    assert_eq!(code_of(&child.wait_with_output()?), 0);
    Ok(())
}

fn open_input() -> Result<(), Failed> {
    let mut command = rust("without_a_listener_standard_input_is_not_waited_for");
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let input = child.stdin.take();
    assert_eq!(child.wait()?.code(), Some(0));
    drop(input);
    Ok(())
}

fn paused_input(mut command: Command) -> Result<(), Failed> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    input.write_all(b"abc\n")?;
    let mut text = String::new();
    while !text.ends_with("again\n") && output.read_line(&mut text)? > 0 {}
    input.write_all(b"def\n")?;
    // It ends, though its input is open.
    output.read_to_string(&mut text)?;
    assert_eq!(text, "abc\nagain\ndef\nexit\n");
    assert_eq!(child.wait()?.code(), Some(0));
    drop(input);
    Ok(())
}

fn reader_goes() -> Result<(), Failed> {
    let mut command = rust("an_output_that_nobody_reads_is_an_error");
    let mut child = command
        .arg("really")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdout.take().unwrap().read_exact(&mut [0; 1])?;
    let output = child.wait_with_output()?;
    assert_eq!(code_of(&output), 5);
    assert!(String::from_utf8_lossy(&output.stderr).contains("Broken pipe"));
    Ok(())
}

/// The flags of the open file that a descriptor stands for, the same for all who have inherited it.
fn is_nonblocking(fd: &impl AsRawFd) -> bool {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    u32::from_str_radix(flags.trim(), 8).unwrap() & 0o4000 != 0
}

fn blocking() -> Result<(), Failed> {
    let ((input, mut far_end), (mut output, written)) = (pipe()?, pipe()?);
    let mut command = rust("input_is_echoed");
    let mut child = command.stdin(input.try_clone()?).stdout(written.try_clone()?).spawn()?;
    drop(command);
    far_end.write_all(b"hello\n")?;
    let mut echo = [0; 6];
    output.read_exact(&mut echo)?;
    assert!(!is_nonblocking(&input) && !is_nonblocking(&written), "while it runs");
    drop(far_end);
    assert_eq!(child.wait()?.code(), Some(0));
    assert!(!is_nonblocking(&input) && !is_nonblocking(&written), "and afterwards");
    Ok(())
}
