//! Chooses where a request goes by one of its headers.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use serde_json::Value;
use std::rc::Rc;

/// What happens to a request that has a header.
pub struct Rule {
    header: String,
    /// Any where it is not given.
    value: Option<String>,
    set: Vec<(String, String)>,
    path_prefix: Option<String>,
}

pub fn parse(configuration: &[u8]) -> Result<Vec<Rule>, String> {
    let read: Value = serde_json::from_slice(configuration).map_err(|error| error.to_string())?;
    let rules = read["rules"].as_array().ok_or("there are no rules")?;
    rules.iter().map(rule).collect()
}

fn rule(read: &Value) -> Result<Rule, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let set = read["set"].as_object().map(|set| {
        set.iter()
            .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
            .collect()
    });
    Ok(Rule {
        header: text(&read["header"]).ok_or("a rule has no header")?,
        value: text(&read["value"]),
        set: set.unwrap_or_default(),
        path_prefix: text(&read["pathPrefix"]),
    })
}

pub struct HeaderRouting {
    rules: Rc<Vec<Rule>>,
}

impl HeaderRouting {
    pub fn new(rules: Rc<Vec<Rule>>) -> Self {
        HeaderRouting { rules }
    }

    fn matches(&self, rule: &Rule) -> bool {
        match (self.get_http_request_header(&rule.header), &rule.value) {
            (Some(value), Some(wanted)) => value == *wanted,
            (found, _) => found.is_some(),
        }
    }
}

impl Context for HeaderRouting {}

impl HttpContext for HeaderRouting {
    fn on_http_request_headers(&mut self, _count: usize, _is_end: bool) -> Action {
        let Some(rule) = self.rules.iter().find(|rule| self.matches(rule)) else {
            return Action::Continue;
        };
        for (name, value) in &rule.set {
            self.set_http_request_header(name, Some(value));
        }
        if let Some(prefix) = &rule.path_prefix {
            let path = self.get_http_request_header(":path").unwrap_or_default();
            self.set_http_request_header(":path", Some(&format!("{prefix}{path}")));
        }
        if let Err(status) = self.call_foreign_function("clear_route_cache", None) {
            log::error!("a request keeps its route: {status:?}");
        }
        Action::Continue
    }
}
