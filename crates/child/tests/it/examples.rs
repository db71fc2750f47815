//! The examples show what the documents do.

use ferronode_child::{Command, Output};

fixtures::trials! {
    spawn_ls_shows_chunks_and_the_code_at_the_end,
    fork_messages_greets_both_ways,
    exec_capture_shows_both_ways_and_the_bound,
    exit_then_close_waits_for_the_grandchild,
    pipe_stdout_shows_what_is_piped,
    fork_servers_answers_on_as_many_ports_as_there_are_cores,
    send_server_is_answered_by_both_children,
    send_socket_is_answered_by_the_child,
}

async fn run(name: &str) -> String {
    let output: Output = Command::new(fixtures::example(name)).exec().await.unwrap();
    output.stdout_text().into_owned()
}

/// The lines are there, in this order.
#[track_caller]
fn check(text: &str, lines: &[&str]) {
    let mut rest = text;
    for line in lines {
        let Some((_, behind)) = rest.split_once(line) else {
            panic!("{line:?} is not in the rest of {text}");
        };
        rest = behind;
    }
}

async fn spawn_ls_shows_chunks_and_the_code_at_the_end() {
    let text = run("spawn_ls").await;
    check(&text, &["stdout: total", " bin\n", "exited with exit code 0\n"]);
}

async fn fork_messages_greets_both_ways() {
    let text = run("fork_messages").await;
    check(&text, &["child was started with \"an argument\""]);
    check(&text, &["child got message: Greeting { hello: \"child\" }"]);
    check(
        &text,
        &[
            "parent got message: Greeting { hello: \"parent\" }",
            "child ended with exit code 0",
        ],
    );
}

async fn exec_capture_shows_both_ways_and_the_bound() {
    let text = run("exec_capture").await;
    check(
        &text,
        &[
            "exec: stdout 42\n",
            "exec: stderr both at once\n",
            "exec_file: stdout $((6 * 7))\n",
            "the bound is 1048576 bytes",
            "error: stdout maxBuffer length exceeded: yes\n",
            "captured until then: \"y\\ny\\ny\\ny\\n\", and then SIG",
            "only the end of it: 999\n1000\n",
        ],
    );
}

async fn exit_then_close_waits_for_the_grandchild() {
    let text = run("exit_then_close").await;
    check(
        &text,
        &[
            "exit: exit code 3\n",
            "the child has ended, and its output has not",
            "stdout: the grandchild was told: let go\n",
            "close: exit code 3\n",
        ],
    );
    check(&text, &["stdout: the child goes\n"]);
}

async fn pipe_stdout_shows_what_is_piped() {
    let text = run("pipe_stdout").await;
    assert!(!text.contains("nobody sees this"), "{text}");
    check(
        &text,
        &[
            "without a pipe:\nwith one:\n",
            "everybody sees this\n",
            "20 bytes have come through\n",
            "wait for a reader: true\n",
        ],
    );
}

async fn fork_servers_answers_on_as_many_ports_as_there_are_cores() {
    let text = run("fork_servers").await;
    let cores = std::thread::available_parallelism().unwrap().get();
    let of = |part: &str| -> Vec<&str> { text.lines().filter(|line| line.contains(part)).collect() };
    assert_eq!(
        (of("hello from worker").len(), of("ended with exit code 0").len()),
        (cores, cores)
    );
    let mut ports: Vec<_> = of("port ").iter().map(|line| line.split(':').next()).collect();
    ports.dedup();
    assert_eq!(ports.len(), cores, "{text}");
}

async fn send_server_is_answered_by_both_children() {
    let text = run("send_server").await;
    check(
        &text,
        &["the parent listens no more", "handled by child ", "handled by child "],
    );
}

async fn send_socket_is_answered_by_the_child() {
    let text = run("send_socket").await;
    let numbers = text.lines().take(2).flat_map(str::split_whitespace);
    let counts: Vec<u32> = numbers.filter_map(|word| word.parse().ok()).collect();
    // All of them while the socket is on its way, and one less when it has arrived.
    assert_eq!((counts[0], counts[2]), (counts[1], counts[1] - 1), "{text}");
    let pid = text.trim().rsplit(' ').next().unwrap();
    check(&text, &[&format!("the client reads: served by {pid}\n")]);
}
