//! What the process knows of itself, beside what Node says of itself.

use std::process::{Command, ExitCode};

use ferronode_process::{
    arch, argv, argv0, can_kill, chdir, cpu_usage, cwd, env, exec_path, hrtime, identity, kill, memory_usage, pid,
    platform, ppid, resource_usage, set_title, set_uid, set_umask, title, umask, uptime,
};

use crate::case::cases;

cases! {
    chdir_says_from_where_to_where_and_why_not =
        "process.chdir('/usr');console.log(process.cwd());try{process.chdir('/no/x')}catch(e){console.log(e.code,e.path,e.dest)}"
        => "/usr, ENOENT /usr /no/x", 0;
    a_directory_that_was_removed_is_not_found =
        "const fs=require('fs');const d=fs.mkdtempSync('/tmp/gone-');process.chdir(d);fs.rmdirSync(d);try{process.cwd()}catch(e){console.log(e.code)}"
        => "ENOENT", 0;
    kill_says_whether_somebody_is_there =
        "process.kill(process.pid,0);try{process.kill(99999999,0)}catch(e){console.log(e.code)}" => "ESRCH", 0;
    the_mask_of_new_files_is_read_and_set =
        "process.umask(0o22);console.log(process.umask(0o77),process.umask().toString(8));console.log(process.umask(0o1777),process.umask().toString(8))"
        => "18 77, 63 777", 0;
    the_title_is_what_ps_shows =
        "process.title='zzz';console.log(process.title,require('child_process').execSync('ps -o comm= -p '+process.pid).toString().trim())"
        => "zzz zzz", 0;
    a_long_title_is_whole_in_the_arguments = "" => "a title longer than fifteen bytes", 0;
    the_environment_is_an_overlay_for_children =
        "process.env.A='1';delete process.env.HOME;console.log(process.env.A,require('child_process').execSync('echo $A-$HOME').toString().trim())"
        => "1 1-", 0;
    numbers_are_of_this_process =
        "const u=process.uptime(),m=process.memoryUsage(),c=process.cpuUsage();console.log(process.pid>1,process.ppid>0,process.platform,process.argv[0]===process.execPath,u>0&&u<5,m.rss>1e5,c.user>=0)"
        => "true true linux true true true true", 0;
    an_unknown_user_is_nobody =
        "try{process.setuid('no_such_user')}catch(e){console.log(e.code)}" => "ERR_UNKNOWN_CREDENTIAL", 0;
}

fn chdir_says_from_where_to_where_and_why_not() -> ExitCode {
    chdir("/usr").unwrap();
    println!("{}", cwd().unwrap().display());
    let error = chdir("/no/x").unwrap_err();
    println!(
        "{} {} {}",
        error.code().unwrap(),
        error.from.as_ref().unwrap().display(),
        error.to.display()
    );
    assert_eq!(
        error.to_string(),
        "No such file or directory (os error 2), chdir '/usr' -> '/no/x'"
    );
    ExitCode::SUCCESS
}

fn a_directory_that_was_removed_is_not_found() -> ExitCode {
    let directory = std::env::temp_dir().join(format!("gone-{}", pid()));
    std::fs::create_dir(&directory).unwrap();
    chdir(&directory).unwrap();
    std::fs::remove_dir(&directory).unwrap();
    assert_eq!(cwd().unwrap_err().kind(), std::io::ErrorKind::NotFound);
    println!("ENOENT");
    ExitCode::SUCCESS
}

fn kill_says_whether_somebody_is_there() -> ExitCode {
    can_kill(pid()).unwrap();
    println!("{}", can_kill(99_999_999).unwrap_err().code().unwrap());
    let far = kill(i64::MAX, ferronode_process::Signal::TERM).unwrap_err();
    assert_eq!((far.code(), far.pid), (Some("ESRCH"), i64::MAX));
    ExitCode::SUCCESS
}

fn the_mask_of_new_files_is_read_and_set() -> ExitCode {
    set_umask(0o22);
    println!("{} {:o}", set_umask(0o77), umask().unwrap());
    println!("{} {:o}", set_umask(0o1777), umask().unwrap());
    ExitCode::SUCCESS
}

fn ps(what: &str) -> String {
    let output = Command::new("ps")
        .args(["-o", what, "-p", &pid().to_string()])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn the_title_is_what_ps_shows() -> ExitCode {
    assert_eq!(title(), argv0().to_string_lossy());
    set_title("zzz").unwrap();
    println!("{} {}", title(), ps("comm="));
    ExitCode::SUCCESS
}

fn a_long_title_is_whole_in_the_arguments() -> ExitCode {
    set_title("a title longer than fifteen bytes").unwrap();
    println!("{}", ps("args="));
    ExitCode::SUCCESS
}

fn the_environment_is_an_overlay_for_children() -> ExitCode {
    env().set("A", "1");
    assert!(env().remove("HOME").is_some() && env().var("HOME").is_none());
    assert!(std::env::var_os("HOME").is_some(), "the process itself is not touched");
    let shown = Command::new("sh")
        .args(["-c", "echo $A-$HOME"])
        .env_clear()
        .envs(env().vars())
        .output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    println!("{} {}", env().var("A").unwrap().to_string_lossy(), shown.trim());
    ExitCode::SUCCESS
}

fn numbers_are_of_this_process() -> ExitCode {
    let (clock, up) = (hrtime(), uptime());
    let is_program = argv()[0] == exec_path().unwrap();
    let is_young = up.as_secs() < 5 && !up.is_zero();
    let is_large = memory_usage().unwrap().rss > 100_000;
    let cpu = cpu_usage().unwrap();
    assert!(cpu_usage().unwrap().since(cpu).user <= cpu_usage().unwrap().user);
    assert!(hrtime() >= clock && uptime() >= up && resource_usage().unwrap().max_rss > 100);
    assert!(["x64", "arm64"].contains(&arch()) && identity().unwrap().uid == identity().unwrap().euid);
    println!(
        "{} {} {} {is_program} {is_young} {is_large} true",
        pid() > 1,
        ppid() > 0,
        platform()
    );
    ExitCode::SUCCESS
}

fn an_unknown_user_is_nobody() -> ExitCode {
    println!("{}", set_uid("no_such_user").unwrap_err().code().unwrap());
    ExitCode::SUCCESS
}
