//! The examples do what the documents show.

use std::io::Write;
use std::process::{Command, Stdio};

use fixtures::{example, node, with_node};
use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("examples::about_says_what_the_process_is", about),
        Trial::test("examples::echo_gives_back_what_comes_until_it_ends", || {
            echoes(&mut Command::new(example("echo")))
        }),
        with_node("node::examples::echo", || echoes(node().arg(script("echo.js")))),
        Trial::test("examples::sighup_goes_on_until_it_exits_by_itself", || {
            hangs_on(&mut Command::new(example("sighup")))
        }),
        with_node("node::examples::sighup", || hangs_on(node().arg(script("sighup.js")))),
        Trial::test("examples::next_tick_comes_first_and_costs_less", next_tick),
        Trial::test("examples::title_is_shown_by_ps", title),
        Trial::test("examples::counter_threads_share_one_and_own_one", counters),
    ]
}

fn script(name: &str) -> String {
    format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn output(command: &mut Command, input: &str) -> Result<String, Failed> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    child.stdin.take().unwrap().write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "{}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn about() -> Result<(), Failed> {
    let text = output(Command::new(example("about")).args(["one", "two"]), "")?;
    for line in [
        "cwd after chdir: /",
        "arguments: [\"one\", \"two\"]",
        "MOOD: Some(\"good\")",
    ] {
        assert!(text.contains(line), "{line:?} is missing in:\n{text}");
    }
    let mine = format!("ppid: {}\n", std::process::id());
    assert!(text.contains(&mine) && text.contains("platform: linux"), "{text}");
    Ok(())
}

fn echoes(command: &mut Command) -> Result<(), Failed> {
    let text = output(command, "hello\n")?;
    assert_eq!(text, "on standard output\ndata: hello\nend\n");
    Ok(())
}

fn hangs_on(command: &mut Command) -> Result<(), Failed> {
    assert_eq!(output(command, "")?, "Got SIGHUP signal.\nExiting.\n");
    Ok(())
}

fn next_tick() -> Result<(), Failed> {
    let text = output(&mut Command::new(example("next_tick")), "")?;
    assert!(text.starts_with("main\ntick\n") && text.contains("timeout\n"), "{text}");
    assert!(text.ends_with("ticks are cheaper: true\n"), "{text}");
    Ok(())
}

fn title() -> Result<(), Failed> {
    let text = output(Command::new(example("title")).arg("a name that is my own"), "")?;
    assert!(
        text.ends_with("args: a name that is my own\ncomm: a name that is\n"),
        "{text}"
    );
    Ok(())
}

fn counters() -> Result<(), Failed> {
    let text = output(&mut Command::new(example("counter_threads")), "")?;
    assert_eq!(
        text,
        "shared: 5 steps by 3 threads, 0 left\nlocal: 15 steps by 3 threads, 5 each\n"
    );
    Ok(())
}
