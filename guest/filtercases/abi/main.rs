//! The callbacks as hosts call them, without an SDK between, in the three versions of the ABI: `--cfg abi="0.1.0"`,
//! `"0.2.0"` or `"0.2.1"`; with `--cfg short` as AssemblyScript has 0.2.0: callbacks for headers have fewer arguments. Each writes down what it is called
//! with, and a few calls that are of this version alone.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::panic::PanicInfo;
#[cfg(abi = "0.2.1")]
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[link(wasm_import_module = "env")]
extern "C" {
    fn proxy_log(level: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *const u8, size: *mut usize) -> u32;
    fn proxy_get_header_map_value(map: u32, key: *const u8, key_size: usize, data: *mut *const u8, size: *mut usize)
        -> u32;
    #[cfg(abi = "0.1.0")]
    fn proxy_get_configuration(data: *mut *const u8, size: *mut usize) -> u32;
    #[cfg(abi = "0.1.0")]
    fn proxy_continue_request() -> u32;
    #[cfg(abi = "0.1.0")]
    fn proxy_continue_response() -> u32;
    #[cfg(abi = "0.1.0")]
    fn proxy_clear_route_cache() -> u32;
    #[cfg(not(abi = "0.1.0"))]
    fn proxy_get_buffer_bytes(kind: u32, start: u32, size: u32, data: *mut *const u8, data_size: *mut usize) -> u32;
    #[cfg(abi = "0.2.1")]
    fn proxy_get_log_level(level: *mut u32) -> u32;
    #[cfg(abi = "0.2.1")]
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    #[cfg(abi = "0.2.1")]
    fn proxy_set_effective_context(context: u32) -> u32;
    #[cfg(abi = "0.2.1")]
    fn proxy_continue_stream(stream: u32) -> u32;
}

// AssemblyScript is older than the name that WASI has now.
#[cfg(all(abi = "0.2.0", not(short)))]
#[link(wasm_import_module = "wasi_unstable")]
extern "C" {
    fn fd_write(fd: u32, pieces: *const [usize; 2], count: usize, written: *mut usize) -> u32;
}

/// What hosts put into the memory, and lines on their way: nothing is ever freed.
struct Room<const SIZE: usize>(UnsafeCell<([u8; SIZE], usize)>);
unsafe impl<const SIZE: usize> Sync for Room<SIZE> {}
static ROOM: Room<65536> = Room(UnsafeCell::new(([0; 65536], 0)));

fn allocate(size: usize) -> *mut u8 {
    let room = unsafe { &mut *ROOM.0.get() };
    let start = room.1;
    room.1 = (start + size + 7) & !7;
    &raw mut room.0[start]
}

#[cfg(abi = "0.2.1")]
#[no_mangle]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    allocate(size)
}

#[cfg(not(abi = "0.2.1"))]
#[no_mangle]
extern "C" fn malloc(size: usize) -> *mut u8 {
    allocate(size)
}

#[cfg(abi = "0.1.0")]
#[no_mangle]
extern "C" fn proxy_abi_version_0_1_0() {}
#[cfg(abi = "0.2.0")]
#[no_mangle]
extern "C" fn proxy_abi_version_0_2_0() {}
#[cfg(abi = "0.2.1")]
#[no_mangle]
extern "C" fn proxy_abi_version_0_2_1() {}

#[no_mangle]
extern "C" fn _start() {}

/// What the callbacks for headers and for bodies return, as the two digits of the configuration say, and the context that
/// is to be continued.
#[cfg(abi = "0.2.1")]
static ANSWERS: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

/// Of a callback for a request: what is held goes on at the next tick.
#[cfg(abi = "0.2.1")]
fn answer(which: usize, context: u32) -> u32 {
    let code = ANSWERS[which].load(Relaxed);
    if code != 0 {
        ANSWERS[2].store(context, Relaxed);
        unsafe { proxy_set_tick_period_milliseconds(1000) };
    }
    code
}

/// A line of the transcript: words and numbers.
fn say(name: &str, numbers: &[u32], text: &[u8]) {
    let mut line = Line { bytes: [0; 256], length: 0 };
    line.put(b"~ ");
    line.put(name.as_bytes());
    for &number in numbers {
        line.put(b" ");
        line.number(number);
    }
    if !text.is_empty() {
        line.put(b" ");
        line.put(text);
    }
    unsafe { proxy_log(2, line.bytes.as_ptr(), line.length) };
}

struct Line {
    bytes: [u8; 256],
    length: usize,
}

impl Line {
    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.length < self.bytes.len() {
                self.bytes[self.length] = byte;
                self.length += 1;
            }
        }
    }

    fn number(&mut self, number: u32) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.put(&[b'0' + (number % 10) as u8]);
    }
}

/// Says what a call gives that allocates it here.
fn given(name: &str, call: impl FnOnce(*mut *const u8, *mut usize) -> u32) {
    let (mut data, mut size) = (core::ptr::null(), 0);
    let status = call(&mut data, &mut size);
    let text: &[u8] = if data.is_null() { b"" } else { unsafe { core::slice::from_raw_parts(data, size) } };
    say(name, &[status], text);
}

fn value(name: &str, map: u32, key: &str) {
    given(name, |data, size| unsafe { proxy_get_header_map_value(map, key.as_ptr(), key.len(), data, size) });
}

#[no_mangle]
extern "C" fn proxy_on_context_create(context: u32, parent: u32) {
    say("context_create", &[context, parent], b"");
    given("  root_id", |data, size| unsafe {
        proxy_get_property("plugin_root_id".as_ptr(), 14, data, size)
    });
}

#[no_mangle]
extern "C" fn proxy_on_vm_start(context: u32, size: u32) -> u32 {
    say("vm_start", &[context, size], b"");
    1
}

#[no_mangle]
extern "C" fn proxy_on_configure(context: u32, size: u32) -> u32 {
    say("configure", &[context, size], b"");
    #[cfg(abi = "0.1.0")]
    given("  configuration", |data, size| unsafe { proxy_get_configuration(data, size) });
    #[cfg(not(abi = "0.1.0"))]
    given("  configuration", |data, size_place| unsafe { proxy_get_buffer_bytes(7, 0, size, data, size_place) });
    #[cfg(abi = "0.2.1")]
    {
        let mut level = 99;
        let status = unsafe { proxy_get_log_level(&mut level) };
        say("  log_level", &[status, level], b"");
        let (mut data, mut length) = (core::ptr::null(), 0);
        unsafe { proxy_get_buffer_bytes(7, size - 2, 2, &mut data, &mut length) };
        for index in 0..2 {
            let digit = unsafe { *data.add(index) };
            ANSWERS[index].store(u32::from(digit.wrapping_sub(b'0')), Relaxed);
        }
    }
    1
}

#[cfg(abi = "0.2.1")]
#[no_mangle]
extern "C" fn proxy_on_tick(context: u32) {
    say("tick", &[context], b"");
    unsafe {
        proxy_set_tick_period_milliseconds(0);
        say("  effective", &[proxy_set_effective_context(ANSWERS[2].load(Relaxed))], b"");
        say("  continue", &[proxy_continue_stream(0)], b"");
    }
}

#[cfg(abi = "0.1.0")]
#[no_mangle]
extern "C" fn proxy_on_request_headers(context: u32, count: u32) -> u32 {
    say("request_headers", &[context, count], b"");
    value("  path", 0, ":path");
    say("  clear_route_cache", &[unsafe { proxy_clear_route_cache() }], b"");
    0
}

#[cfg(all(abi = "0.2.0", short))]
#[no_mangle]
extern "C" fn proxy_on_request_headers(context: u32, count: u32) -> u32 {
    say("request_headers", &[context, count], b"");
    0
}

#[cfg(all(abi = "0.2.0", not(short)))]
#[no_mangle]
extern "C" fn proxy_on_request_headers(context: u32, count: u32, is_end: u32) -> u32 {
    say("request_headers", &[context, count, is_end], b"");
    value("  path", 0, ":path");
    let text = "~stdout\n";
    let (piece, mut written) = ([text.as_ptr() as usize, text.len()], 0);
    let status = unsafe { fd_write(1, &piece, 1, &mut written) };
    say("  fd_write", &[status, written as u32], b"");
    0
}

#[cfg(abi = "0.2.1")]
#[no_mangle]
extern "C" fn proxy_on_request_headers(context: u32, count: u32, is_end: u32) -> u32 {
    say("request_headers", &[context, count, is_end], b"");
    value("  path", 0, ":path");
    answer(0, context)
}

#[no_mangle]
extern "C" fn proxy_on_request_body(context: u32, size: u32, is_end: u32) -> u32 {
    say("request_body", &[context, size, is_end], b"");
    #[cfg(abi = "0.2.1")]
    return answer(1, context);
    #[cfg(not(abi = "0.2.1"))]
    0
}

#[no_mangle]
extern "C" fn proxy_on_request_trailers(context: u32, count: u32) -> u32 {
    say("request_trailers", &[context, count], b"");
    0
}

#[cfg(any(abi = "0.1.0", short))]
#[no_mangle]
extern "C" fn proxy_on_response_headers(context: u32, count: u32) -> u32 {
    say("response_headers", &[context, count], b"");
    #[cfg(abi = "0.1.0")]
    say("  continue", &[unsafe { proxy_continue_request() }], b"");
    value("  status", 2, ":status");
    0
}

#[cfg(not(any(abi = "0.1.0", short)))]
#[no_mangle]
extern "C" fn proxy_on_response_headers(context: u32, count: u32, is_end: u32) -> u32 {
    say("response_headers", &[context, count, is_end], b"");
    0
}

#[no_mangle]
extern "C" fn proxy_on_response_body(context: u32, size: u32, is_end: u32) -> u32 {
    say("response_body", &[context, size, is_end], b"");
    #[cfg(abi = "0.1.0")]
    say("  continue", &[unsafe { proxy_continue_response() }], b"");
    0
}

#[no_mangle]
extern "C" fn proxy_on_response_trailers(context: u32, count: u32) -> u32 {
    say("response_trailers", &[context, count], b"");
    0
}

#[no_mangle]
extern "C" fn proxy_on_done(context: u32) -> u32 {
    say("done", &[context], b"");
    1
}

#[no_mangle]
extern "C" fn proxy_on_log(context: u32) {
    say("log", &[context], b"");
}

#[no_mangle]
extern "C" fn proxy_on_delete(context: u32) {
    say("delete", &[context], b"");
}
