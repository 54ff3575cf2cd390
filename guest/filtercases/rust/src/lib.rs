//! A filter that does what its configuration says, and writes down what it sees of it. One script is a case of
//! e2e/filters; guest/filtercases/go does the same with the SDK for Go.
mod answer;
mod filter;
mod host;
mod operation;
mod raw;
mod script;
mod wasi;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(filter::new_root);
}}

/// Writes a line of the transcript.
fn say(line: &str) {
    let _ = proxy_wasm::hostcalls::log(proxy_wasm::types::LogLevel::Info, &format!("~ {line}"));
}
