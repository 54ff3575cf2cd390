// Every call with pointers that lead out of the memory (`!`), in each of its places.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

const CALLS: Readonly<Record<string, readonly string[]>> = {
  log: ['2 ! 4', '2 @ 4294967295', '9 ! 4'],
  get_log_level: ['!'],
  get_current_time_nanoseconds: ['!'],
  get_buffer_bytes: ['0 0 4 ! @', '0 0 4 @ !', '0 0 4 ! !'],
  set_buffer_bytes: ['0 0 0 ! 4', '0 0 0 @ 4294967295'],
  get_buffer_status: ['0 ! @', '0 @ !'],
  get_header_map_size: ['0 !'],
  get_header_map_pairs: ['0 ! @', '0 @ !'],
  set_header_map_pairs: ['3 ! 4', '3 @ 4294967295'],
  get_header_map_value: ['0 ! 4 @ @8', '0 @16 0 ! @8', '0 @16 5 ! @8', '0 @16 5 @ !'],
  add_header_map_value: ['0 ! 4 @ 4', '0 @ 4 ! 4'],
  replace_header_map_value: ['0 ! 4 @ 4', '0 @ 4 ! 4'],
  remove_header_map_value: ['0 ! 4'],
  get_status: ['! @ @8', '@ ! @8', '@ @8 !'],
  send_local_response: ['403 ! 4 @ 0 @ 0 -1', '403 @ 0 ! 4 @ 0 -1', '403 @ 0 @ 0 ! 4 -1'],
  http_call: [
    '! 4 @ 0 @ 0 @ 0 100 @',
    '@ 0 ! 4 @ 0 @ 0 100 @',
    '@ 0 @ 0 ! 4 @ 0 100 @',
    '@ 0 @ 0 @ 0 ! 4 100 @',
    '@ 0 @ 0 @ 0 @ 0 100 !',
  ],
  grpc_call: [
    '! 4 @ 0 @ 0 @ 0 @ 0 100 @',
    '@ 0 ! 4 @ 0 @ 0 @ 0 100 @',
    '@ 0 @ 0 ! 4 @ 0 @ 0 100 @',
    '@ 0 @ 0 @ 0 ! 4 @ 0 100 @',
    '@ 0 @ 0 @ 0 @ 0 ! 4 100 @',
  ],
  grpc_stream: ['! 4 @ 0 @ 0 @ 0 @', '@ 0 ! 4 @ 0 @ 0 @', '@ 0 @ 0 ! 4 @ 0 @', '@ 0 @ 0 @ 0 ! 4 @'],
  grpc_send: ['1 ! 4 0'],
  get_shared_data: ['! 4 @ @8 @16', '@24 5 ! @8 @16', '@24 5 @ ! @16', '@24 5 @ @8 !'],
  set_shared_data: ['! 4 @ 4 0', '@ 4 ! 4 0'],
  register_shared_queue: ['! 4 @', '@24 5 !'],
  resolve_shared_queue: ['! 4 @ 4 @', '@ 4 ! 4 @'],
  enqueue_shared_queue: ['999999 ! 4'],
  dequeue_shared_queue: ['999999 ! @', '999999 @ !'],
  define_metric: ['0 ! 4 @', '0 @24 5 !'],
  get_metric: ['0 !'],
  get_property: ['! 4 @ @8', '@32 11 ! @8', '@32 11 @ !'],
  set_property: ['! 4 @ 4', '@ 4 ! 4'],
  call_foreign_function: ['! 4 @ 0 @ @8', '@ 4 ! 4 @ @8', '@48 8 @ 1 ! @8', '@48 8 @ 1 @ !'],
}

/** At the places that the calls point to: a header's name at 16, a key at 24, a property at 32, a function at 48. */
const POKE = `poke hex:${'00'.repeat(16)}+x-one+hex:000000+w-key+hex:000000+plugin_name+hex:0000000000+compress`

export const WILD_POINTER_CASES: readonly FilterCase[] = Object.entries(CALLS).map(([call, calls]) =>
  httpCase(
    `wild-pointers/${call.replaceAll('_', '-')}`,
    [
      'request_headers set_shared w-key value 0',
      `request_headers ${POKE}`,
      ...calls.map((args) => `request_headers raw ${call} ${args.replaceAll(/@(?=\s|$)/g, '@1024')}`),
      'request_headers value 0 x-one',
    ].join('\n'),
    { request: { headers: [['x-one', '1']] } },
  ),
)
