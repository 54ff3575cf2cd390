//! The calls of the host as the ABI has them, so that each status is seen: the crate panics for some.
use std::cell::Cell;

#[link(wasm_import_module = "env")]
extern "C" {
    pub fn proxy_log(level: u32, data: u32, size: u32) -> u32;
    pub fn proxy_get_log_level(level: u32) -> u32;
    pub fn proxy_get_current_time_nanoseconds(time: u32) -> u32;
    pub fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    pub fn proxy_done() -> u32;
    pub fn proxy_set_effective_context(context: u32) -> u32;
    pub fn proxy_get_buffer_bytes(kind: u32, start: u32, size: u32, data: u32, data_size: u32) -> u32;
    pub fn proxy_set_buffer_bytes(kind: u32, start: u32, size: u32, data: u32, data_size: u32) -> u32;
    pub fn proxy_get_buffer_status(kind: u32, size: u32, flags: u32) -> u32;
    pub fn proxy_get_header_map_size(map: u32, size: u32) -> u32;
    pub fn proxy_get_header_map_pairs(map: u32, data: u32, size: u32) -> u32;
    pub fn proxy_set_header_map_pairs(map: u32, data: u32, size: u32) -> u32;
    pub fn proxy_get_header_map_value(map: u32, key: u32, key_size: u32, data: u32, size: u32) -> u32;
    pub fn proxy_add_header_map_value(map: u32, key: u32, key_size: u32, data: u32, size: u32) -> u32;
    pub fn proxy_replace_header_map_value(map: u32, key: u32, key_size: u32, data: u32, size: u32) -> u32;
    pub fn proxy_remove_header_map_value(map: u32, key: u32, key_size: u32) -> u32;
    pub fn proxy_continue_stream(stream: u32) -> u32;
    pub fn proxy_close_stream(stream: u32) -> u32;
    pub fn proxy_get_status(code: u32, data: u32, size: u32) -> u32;
    pub fn proxy_send_local_response(
        status: u32, details: u32, details_size: u32, body: u32, body_size: u32, fields: u32, fields_size: u32, grpc: i32,
    ) -> u32;
    pub fn proxy_http_call(
        upstream: u32, upstream_size: u32, headers: u32, headers_size: u32, body: u32, body_size: u32, trailers: u32,
        trailers_size: u32, timeout: u32, token: u32,
    ) -> u32;
    pub fn proxy_grpc_call(
        upstream: u32, upstream_size: u32, service: u32, service_size: u32, method: u32, method_size: u32, metadata: u32,
        metadata_size: u32, message: u32, message_size: u32, timeout: u32, token: u32,
    ) -> u32;
    pub fn proxy_grpc_stream(
        upstream: u32, upstream_size: u32, service: u32, service_size: u32, method: u32, method_size: u32, metadata: u32,
        metadata_size: u32, token: u32,
    ) -> u32;
    pub fn proxy_grpc_send(token: u32, data: u32, size: u32, is_end: u32) -> u32;
    pub fn proxy_grpc_cancel(token: u32) -> u32;
    pub fn proxy_grpc_close(token: u32) -> u32;
    pub fn proxy_get_shared_data(key: u32, key_size: u32, data: u32, size: u32, cas: u32) -> u32;
    pub fn proxy_set_shared_data(key: u32, key_size: u32, data: u32, size: u32, cas: u32) -> u32;
    pub fn proxy_register_shared_queue(name: u32, name_size: u32, token: u32) -> u32;
    pub fn proxy_resolve_shared_queue(vm: u32, vm_size: u32, name: u32, name_size: u32, token: u32) -> u32;
    pub fn proxy_enqueue_shared_queue(token: u32, data: u32, size: u32) -> u32;
    pub fn proxy_dequeue_shared_queue(token: u32, data: u32, size: u32) -> u32;
    pub fn proxy_define_metric(kind: u32, name: u32, name_size: u32, metric: u32) -> u32;
    pub fn proxy_record_metric(metric: u32, value: u64) -> u32;
    pub fn proxy_increment_metric(metric: u32, offset: i64) -> u32;
    pub fn proxy_get_metric(metric: u32, value: u32) -> u32;
    pub fn proxy_get_property(path: u32, path_size: u32, data: u32, size: u32) -> u32;
    pub fn proxy_set_property(path: u32, path_size: u32, data: u32, size: u32) -> u32;
    pub fn proxy_call_foreign_function(
        name: u32, name_size: u32, arguments: u32, arguments_size: u32, data: u32, size: u32,
    ) -> u32;
}

/// A number that the host writes.
pub struct Written<T>(Cell<T>);

impl<T: Copy> Written<T> {
    /// With what it is while nobody has written it.
    pub fn new(value: T) -> Written<T> {
        Written(Cell::new(value))
    }

    /// Where it is, for a call.
    pub fn place(&self) -> u32 {
        self.0.as_ptr() as u32
    }

    pub fn get(&self) -> T {
        self.0.get()
    }
}

/// What a call has given that allocates it in the guest.
pub struct Given {
    pub data: Written<u32>,
    pub size: Written<u32>,
}

impl Given {
    pub fn new() -> Given {
        Given { data: Written::new(0), size: Written::new(0) }
    }

    /// Takes what was given. Nothing where the host wrote no address.
    pub fn bytes(self) -> Vec<u8> {
        let (data, size) = (self.data.get(), self.size.get() as usize);
        if data == 0 {
            return Vec::new();
        }
        unsafe { Vec::from_raw_parts(data as *mut u8, size, size) }
    }
}

/// Where bytes are, and how many.
pub fn span(bytes: &[u8]) -> (u32, u32) {
    (bytes.as_ptr() as u32, bytes.len() as u32)
}
