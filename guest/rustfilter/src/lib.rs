//! Two of examples/filters in Rust, by the crate proxy-wasm that other people's filters are made of. The root_id says
//! which: `hello-header`, or `header-routing`, configured as the one in Go.

mod header_routing;
mod hello_header;

use header_routing::{HeaderRouting, Rule};
use hello_header::HelloHeader;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, LogLevel};
use std::rc::Rc;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Plugin::HelloHeader));
}}

/// What it is turns out when it is configured: before that the host is not to be asked.
enum Plugin {
    HelloHeader,
    HeaderRouting(Rc<Vec<Rule>>),
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        let root_id = self
            .get_property(vec!["plugin_root_id"])
            .unwrap_or_default();
        match root_id.as_slice() {
            b"hello-header" => true,
            b"header-routing" => {
                let configuration = self.get_plugin_configuration().unwrap_or_default();
                match header_routing::parse(&configuration) {
                    Ok(rules) => {
                        *self = Plugin::HeaderRouting(Rc::new(rules));
                        true
                    }
                    Err(reason) => {
                        log::error!("{reason}");
                        false
                    }
                }
            }
            other => {
                log::error!(
                    "no plugin has the root_id {:?}",
                    String::from_utf8_lossy(other)
                );
                false
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(match self {
            Plugin::HelloHeader => Box::new(HelloHeader),
            Plugin::HeaderRouting(rules) => Box::new(HeaderRouting::new(rules.clone())),
        })
    }
}
