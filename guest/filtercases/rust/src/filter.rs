//! The callbacks, as the crate has them: each is written down, then does what the script says.
use crate::operation::{run, Outcome};
use crate::say;
use crate::script::Script;
use proxy_wasm::traits::{Context, HttpContext, RootContext, StreamContext};
use proxy_wasm::types::{Action, ContextType, PeerType};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

pub fn new_root(id: u32) -> Box<dyn RootContext> {
    Box::new(Filter::new(id, true, Rc::default()))
}

struct Filter {
    id: u32,
    is_root: bool,
    script: Rc<Script>,
    times: RefCell<HashMap<String, u32>>,
}

impl Filter {
    fn new(id: u32, is_root: bool, script: Rc<Script>) -> Filter {
        Filter { id, is_root, script, times: RefCell::default() }
    }

    fn child(&self, id: u32) -> Filter {
        Filter::new(id, false, self.script.clone())
    }

    fn name(&self) -> String {
        if self.is_root { "root".into() } else { format!("#{}", self.id) }
    }

    fn told(&self, callback: &str, what: &str) -> Outcome {
        let time = {
            let mut times = self.times.borrow_mut();
            let time = times.entry(callback.into()).or_insert(0);
            *time += 1;
            *time
        };
        say(format!("{} {callback} {what}", self.name()).trim_end());
        let mut outcome = Outcome::default();
        for text in self.script.at(callback, time) {
            run(&self.script, self.id, text, &mut outcome);
        }
        outcome
    }

    fn action(&self, callback: &str, what: &str) -> Action {
        if self.told(callback, what).is_paused { Action::Pause } else { Action::Continue }
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        self.told("delete", "");
    }
}

impl Context for Filter {
    fn on_http_call_response(&mut self, _: u32, headers: usize, body: usize, trailers: usize) {
        self.told("http_call_response", &format!("headers={headers} body={body} trailers={trailers}"));
    }

    fn on_grpc_call_response(&mut self, _: u32, code: u32, size: usize) {
        if code == 0 {
            self.told("grpc_message", &size.to_string());
        } else {
            self.told("grpc_close", &code.to_string());
        }
    }

    fn on_grpc_stream_initial_metadata(&mut self, _: u32, count: u32) {
        self.told("grpc_initial_metadata", &count.to_string());
    }

    fn on_grpc_stream_message(&mut self, _: u32, size: usize) {
        self.told("grpc_message", &size.to_string());
    }

    fn on_grpc_stream_trailing_metadata(&mut self, _: u32, count: u32) {
        self.told("grpc_trailing_metadata", &count.to_string());
    }

    fn on_grpc_stream_close(&mut self, _: u32, code: u32) {
        self.told("grpc_close", &code.to_string());
    }

    fn on_foreign_function(&mut self, function: u32, size: usize) {
        self.told("foreign_function", &format!("{function} {size}"));
    }

    fn on_done(&mut self) -> bool {
        !self.told("done", "").is_refused
    }
}

impl RootContext for Filter {
    fn on_vm_start(&mut self, size: usize) -> bool {
        if size == 0 {
            return true;
        }
        let text = self.get_vm_configuration().unwrap_or_default();
        self.script = Rc::new(Script::parse(&String::from_utf8_lossy(&text)));
        !self.told("vm_start", &format!("whole={}", text.len() == size)).is_refused
    }

    fn on_configure(&mut self, size: usize) -> bool {
        let text = self.get_plugin_configuration().unwrap_or_default();
        self.script = Rc::new(Script::parse(&String::from_utf8_lossy(&text)));
        !self.told("configure", &format!("whole={}", text.len() == size)).is_refused
    }

    fn on_tick(&mut self) {
        self.told("tick", "");
    }

    fn on_queue_ready(&mut self, _: u32) {
        self.told("queue_ready", "");
    }

    fn on_log(&mut self) {
        self.told("log", "");
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(self.child(id)))
    }

    fn create_stream_context(&self, id: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(self.child(id)))
    }

    fn get_type(&self) -> Option<ContextType> {
        let is_tcp = self.script.at("filter", 0).any(|word| word == "tcp");
        Some(if is_tcp { ContextType::StreamContext } else { ContextType::HttpContext })
    }
}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, count: usize, is_end: bool) -> Action {
        self.action("request_headers", &format!("{count} end={is_end}"))
    }

    fn on_http_request_body(&mut self, size: usize, is_end: bool) -> Action {
        self.action("request_body", &format!("{size} end={is_end}"))
    }

    fn on_http_request_trailers(&mut self, count: usize) -> Action {
        self.action("request_trailers", &count.to_string())
    }

    fn on_http_response_headers(&mut self, count: usize, is_end: bool) -> Action {
        self.action("response_headers", &format!("{count} end={is_end}"))
    }

    fn on_http_response_body(&mut self, size: usize, is_end: bool) -> Action {
        self.action("response_body", &format!("{size} end={is_end}"))
    }

    fn on_http_response_trailers(&mut self, count: usize) -> Action {
        self.action("response_trailers", &count.to_string())
    }

    fn on_log(&mut self) {
        self.told("log", "");
    }
}

impl StreamContext for Filter {
    fn on_new_connection(&mut self) -> Action {
        self.action("new_connection", "")
    }

    fn on_downstream_data(&mut self, size: usize, is_end: bool) -> Action {
        self.action("downstream_data", &format!("{size} end={is_end}"))
    }

    fn on_downstream_close(&mut self, by: PeerType) {
        self.told("downstream_close", &format!("{:?}", by).to_lowercase());
    }

    fn on_upstream_data(&mut self, size: usize, is_end: bool) -> Action {
        self.action("upstream_data", &format!("{size} end={is_end}"))
    }

    fn on_upstream_close(&mut self, by: PeerType) {
        self.told("upstream_close", &format!("{:?}", by).to_lowercase());
    }

    fn on_log(&mut self) {
        self.told("log", "");
    }
}
