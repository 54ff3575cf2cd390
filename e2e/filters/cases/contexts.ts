// The life of contexts: done later, effective contexts, ticks.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

export const CONTEXT_CASES: readonly FilterCase[] = [
  httpCase('contexts/vm-start', '', {
    filter: {
      vmId: 'vm-start',
      vmScript:
        'vm_start buffer 6 0 20\nvm_start buffer 7 0 20\nvm_start buffer_status 6\nvm_start property plugin_vm_id\nvm_start property plugin_root_id\nvm_start log 2 ~started\nvm_start now\nvm_start effective 1',
    },
  }),
  httpCase(
    'contexts/done-later',
    'request_headers self >stream\ndone refuse\nlog tick_period 500\ntick effective $stream\ntick done\ntick tick_period 0',
    { goesOnUntil: / delete$/m },
  ),
  httpCase('contexts/done-without-waiting', 'request_headers done\ndone done'),
  httpCase('contexts/done-never', 'done refuse', { lingerMs: 350 }),
  httpCase('contexts/done-in-configure', 'configure done'),
  httpCase(
    'contexts/effective',
    'configure self >root\nrequest_headers self >stream\nrequest_headers effective $root\nrequest_headers value 0 :path\nrequest_headers property request/path\nrequest_headers effective $stream\nrequest_headers value 0 :path',
  ),
  httpCase(
    'contexts/effective-that-is-none',
    'request_headers effective 999999\nrequest_headers value 0 :path\nrequest_headers effective 0',
  ),
  httpCase(
    'contexts/effective-that-is-over',
    'request_headers#1 self >stream\nlog tick_period 500\ntick effective $stream\ntick value 0 :path\ntick tick_period 0',
    { goesOnUntil: /tick_period 0 = / },
  ),
  httpCase(
    'contexts/effective-of-another-stream',
    'request_headers self >stream\nrequest_headers tick_period 500\nrequest_headers pause\ntick value 0 :path\ntick effective $stream\ntick value 0 :path\ntick property request/path\ntick continue 0\ntick tick_period 0',
  ),
  httpCase(
    'contexts/effective-does-not-last',
    'configure self >root\nrequest_headers effective $root\nresponse_headers value 2 :status',
  ),
  httpCase('contexts/tick', 'configure tick_period 500\ntick#1 value 0 :path\ntick#2 tick_period 0', {
    goesOnUntil: /tick_period 0 = /,
  }),
  httpCase('contexts/tick-stopped', 'request_headers tick_period 500\nrequest_headers tick_period 0', {
    lingerMs: 450,
  }),
  httpCase('contexts/tick-from-stream', 'request_headers tick_period 500\ntick tick_period 0', {
    goesOnUntil: /tick_period 0 = /,
  }),
  httpCase('contexts/status-outside-of-calls', 'request_headers status\nconfigure status'),
  httpCase('contexts/two-exchanges', 'request_headers value 0 x-number', { times: 2 }),
  httpCase('contexts/two-plugins-of-one-vm', 'request_headers property plugin_root_id', {
    filter: { rootId: 'first' },
    others: [{ script: 'request_headers property plugin_root_id', rootId: 'second' }],
  }),
]

/** What no host starts with, also where requests would go on without the filter. */
export const REFUSED_CASES: readonly FilterCase[] = [
  httpCase('contexts/refused-configuration', 'configure refuse', {
    filter: { vmId: 'refused', isFailOpen: true },
  }),
  httpCase('contexts/refused-vm', '', {
    filter: { vmId: 'refused-vm', vmScript: 'vm_start refuse', isFailOpen: true },
  }),
  httpCase('contexts/trap-in-configure', 'configure trap', { filter: { vmId: 'trap-in-configure' } }),
  httpCase('contexts/trap-in-vm-start', '', {
    filter: { vmId: 'trap-in-vm-start', vmScript: 'vm_start trap' },
  }),
]
