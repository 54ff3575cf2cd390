//! The calls of WASI, of which a filter has few.
use crate::answer::quoted;
use crate::host::{span, Written};
use crate::operation::Call;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn environ_sizes_get(count: u32, size: u32) -> u32;
    fn environ_get(places: u32, data: u32) -> u32;
    fn args_sizes_get(count: u32, size: u32) -> u32;
    fn args_get(places: u32, data: u32) -> u32;
    fn clock_time_get(clock: u32, precision: u64, time: u32) -> u32;
    fn random_get(data: u32, size: u32) -> u32;
    fn fd_write(fd: u32, pieces: u32, count: u32, written: u32) -> u32;
    fn fd_read(fd: u32, pieces: u32, count: u32, read: u32) -> u32;
    fn fd_seek(fd: u32, offset: i64, whence: u32, place: u32) -> u32;
    fn fd_close(fd: u32) -> u32;
    fn fd_fdstat_get(fd: u32, stat: u32) -> u32;
    fn fd_prestat_get(fd: u32, stat: u32) -> u32;
    fn fd_prestat_dir_name(fd: u32, data: u32, size: u32) -> u32;
    fn path_open(
        fd: u32, flags: u32, path: u32, size: u32, open: u32, rights: u64, inherited: u64, fd_flags: u32, opened: u32,
    ) -> u32;
    fn path_filestat_get(fd: u32, flags: u32, path: u32, size: u32, stat: u32) -> u32;
    fn poll_oneoff(asked: u32, events: u32, count: u32, told: u32) -> u32;
    fn sched_yield() -> u32;
    fn proc_exit(code: u32);
}

/// Undefined where the operation is none of these.
pub fn call(call: &Call, operation: &str) -> Option<String> {
    unsafe { ask(call, operation) }
}

unsafe fn ask(call: &Call, operation: &str) -> Option<String> {
    Some(match operation {
        "environ" => {
            let (count, size) = (Written::new(0_u32), Written::new(0_u32));
            let status = environ_sizes_get(count.place(), size.place());
            let (count, size) = (count.get(), size.get());
            let (mut places, mut data) = (vec![0_u32; count as usize], vec![0_u8; size as usize]);
            let got = environ_get(places.as_mut_ptr() as u32, data.as_mut_ptr() as u32);
            let data = std::hint::black_box(data);
            let mut parts: Vec<&[u8]> = data.split(|&byte| byte == 0).filter(|part| !part.is_empty()).collect();
            parts.sort();
            format!("{status} {count} {size} {got} {}", quoted(&parts.join(&b' ')))
        }
        "args" => {
            let (count, size) = (Written::new(99_u32), Written::new(99_u32));
            let status = args_sizes_get(count.place(), size.place());
            let room = Written::new([0_u32; 16]);
            format!("{status} {} {} {}", count.get(), size.get(), args_get(room.place(), room.place()))
        }
        "clock" => {
            let time = Written::new(0_u64);
            let status = clock_time_get(call.number(0), 0, time.place());
            format!("{status} set={}", time.get() != 0)
        }
        "random" => {
            let bytes = Written::new([0_u8; 64]);
            let status = random_get(bytes.place(), call.number(0));
            format!("{status} set={}", bytes.get().iter().any(|&byte| byte != 0))
        }
        "fd_write" => {
            let text = call.bytes(1);
            let (data, size) = span(&text);
            let pieces = Written::new([data, size / 2, data + size / 2, size - size / 2]);
            let written = Written::new(0_u32);
            let status = fd_write(call.number(0), pieces.place(), 2, written.place());
            format!("{status} {}", written.get())
        }
        "fd_read" => {
            let room = Written::new([0_u8; 16]);
            let (pieces, read) = (Written::new([room.place(), 16]), Written::new(99_u32));
            fd_read(call.number(0), pieces.place(), 1, read.place()).to_string()
        }
        "fd_seek" => {
            let place = Written::new(0_u64);
            fd_seek(call.number(0), 0, 1, place.place()).to_string()
        }
        "fd_close" => fd_close(call.number(0)).to_string(),
        "fd_fdstat_get" => {
            let stat = Written::new([99_u64; 3]);
            let status = fd_fdstat_get(call.number(0), stat.place());
            format!("{status} {:?}", stat.get())
        }
        "fd_prestat_get" => {
            let stat = Written::new([0_u32; 2]);
            fd_prestat_get(call.number(0), stat.place()).to_string()
        }
        "fd_prestat_dir_name" => {
            let name = Written::new([0_u8; 16]);
            fd_prestat_dir_name(call.number(0), name.place(), 16).to_string()
        }
        "path_open" => {
            let path = call.bytes(1);
            let ((data, size), opened) = (span(&path), Written::new(0_u32));
            path_open(call.number(0), 0, data, size, 0, 2, 2, 0, opened.place()).to_string()
        }
        "path_filestat_get" => {
            let path = call.bytes(1);
            let ((data, size), stat) = (span(&path), Written::new([0_u64; 8]));
            path_filestat_get(call.number(0), 0, data, size, stat.place()).to_string()
        }
        "poll_oneoff" => {
            // One subscription to a clock, in a millisecond.
            let asked = Written::new([7_u64, 0, 0, 1_000_000, 0, 0]);
            let (events, told) = (Written::new([0_u64; 4]), Written::new(99_u32));
            let status = poll_oneoff(asked.place(), events.place(), 1, told.place());
            format!("{status} {}", told.get())
        }
        "sched_yield" => sched_yield().to_string(),
        "proc_exit" => {
            proc_exit(call.number(0));
            "returned".into()
        }
        "wasi_wild" => {
            let wild = 0xffff_fff0;
            let (pieces, written) = (Written::new([wild, 4]), Written::new(0_u32));
            let answers = [
                environ_sizes_get(wild, wild),
                args_sizes_get(wild, wild),
                clock_time_get(0, 0, wild),
                random_get(wild, 8),
                fd_write(1, wild, 1, written.place()),
                fd_write(1, pieces.place(), 1, written.place()),
                fd_fdstat_get(1, wild),
            ];
            format!("{answers:?}")
        }
        _ => return None,
    })
}
