//! Starting programs: what they are told, what they are connected with, and what cannot be started.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use ferronode_child::{ChildProcess, Command, EXIT, Exit, SpawnError, SpawnErrorReason, Stdio};
use ferronode_stream::{Readable, Writable};
use tokio::io::AsyncReadExt;

use crate::machine::{self, again, is_again, no_more_than, scratch};

fixtures::trials! {
    arguments_reach_the_program_as_they_are,
    a_shell_reads_the_whole_line_and_nothing_is_quoted,
    the_program_is_looked_for_in_the_childs_own_path,
    a_script_that_does_not_say_what_runs_it_is_run_by_a_shell,
    a_program_may_be_told_another_name,
    a_name_that_is_none_is_not_passed_on,
    what_cannot_be_started_is_named_with_the_reason_and_leaves_nothing,
    a_directory_that_is_not_there_is_told_apart_from_a_program,
    without_descriptors_nothing_is_started_and_the_reason_is_said,
    what_is_written_to_stdin_is_read_until_its_end,
    a_child_has_as_many_streams_as_it_is_given,
    a_file_or_the_end_of_a_pipe_may_be_a_childs_descriptor,
    what_one_child_says_another_reads,
    what_has_been_said_already_is_read_too,
    a_reader_that_has_enough_ends_the_writer,
    a_child_may_write_to_the_input_of_another,
    two_outputs_into_one_stream_end_it_when_both_have_ended,
    a_stream_that_is_no_descriptor_goes_through_us,
    a_stream_is_not_lost_to_a_child_that_is_not_started,
    what_is_ignored_is_the_null_device_and_from_3_on_nothing,
    a_second_channel_is_refused,
    a_message_channel_may_be_any_descriptor,
    a_detached_child_leads_its_own_group,
    a_child_may_run_as_another_user,
    a_child_that_is_to_end_with_its_handle_does,
}

async fn text(stream: &Readable) -> String {
    let mut text = Vec::new();
    while let Some(chunk) = stream.read().await.unwrap() {
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).unwrap()
}

async fn said(child: &ChildProcess) -> String {
    let said = text(child.stdout().unwrap()).await;
    assert_eq!(text(child.stderr().unwrap()).await, "");
    assert_eq!(child.closed().await, Exit::Code(0));
    said
}

async fn arguments_reach_the_program_as_they_are() {
    let words = ["a  b", "$HOME", "*", "", "it's", "\"q\"", "€", "-n", ";", "\\"];
    let child = Command::new("printf").arg("[%s]").args(words).spawn().unwrap();
    assert_eq!(child.program(), "printf");
    assert_eq!(child.arguments().count(), 12);
    assert_eq!(said(&child).await, format!("[{}]", words.join("][")));
}

async fn a_shell_reads_the_whole_line_and_nothing_is_quoted() {
    let mut command = Command::shell("echo $0");
    command.args(["a  b", "$GREETING;echo x"]).env("GREETING", "hi");
    let child = command.spawn().unwrap();
    assert_eq!(child.program(), "/bin/sh");
    assert_eq!(
        child.arguments().collect::<Vec<_>>(),
        ["/bin/sh", "-c", "echo $0 a  b $GREETING;echo x"]
    );
    assert_eq!(said(&child).await, "/bin/sh a b hi\nx\n");
    let child = Command::new("echo $0").in_shell("/bin/bash").spawn().unwrap();
    assert_eq!(said(&child).await, "/bin/bash\n");
}

async fn the_program_is_looked_for_in_the_childs_own_path() {
    let directory = scratch();
    let program = directory.join("only-here");
    fs::write(&program, "#!/bin/sh\necho found\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let child = Command::new("only-here")
        .env_clear()
        .env("PATH", format!("/no/such/place:{}", directory.display()))
        .spawn()
        .unwrap();
    assert_eq!(said(&child).await, "found\n");
    let error = Command::new("ls").env("PATH", "/no/such/place").spawn().unwrap_err();
    assert_eq!(error.code(), Some("ENOENT"));
    // Without a PATH there is a default one; an empty place in it is the working directory.
    assert_eq!(said(&Command::new("true").env_clear().spawn().unwrap()).await, "");
    let child = Command::new("only-here")
        .env("PATH", "")
        .current_dir(&directory)
        .spawn();
    assert_eq!(said(&child.unwrap()).await, "found\n");
    // What may not be run is said, unless it may be in a later place.
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    let error = Command::new("only-here").env("PATH", &directory).spawn().unwrap_err();
    assert_eq!(error.code(), Some("EACCES"));
    fs::remove_dir_all(&directory).unwrap();
}

async fn a_script_that_does_not_say_what_runs_it_is_run_by_a_shell() {
    let directory = scratch();
    let script = directory.join("script");
    fs::write(&script, "echo \"$0 says $1\"\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let child = Command::new(&script).arg("a word").spawn().unwrap();
    assert_eq!(said(&child).await, format!("{} says a word\n", script.display()));
    fs::remove_dir_all(&directory).unwrap();
}

async fn a_program_may_be_told_another_name() {
    let child = Command::new("sh")
        .arg0("custom")
        .args(["-c", "cat /proc/$$/cmdline"])
        .spawn()
        .unwrap();
    assert_eq!(child.arguments().next().unwrap(), "custom");
    assert!(said(&child).await.starts_with("custom\0-c\0"));
}

async fn a_name_that_is_none_is_not_passed_on() {
    if is_again() {
        assert!(std::env::vars_os().any(|(name, _)| name == "=x"), "it is in ours");
        let all = Command::new("env").exec().await.unwrap();
        assert!(!all.stdout_text().contains("=x=1"), "{}", all.stdout_text());
        return assert!(all.stdout_text().contains("AGAIN=1\n"));
    }
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "a_name_that_is_none_is_not_passed_on"]);
    assert!(again.env("=x", "1").env("AGAIN", "1").status().unwrap().success());
    for name in ["=x", "a=b", ""] {
        let error = Command::new("true").env(name, "1").spawn().unwrap_err();
        assert_eq!(error.code(), Some("ERR_INVALID_ARG_VALUE"), "{error}");
    }
}

async fn what_cannot_be_started_is_named_with_the_reason_and_leaves_nothing() {
    #[track_caller]
    fn check(command: &mut Command, code: &str, message: &str) {
        let error: SpawnError = command.spawn().unwrap_err();
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    let before = machine::counts();
    check(
        &mut Command::new("/no/such"),
        "ENOENT",
        "cannot start /no/such: No such file",
    );
    check(
        &mut Command::new("no-such-program"),
        "ENOENT",
        "cannot start no-such-program: No such file",
    );
    check(
        &mut Command::new("/etc/passwd"),
        "EACCES",
        "/etc/passwd: Permission denied",
    );
    check(&mut Command::new("/"), "EACCES", "Permission denied");
    check(&mut Command::new("/bin/sh/x"), "ENOTDIR", "Not a directory");
    check(
        Command::new("true").arg("x".repeat(1 << 20)),
        "E2BIG",
        "Argument list too long",
    );
    check(&mut Command::new(""), "ERR_INVALID_ARG_VALUE", "no name");
    check(&mut Command::new("a\0b"), "ERR_INVALID_ARG_VALUE", "a\\0b");
    check(Command::new("true").arg("c\0d"), "ERR_INVALID_ARG_VALUE", "c\\0d");
    check(
        Command::new("true").current_dir("e\0f"),
        "ERR_INVALID_ARG_VALUE",
        "e\\0f",
    );
    check(
        Command::new("true").env("A", "\0"),
        "ERR_INVALID_ARG_VALUE",
        "environment",
    );
    check(
        Command::new("x").in_shell("/no/shell"),
        "ENOENT",
        "cannot start /no/shell",
    );
    no_more_than(before).await;
}

async fn a_directory_that_is_not_there_is_told_apart_from_a_program() {
    let error = Command::new("true").current_dir("/no/dir").spawn().unwrap_err();
    assert!(matches!(error.reason, SpawnErrorReason::Directory(_)));
    assert_eq!(error.code(), Some("ENOENT"));
    assert!(
        error
            .to_string()
            .starts_with("cannot start true in /no/dir: No such file"),
        "{error}"
    );
    let error = Command::new("/bin/true")
        .current_dir("/etc/passwd")
        .spawn()
        .unwrap_err();
    assert_eq!(error.code(), Some("ENOTDIR"));
    let error = Command::new("/no/such").current_dir("/usr").spawn().unwrap_err();
    assert!(matches!(error.reason, SpawnErrorReason::Program(_)), "{error}");
}

async fn without_descriptors_nothing_is_started_and_the_reason_is_said() {
    if !is_again() {
        return again(
            "ulimit -n 24",
            "without_descriptors_nothing_is_started_and_the_reason_is_said",
        )
        .await;
    }
    let hoard: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
    let error = Command::new("true").spawn().unwrap_err();
    assert_eq!(error.code(), Some("EMFILE"), "{error}");
    drop(hoard);
    assert!(Command::new("true").spawn().unwrap().closed().await.success());
}

async fn what_is_written_to_stdin_is_read_until_its_end() {
    let child = Command::new("cat").spawn().unwrap();
    let stdin = child.stdin().unwrap();
    stdin.write("one, ").await.unwrap();
    stdin.write("two").await.unwrap();
    stdin.end();
    assert_eq!(said(&child).await, "one, two");
    // Written after the end: the child is gone, and its stdin with it.
    assert_eq!(
        stdin.write("x").await.unwrap_err().code(),
        Some("ERR_STREAM_WRITE_AFTER_END")
    );

    let child = Command::new("true").spawn().unwrap();
    let stdin = child.stdin().unwrap();
    child.closed().await;
    assert!(stdin.is_destroyed());
    assert_eq!(stdin.write("x").await.unwrap_err().code(), Some("ERR_STREAM_DESTROYED"));
}

async fn a_child_has_as_many_streams_as_it_is_given() {
    let script = "read line <&3; echo \"got $line\" >&3; echo five >&5; [ -e /proc/$$/fd/4 ] && echo four; true";
    let pipes = [
        Stdio::Ignore,
        Stdio::Pipe,
        Stdio::Inherit,
        Stdio::Pipe,
        Stdio::Ignore,
        Stdio::Pipe,
    ];
    let child = Command::shell(script).stdio(pipes).spawn().unwrap();
    assert!(child.stdin().is_none() && child.stderr().is_none() && child.stdio(4).is_none());
    assert!(child.stdio(0).is_none() && child.stdio(9).is_none());
    let three = child.stdio(3).unwrap();
    three.writable().write("a line\n").await.unwrap();
    assert_eq!(text(three.readable()).await, "got a line\n");
    assert_eq!(text(child.stdio(5).unwrap().readable()).await, "five\n");
    assert_eq!(text(child.stdout().unwrap()).await, "", "nobody has a fourth");
    assert!(child.closed().await.success());
}

async fn a_file_or_the_end_of_a_pipe_may_be_a_childs_descriptor() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut first = Command::new("echo");
    first
        .arg("through the file")
        .stdin(Stdio::Ignore)
        .stdout(Stdio::fd(writer));
    assert!(first.spawn().unwrap().closed().await.success());
    drop(first); // and with it our copy of the pipe's end
    let mut line = String::new();
    reader.read_to_string(&mut line).unwrap();
    assert_eq!(line, "through the file\n");

    let file = fs::File::open("/proc/self/status").unwrap();
    let child = Command::new("grep").arg("Name").stdin(Stdio::fd(file)).spawn().unwrap();
    assert!(said(&child).await.starts_with("Name:"));
}

/// `a | paste -sd +`
async fn joined(a: &ChildProcess) -> String {
    let mut paste = Command::new("paste");
    paste.args(["-sd", "+"]).stdin(a.stdout().unwrap().into());
    let output = paste.exec().await.unwrap();
    assert!(output.is_drained);
    assert!(
        a.closed().await.success(),
        "its output has gone elsewhere, and closes all the same"
    );
    output.stdout_text().into_owned()
}

async fn what_one_child_says_another_reads() {
    let a = Command::shell("for i in 1 2 3; do echo $i; sleep 0.02; done")
        .spawn()
        .unwrap();
    let stdin = a.stdout().unwrap();
    assert_eq!(joined(&a).await, "1+2+3\n");
    assert!(stdin.is_destroyed() && stdin.read().await.is_err());
}

async fn what_has_been_said_already_is_read_too() {
    let a = Command::new("seq").arg("3").spawn().unwrap();
    a.closed().await; // and what it had to say waits in its stream
    assert_eq!(joined(&a).await, "1+2+3\n");
}

async fn a_reader_that_has_enough_ends_the_writer() {
    let a = Command::new("yes").spawn().unwrap();
    let mut head = Command::new("head");
    head.args(["-n", "1"]).stdin(a.stdout().unwrap().into());
    assert_eq!(head.exec().await.unwrap().stdout_text(), "y\n");
    drop(head);
    // By SIGPIPE; or by the error that a socket gives whose reader went away with something unread.
    assert!(!a.closed().await.success());
}

async fn a_child_may_write_to_the_input_of_another() {
    let a = Command::new("cat").spawn().unwrap();
    a.stdin().unwrap().write("first ours, ").await.unwrap();
    a.stdin().unwrap().flush().await.unwrap();
    let mut b = Command::new("printf");
    b.arg("then b's").stdout(a.stdin().unwrap().into());
    assert!(b.spawn().unwrap().closed().await.success());
    assert_eq!(said(&a).await, "first ours, then b's");
}

async fn two_outputs_into_one_stream_end_it_when_both_have_ended() {
    const BEFORE: usize = 1 << 20;
    for is_in_use in [false, true] {
        let a = Command::new("cat").spawn().unwrap();
        let stdin = a.stdin().unwrap();
        let before = if is_in_use { BEFORE } else { 0 };
        // More than the socket takes as long as nobody reads what `a` says.
        assert!(!is_in_use || stdin.try_write(vec![b'x'; BEFORE]).is_ok());
        let mut b = Command::shell("echo out; exec 1>&-; read go; echo err >&2");
        b.stdout(stdin.into()).stderr(stdin.into());
        let b = b.spawn().unwrap();
        let stdout = a.stdout().unwrap();
        let mut text = Vec::new();
        while text.len() < before + "out\n".len() {
            text.extend_from_slice(&stdout.read().await.unwrap().unwrap());
        }
        b.stdin().unwrap().end();
        assert!(b.closed().await.success());
        while let Some(chunk) = stdout.read().await.unwrap() {
            text.extend_from_slice(&chunk);
        }
        assert_eq!(text[before..], b"out\nerr\n"[..]);
    }
}

async fn a_stream_that_is_no_descriptor_goes_through_us() {
    let source = Readable::from_chunks(["a", "b", "c"]);
    let (near, mut far) = tokio::io::duplex(2);
    let sink = Writable::new(near);
    let mut command = Command::new("tr");
    command.args(["a-z", "A-Z"]);
    command.stdin((&source).into()).stdout((&sink).into());
    let child = command.spawn().unwrap();
    let mut space = [0; 3];
    far.read_exact(&mut space).await.unwrap();
    assert_eq!(&space, b"ABC");
    assert!(child.closed().await.success());
    sink.write("d").await.unwrap();
    far.read_exact(&mut space[..1]).await.unwrap();
    assert_eq!(space[0], b'd', "others may write there too");
}

async fn a_stream_is_not_lost_to_a_child_that_is_not_started() {
    let a = Command::new("echo").arg("still here").spawn().unwrap();
    let nobody = Command::new("/no/such").stdin(a.stdout().unwrap().into()).spawn();
    assert!(nobody.is_err());
    assert_eq!(said(&a).await, "still here\n");
    let mut late = Command::new("cat");
    let error = late.stdin(a.stdout().unwrap().into()).spawn().unwrap_err();
    assert!(error.to_string().contains("the stream has ended"), "{error}");
}

async fn what_is_ignored_is_the_null_device_and_from_3_on_nothing() {
    let script = "for fd in 0 2; do readlink /proc/$$/fd/$fd; done; [ -e /proc/$$/fd/3 ] && echo three; true";
    let stdio = [Stdio::Ignore, Stdio::Pipe, Stdio::Ignore, Stdio::Ignore];
    let child = Command::shell(script).stdio(stdio).spawn().unwrap();
    assert_eq!(text(child.stdout().unwrap()).await, "/dev/null\n".repeat(2));
    child.closed().await;
}

async fn a_second_channel_is_refused() {
    let error = Command::new("true")
        .stdio([Stdio::Ipc, Stdio::Ipc])
        .spawn()
        .unwrap_err();
    assert_eq!(error.code(), Some("ERR_IPC_ONE_PIPE"));
    let error = Command::new("true").stdio([Stdio::Ipc]).output_sync().unwrap_err();
    assert_eq!(error.code(), Some("ERR_IPC_SYNC_FORK"));
}

async fn a_message_channel_may_be_any_descriptor() {
    let script = "read -r line <&$NODE_CHANNEL_FD; echo \"$NODE_CHANNEL_FD $NODE_CHANNEL_SERIALIZATION_MODE $line\"";
    let stdio = [Stdio::Ignore, Stdio::Pipe, Stdio::Inherit, Stdio::Ignore, Stdio::Ipc];
    let child = Command::new(script).in_shell("/bin/bash").stdio(stdio).spawn().unwrap();
    child.send("hello").await.unwrap();
    assert_eq!(text(child.stdout().unwrap()).await, "4 json \"hello\"\n");
    assert!(child.closed().await.success());

    let without = Command::new("true").spawn().unwrap();
    assert!(without.channel().is_none() && !without.is_connected());
    let error = without.send("hello").await.unwrap_err();
    assert_eq!(error.code(), Some("ERR_IPC_CHANNEL_CLOSED"));
    without.closed().await;
}

async fn a_detached_child_leads_its_own_group() {
    for is_detached in [true, false] {
        let child = Command::shell("ps -o pgid= -p $$")
            .detached(is_detached)
            .spawn()
            .unwrap();
        let group = said(&child).await.trim().parse::<u32>().unwrap();
        assert_eq!(group == child.pid(), is_detached);
    }
}

async fn a_child_may_run_as_another_user() {
    match Command::shell("id -u; id -g").uid(65534).gid(65533).spawn() {
        Ok(child) => assert_eq!(said(&child).await, "65534\n65533\n"),
        // Only root may.
        Err(error) => assert_eq!(error.code(), Some("EPERM")),
    }
}

async fn a_child_that_is_to_end_with_its_handle_does() {
    let child = Command::new("sleep").arg("60").kill_on_drop(true).spawn().unwrap();
    let (sender, ended) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    child.on(EXIT, move |exit| {
        sender.lock().unwrap().take().unwrap().send(*exit).unwrap();
    });
    drop(child);
    let exit = tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap();
    assert_eq!(exit.unwrap().to_string(), "SIGKILL");
}
