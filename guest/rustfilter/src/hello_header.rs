//! Every response has a header more.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

pub struct HelloHeader;

impl Context for HelloHeader {}

impl HttpContext for HelloHeader {
    fn on_http_response_headers(&mut self, _count: usize, _is_end: bool) -> Action {
        self.set_http_response_header("x-envoy-wasm", Some("true"));
        Action::Continue
    }
}
