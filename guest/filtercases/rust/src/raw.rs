//! Any call with any numbers: pointers that lead nowhere, and kinds that are none.
use crate::host::*;

pub fn call(name: &str, number: &dyn Fn(usize) -> i64) -> u32 {
    let a = |index: usize| number(index) as u32;
    unsafe {
        match name {
            "log" => proxy_log(a(0), a(1), a(2)),
            "get_log_level" => proxy_get_log_level(a(0)),
            "get_current_time_nanoseconds" => proxy_get_current_time_nanoseconds(a(0)),
            "set_tick_period_milliseconds" => proxy_set_tick_period_milliseconds(a(0)),
            "get_buffer_bytes" => proxy_get_buffer_bytes(a(0), a(1), a(2), a(3), a(4)),
            "set_buffer_bytes" => proxy_set_buffer_bytes(a(0), a(1), a(2), a(3), a(4)),
            "get_buffer_status" => proxy_get_buffer_status(a(0), a(1), a(2)),
            "get_header_map_size" => proxy_get_header_map_size(a(0), a(1)),
            "get_header_map_pairs" => proxy_get_header_map_pairs(a(0), a(1), a(2)),
            "set_header_map_pairs" => proxy_set_header_map_pairs(a(0), a(1), a(2)),
            "get_header_map_value" => proxy_get_header_map_value(a(0), a(1), a(2), a(3), a(4)),
            "add_header_map_value" => proxy_add_header_map_value(a(0), a(1), a(2), a(3), a(4)),
            "replace_header_map_value" => proxy_replace_header_map_value(a(0), a(1), a(2), a(3), a(4)),
            "remove_header_map_value" => proxy_remove_header_map_value(a(0), a(1), a(2)),
            "continue_stream" => proxy_continue_stream(a(0)),
            "close_stream" => proxy_close_stream(a(0)),
            "get_status" => proxy_get_status(a(0), a(1), a(2)),
            "send_local_response" => {
                proxy_send_local_response(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7) as i32)
            }
            "http_call" => proxy_http_call(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9)),
            "grpc_call" => {
                proxy_grpc_call(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9), a(10), a(11))
            }
            "grpc_stream" => proxy_grpc_stream(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8)),
            "grpc_send" => proxy_grpc_send(a(0), a(1), a(2), a(3)),
            "grpc_cancel" => proxy_grpc_cancel(a(0)),
            "grpc_close" => proxy_grpc_close(a(0)),
            "get_shared_data" => proxy_get_shared_data(a(0), a(1), a(2), a(3), a(4)),
            "set_shared_data" => proxy_set_shared_data(a(0), a(1), a(2), a(3), a(4)),
            "register_shared_queue" => proxy_register_shared_queue(a(0), a(1), a(2)),
            "resolve_shared_queue" => proxy_resolve_shared_queue(a(0), a(1), a(2), a(3), a(4)),
            "enqueue_shared_queue" => proxy_enqueue_shared_queue(a(0), a(1), a(2)),
            "dequeue_shared_queue" => proxy_dequeue_shared_queue(a(0), a(1), a(2)),
            "define_metric" => proxy_define_metric(a(0), a(1), a(2), a(3)),
            "record_metric" => proxy_record_metric(a(0), number(1) as u64),
            "increment_metric" => proxy_increment_metric(a(0), number(1)),
            "get_metric" => proxy_get_metric(a(0), a(1)),
            "get_property" => proxy_get_property(a(0), a(1), a(2), a(3)),
            "set_property" => proxy_set_property(a(0), a(1), a(2), a(3)),
            "call_foreign_function" => proxy_call_foreign_function(a(0), a(1), a(2), a(3), a(4), a(5)),
            "set_effective_context" => proxy_set_effective_context(a(0)),
            "done" => proxy_done(),
            _ => panic!("no call {name}"),
        }
    }
}
