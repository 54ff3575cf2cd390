// What Rust's standard library makes of WASI preview 1: files, directories, links, times, stdin, waiting. Prints one line
// a step, with the number of the error where it fails; the directory /rw is empty at first, /ro is only to be read.
use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn step<T: Debug>(name: &str, result: io::Result<T>) {
    match result {
        Ok(value) => println!("{name}: {value:?}"),
        Err(error) => println!("{name}: {:?} {:?}", error.kind(), error.raw_os_error()),
    }
}

fn kind(path: &str) -> io::Result<(bool, bool, u64)> {
    fs::metadata(path).map(|found| (found.is_dir(), found.is_file(), if found.is_file() { found.len() } else { 0 }))
}

fn names(path: &str) -> io::Result<Vec<String>> {
    let mut names: Vec<String> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

fn seconds(time: io::Result<SystemTime>) -> io::Result<u64> {
    time.map(|time| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

fn surroundings() {
    println!("arguments {:?}", std::env::args().skip(1).collect::<Vec<_>>());
    let mut variables: Vec<_> = std::env::vars().collect();
    variables.sort();
    println!("variables {variables:?}");
    println!("after 2023: {}", SystemTime::now() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("slept: {}", began.elapsed() >= Duration::from_millis(20));
    std::thread::yield_now();
    let random: HashMap<u8, u8> = (0..100).map(|number| (number, number)).collect();
    println!("sum of a randomly seeded map: {}", random.values().map(|&number| number as u32).sum::<u32>());
    let mut line = String::new();
    step("stdin", io::stdin().read_to_string(&mut line));
    step("stderr", io::stderr().write(b""));
}

fn files() -> io::Result<()> {
    step("write", fs::write("/rw/file", "0123456789"));
    step("read", fs::read_to_string("/rw/file"));
    step("read missing", fs::read("/rw/missing"));
    step("read a directory", fs::read("/rw"));
    step("write a directory", fs::write("/rw", "x"));
    step("create new", File::create_new("/rw/file").map(drop));
    step("create below a file", File::create("/rw/file/x").map(drop));
    step("open outside", File::open("/rw/../etc/passwd").map(drop));
    step("open what is not given", File::open("/etc/passwd").map(drop));
    step("create read only", File::create("/ro/new").map(drop).map_err(|_| ErrorKind::Other.into()));
    let mut file = OpenOptions::new().read(true).write(true).open("/rw/file")?;
    step("seek", file.seek(SeekFrom::End(-3)));
    step("seek before", file.seek(SeekFrom::Current(-100)));
    step("position", file.stream_position());
    let mut rest = String::new();
    step("rest", file.read_to_string(&mut rest));
    step("set_len", file.set_len(4));
    step("metadata", file.metadata().map(|found| found.len()));
    step("sync_all", file.sync_all());
    step("sync_data", file.sync_data());
    let times = FileTimes::new().set_accessed(UNIX_EPOCH + Duration::from_secs(5)).set_modified(UNIX_EPOCH + Duration::from_secs(7));
    step("set_times", file.set_times(times));
    step("modified", seconds(fs::metadata("/rw/file")?.modified()));
    step("accessed", seconds(fs::metadata("/rw/file")?.accessed()));
    let mut appender = OpenOptions::new().append(true).open("/rw/file")?;
    step("append", appender.write_all(b"end"));
    step("read an appender", appender.read(&mut [0; 4]));
    step("write a reader", File::open("/rw/file")?.write(b"x"));
    step("truncate a reader", File::open("/rw/file")?.set_len(1));
    step("content", fs::read_to_string("/rw/file"));
    step("copy", fs::copy("/rw/file", "/rw/copy"));
    Ok(())
}

fn directories() {
    step("create_dir", fs::create_dir("/rw/a"));
    step("create_dir again", fs::create_dir("/rw/a"));
    step("create_dir_all", fs::create_dir_all("/rw/a/b/c"));
    step("names", names("/rw"));
    step("names of a file", names("/rw/file"));
    step("names of none", names("/rw/none"));
    step("kind of a directory", kind("/rw/a"));
    step("kind of a file", kind("/rw/file"));
    step("kind of none", kind("/rw/none"));
    step("remove_dir full", fs::remove_dir("/rw/a"));
    step("remove_dir of a file", fs::remove_dir("/rw/file"));
    step("remove_file of a directory", fs::remove_file("/rw/a"));
    step("remove_file of none", fs::remove_file("/rw/none"));
    step("rename", fs::rename("/rw/copy", "/rw/a/b/moved"));
    step("rename none", fs::rename("/rw/none", "/rw/x"));
    step("rename to a directory", fs::rename("/rw/file", "/rw/a"));
    step("rename a directory below itself", fs::rename("/rw/a", "/rw/a/b/x"));
    step("hard_link", fs::hard_link("/rw/file", "/rw/hard"));
    step("hard_link again", fs::hard_link("/rw/file", "/rw/hard"));
    step("hard_link of a directory", fs::hard_link("/rw/a", "/rw/hard2"));
    step("read_link of a file", fs::read_link("/rw/file"));
    step("read_link", fs::read_link("/ro/link"));
    step("through a link", fs::read_to_string("/ro/link"));
    step("canonicalize", fs::canonicalize("/rw/a"));
    step("exists", fs::exists("/rw/a/b/moved"));
    step("remove_dir_all", fs::remove_dir_all("/rw/a"));
    step("names at last", names("/rw"));
}

fn main() {
    surroundings();
    step("files", files());
    directories();
    std::process::exit(42);
}
