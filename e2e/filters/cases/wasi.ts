// What a filter has of WASI.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

export const WASI_CASES: readonly FilterCase[] = [
  httpCase('wasi/environment', 'request_headers environ', {
    filter: { vmId: 'environment', environment: { CASE_ONE: '1', CASE_TWO: 'two words' } },
  }),
  httpCase('wasi/no-environment', 'request_headers environ'),
  httpCase('wasi/arguments', 'request_headers args'),
  httpCase(
    'wasi/clocks',
    'request_headers clock 0\nrequest_headers clock 1\nrequest_headers clock 2\nrequest_headers clock 3\nrequest_headers clock 9',
  ),
  httpCase('wasi/random', 'request_headers random 16\nrequest_headers random 0'),
  httpCase(
    'wasi/output',
    'request_headers fd_write 1 ~stdout%0a\nrequest_headers fd_write 2 ~stderr%0a\nrequest_headers fd_write 1 ~without-line-break\nrequest_headers fd_write 1 -\nrequest_headers fd_write 0 ~stdin\nrequest_headers fd_write 3 ~three',
  ),
  httpCase('wasi/two-lines-at-once', 'request_headers fd_write 1 ~one%0a~two%0a'),
  httpCase(
    'wasi/files',
    'request_headers fd_read 0\nrequest_headers fd_read 3\nrequest_headers fd_seek 1\nrequest_headers fd_close 1\nrequest_headers fd_fdstat_get 1\nrequest_headers fd_fdstat_get 2\nrequest_headers fd_fdstat_get 0\nrequest_headers fd_fdstat_get 3',
    { filter: { vmId: 'files' } },
  ),
  httpCase(
    'wasi/paths',
    'request_headers fd_prestat_get 3\nrequest_headers fd_prestat_dir_name 3\nrequest_headers path_open 3 /etc/passwd\nrequest_headers path_filestat_get 3 /etc/passwd',
    { filter: { vmId: 'paths' } },
  ),
  httpCase('wasi/waiting', 'request_headers poll_oneoff\nrequest_headers sched_yield', {
    filter: { vmId: 'waiting' },
  }),
  httpCase('wasi/exit', 'request_headers proc_exit 0', { filter: { vmId: 'exit' } }),
  httpCase('wasi/exit-with-a-code', 'request_headers proc_exit 3', { filter: { vmId: 'exit-code' } }),
  httpCase('wasi/pointers-that-lead-nowhere', 'request_headers wasi_wild', { filter: { vmId: 'wasi-wild' } }),
]
