//! The operations of scripts: each makes a call, and writes down what it was given.
use crate::answer::{encode_fields, fields, quoted};
use crate::host::*;
use crate::script::{Script, SCRATCH_BYTES};
use crate::{raw, say, wasi};
use proxy_wasm::hostcalls;
use std::time::Duration;

/// What the operations of a callback want it to return.
#[derive(Default)]
pub struct Outcome {
    pub is_paused: bool,
    pub is_refused: bool,
}

pub fn run(script: &Script, context: u32, text: &str, outcome: &mut Outcome) {
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let register = words.last().and_then(|word| word.strip_prefix('>'));
    if register.is_some() {
        words.pop();
    }
    let Some((&operation, arguments)) = words.split_first() else { return };
    match operation {
        "pause" => outcome.is_paused = true,
        "refuse" => outcome.is_refused = true,
        "trap" => core::arch::wasm32::unreachable(),
        "poke" => {
            let bytes = script.bytes(arguments[0]);
            script.scratch.borrow_mut()[..bytes.len().min(SCRATCH_BYTES)].copy_from_slice(&bytes);
        }
        "keep" => script.keep(register.unwrap_or("kept"), script.bytes(arguments[0])),
        "self" => script.keep(register.unwrap_or("self"), u64::from(context).to_le_bytes().into()),
        _ => {
            let call = Call { script, arguments, register };
            let answer = wasi::call(&call, operation).unwrap_or_else(|| call.make(operation));
            say(&format!("  {text} = {answer}"));
        }
    }
}

pub struct Call<'a> {
    pub script: &'a Script,
    arguments: &'a [&'a str],
    register: Option<&'a str>,
}

impl Call<'_> {
    pub fn word(&self, index: usize) -> &str {
        self.arguments.get(index).copied().unwrap_or("-")
    }

    pub fn number(&self, index: usize) -> u32 {
        self.script.number(self.word(index)) as u32
    }

    pub fn bytes(&self, index: usize) -> Vec<u8> {
        self.script.bytes(self.word(index))
    }

    fn text(&self, index: usize) -> String {
        self.script.text(self.word(index))
    }

    /// `name=value` each, from one argument on and until `--`.
    fn fields(&self, first: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let words = self.arguments.iter().skip(first).take_while(|&&word| word != "--");
        words
            .map(|word| {
                let (name, value) = word.split_once('=').unwrap_or((word, "-"));
                (self.script.bytes(name), self.script.bytes(value))
            })
            .collect()
    }

    fn trailers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        match self.arguments.iter().position(|&word| word == "--") {
            Some(index) => self.fields(index + 1),
            None => Vec::new(),
        }
    }

    fn keep(&self, number: u64) {
        if let Some(name) = self.register {
            self.script.keep(name, number.to_le_bytes().into());
        }
    }

    fn kept(&self, status: u32, number: u32) -> String {
        if status == 0 {
            self.keep(number.into());
        }
        status.to_string()
    }

    fn make(&self, operation: &str) -> String {
        unsafe { self.ask(operation) }
    }

    unsafe fn ask(&self, operation: &str) -> String {
        let (first, second) = (self.bytes(0), self.bytes(1));
        let ((data, size), (data2, size2)) = (span(&first), span(&second));
        match operation {
            "log" => {
                let text = self.bytes(1);
                let (data, size) = span(&text);
                proxy_log(self.number(0), data, size).to_string()
            }
            "log_level" => {
                let level = Written::new(99_u32);
                let status = proxy_get_log_level(level.place());
                format!("{status} {}", level.get())
            }
            "now" => {
                let time = Written::new(0_u64);
                let status = proxy_get_current_time_nanoseconds(time.place());
                format!("{status} sane={}", time.get() > 1_600_000_000_000_000_000)
            }
            "tick_period" => proxy_set_tick_period_milliseconds(self.number(0)).to_string(),
            "done" => proxy_done().to_string(),
            "effective" => proxy_set_effective_context(self.number(0)).to_string(),
            "buffer" => given(|data, size| {
                proxy_get_buffer_bytes(self.number(0), self.number(1), self.number(2), data, size)
            }),
            "set_buffer" => {
                let text = self.bytes(3);
                let (data, size) = span(&text);
                proxy_set_buffer_bytes(self.number(0), self.number(1), self.number(2), data, size).to_string()
            }
            "buffer_status" => {
                let (size, flags) = (Written::new(0_u32), Written::new(0_u32));
                let status = proxy_get_buffer_status(self.number(0), size.place(), flags.place());
                format!("{status} {} {}", size.get(), flags.get())
            }
            "size" => {
                let size = Written::new(0_u32);
                let status = proxy_get_header_map_size(self.number(0), size.place());
                format!("{status} {}", size.get())
            }
            "pairs" => {
                let pairs = Given::new();
                let (data, size) = (pairs.data.place(), pairs.size.place());
                match proxy_get_header_map_pairs(self.number(0), data, size) {
                    0 => format!("0 {}", fields(&pairs.bytes())),
                    status => status.to_string(),
                }
            }
            "set_pairs" => {
                let pairs = encode_fields(&self.fields(1));
                let (data, size) = span(&pairs);
                proxy_set_header_map_pairs(self.number(0), data, size).to_string()
            }
            "value" => given(|data, size| proxy_get_header_map_value(self.number(0), data2, size2, data, size)),
            "add" | "replace" => {
                let value = self.bytes(2);
                let (data, size) = span(&value);
                let call = if operation == "add" { proxy_add_header_map_value } else { proxy_replace_header_map_value };
                call(self.number(0), data2, size2, data, size).to_string()
            }
            "remove" => proxy_remove_header_map_value(self.number(0), data2, size2).to_string(),
            "continue" => proxy_continue_stream(self.number(0)).to_string(),
            "close" => proxy_close_stream(self.number(0)).to_string(),
            "status" => {
                let (code, message) = (Written::new(99_u32), Given::new());
                let (data, size) = (message.data.place(), message.size.place());
                let status = proxy_get_status(code.place(), data, size);
                format!("{status} {} {}", code.get(), quoted(&message.bytes()))
            }
            "respond" => {
                let (body, pairs) = (self.bytes(2), encode_fields(&self.fields(4)));
                let (body, body_size) = span(&body);
                let (fields, fields_size) = span(&pairs);
                let grpc = self.script.number(self.word(3)) as i32;
                proxy_send_local_response(self.number(0), data2, size2, body, body_size, fields, fields_size, grpc)
                    .to_string()
            }
            "http_call" => self.http_call(),
            "grpc_call" => self.token(hostcalls::dispatch_grpc_call(
                &self.text(0),
                &self.text(1),
                &self.text(2),
                bytes_of(&self.fields(5)),
                Some(&self.bytes(4)),
                Duration::from_millis(self.number(3).into()),
            )),
            "grpc_stream" => self.token(hostcalls::open_grpc_stream(
                &self.text(0),
                &self.text(1),
                &self.text(2),
                bytes_of(&self.fields(3)),
            )),
            "grpc_send" => proxy_grpc_send(self.number(0), data2, size2, self.number(2)).to_string(),
            "grpc_cancel" => proxy_grpc_cancel(self.number(0)).to_string(),
            "grpc_close" => proxy_grpc_close(self.number(0)).to_string(),
            "get_shared" => {
                let cas = Written::new(0_u32);
                let answer = given(|value, value_size| proxy_get_shared_data(data, size, value, value_size, cas.place()));
                self.keep(cas.get().into());
                answer
            }
            "set_shared" => proxy_set_shared_data(data, size, data2, size2, self.number(2)).to_string(),
            "register_queue" => {
                let token = Written::new(0_u32);
                self.kept(proxy_register_shared_queue(data, size, token.place()), token.get())
            }
            "resolve_queue" => {
                let token = Written::new(0_u32);
                self.kept(proxy_resolve_shared_queue(data, size, data2, size2, token.place()), token.get())
            }
            "enqueue" => proxy_enqueue_shared_queue(self.number(0), data2, size2).to_string(),
            "dequeue" => given(|data, size| proxy_dequeue_shared_queue(self.number(0), data, size)),
            "define_metric" => {
                let metric = Written::new(0_u32);
                self.kept(proxy_define_metric(self.number(0), data2, size2, metric.place()), metric.get())
            }
            "record" => proxy_record_metric(self.number(0), self.script.number(self.word(1)) as u64).to_string(),
            "increment" => proxy_increment_metric(self.number(0), self.script.number(self.word(1))).to_string(),
            "metric" => {
                let value = Written::new(0_u64);
                match proxy_get_metric(self.number(0), value.place()) {
                    0 => format!("0 {}", value.get()),
                    status => status.to_string(),
                }
            }
            "property" => {
                let path = self.path();
                let (path, path_size) = span(&path);
                given(|data, size| proxy_get_property(path, path_size, data, size))
            }
            "property_size" => {
                let path = self.path();
                let ((path, path_size), value) = (span(&path), Given::new());
                match proxy_get_property(path, path_size, value.data.place(), value.size.place()) {
                    0 => format!("0 {} bytes", value.bytes().len()),
                    status => status.to_string(),
                }
            }
            "set_property" => {
                let path = self.path();
                let (path, path_size) = span(&path);
                proxy_set_property(path, path_size, data2, size2).to_string()
            }
            "foreign" => self.foreign(),
            "raw" => raw::call(self.word(0), &|index| self.script.number(self.word(index + 1))).to_string(),
            _ => "no such operation".into(),
        }
    }

    /// Parts with `/` between them, as the ABI wants them: with a zero between.
    fn path(&self) -> Vec<u8> {
        let parts: Vec<Vec<u8>> = self.word(0).split('/').map(|part| self.script.bytes(part)).collect();
        parts.join(&0)
    }

    fn http_call(&self) -> String {
        let (headers, trailers) = (self.fields(3), self.trailers());
        let (headers, trailers) = (texts_of(&headers), texts_of(&trailers));
        self.token(hostcalls::dispatch_http_call(
            &self.text(0),
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            Some(&self.bytes(2)),
            trailers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            Duration::from_millis(self.number(1).into()),
        ))
    }

    fn token(&self, result: Result<u32, proxy_wasm::types::Status>) -> String {
        match result {
            Ok(token) => self.kept(0, token),
            Err(status) => (status as u32).to_string(),
        }
    }

    unsafe fn foreign(&self) -> String {
        let (name, arguments) = (self.bytes(0), self.bytes(1));
        let ((data, size), (data2, size2)) = (span(&name), span(&arguments));
        let result = Given::new();
        let (place, size_place) = (result.data.place(), result.size.place());
        let status = proxy_call_foreign_function(data, size, data2, size2, place, size_place);
        let bytes = result.bytes();
        if let Some(name) = self.register {
            self.script.keep(name, bytes);
            return status.to_string();
        }
        format!("{status} {}", quoted(&bytes))
    }
}

fn given(call: impl FnOnce(u32, u32) -> u32) -> String {
    let value = Given::new();
    let (data, size) = (value.data.place(), value.size.place());
    match call(data, size) {
        0 => format!("0 {}", quoted(&value.bytes())),
        status => status.to_string(),
    }
}

fn bytes_of(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    fields.iter().map(|(name, value)| (std::str::from_utf8(name).unwrap_or(""), value.as_slice())).collect()
}

fn texts_of(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    fields.iter().map(|(name, value)| (text(name), text(value))).collect()
}
