// Shared data and queues: who sees what of whom.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

export const SHARED_STATE_CASES: readonly FilterCase[] = [
  httpCase(
    'shared-data/get-and-set',
    `request_headers get_shared gs-none
     request_headers set_shared gs-key value 0
     request_headers get_shared gs-key >cas
     request_headers set_shared gs-key other $cas
     request_headers get_shared gs-key
     request_headers set_shared gs-key stale $cas
     request_headers get_shared gs-key
     request_headers set_shared gs-key forced 0
     request_headers get_shared gs-key`,
  ),
  httpCase(
    'shared-data/wrong-cas',
    `request_headers set_shared wc-new value 12345
     request_headers get_shared wc-new
     request_headers set_shared wc-new value 0
     request_headers set_shared wc-new other 4294967295
     request_headers get_shared wc-new`,
  ),
  httpCase(
    'shared-data/empty-and-odd',
    `request_headers set_shared eo-empty - 0
     request_headers get_shared eo-empty
     request_headers set_shared - nameless 0
     request_headers get_shared -
     request_headers set_shared eo%00zero a%00b 0
     request_headers get_shared eo%00zero
     request_headers get_shared eo
     request_headers set_shared eo-large rep:100000:l 0
     request_headers get_shared eo-large`,
  ),
  httpCase(
    'shared-data/in-configure',
    'configure set_shared ic-key c 0\nrequest_headers get_shared ic-key\nlog get_shared ic-key\ndone set_shared ic-key d 0',
  ),
  httpCase(
    'shared-data/across-exchanges',
    'request_headers get_shared ae-key\nrequest_headers set_shared ae-key seen 0',
    { times: 2 },
  ),
  httpCase('shared-data/across-root-ids', 'request_headers set_shared ar-key of-first 0', {
    filter: { rootId: 'first' },
    others: [{ script: 'request_headers get_shared ar-key', rootId: 'second' }],
  }),
  httpCase('shared-data/across-vm-ids', 'request_headers set_shared av-key of-first 0', {
    others: [{ script: 'request_headers get_shared av-key', rootId: 'second', vmId: 'another' }],
  }),
  httpCase('shared-data/across-empty-vm-id', 'request_headers set_shared ev-key of-first 0', {
    others: [{ script: 'request_headers get_shared ev-key', rootId: 'second', vmId: 'yet-another' }],
  }),
  httpCase(
    'queues/register-and-use',
    `log register_queue ru-queue >queue
     log dequeue $queue
     log enqueue $queue first
     log enqueue $queue second
     log dequeue $queue
     log dequeue $queue
     log dequeue $queue`,
    { goesOnUntil: /queue_ready[^]*queue_ready/ },
  ),
  httpCase(
    'queues/same-name-is-the-same',
    `log register_queue sn-queue >one
     log register_queue sn-queue >two
     log enqueue $one text
     log dequeue $two`,
    { goesOnUntil: /queue_ready/ },
  ),
  httpCase(
    'queues/unknown',
    `log dequeue 999999
     log enqueue 999999 text
     log resolve_queue cases no-such-queue
     log resolve_queue no-such-vm no-such-queue
     log resolve_queue - -`,
  ),
  httpCase(
    'queues/resolve-own',
    `configure register_queue ro-queue >own
     log resolve_queue cases ro-queue >found
     log enqueue $found text
     queue_ready dequeue $own
     queue_ready dequeue $own`,
    { goesOnUntil: /queue_ready[^]*dequeue[^]*dequeue/ },
  ),
  httpCase(
    'queues/ready',
    'configure register_queue qr-queue >queue\nlog enqueue $queue one\nlog enqueue $queue two\nqueue_ready dequeue $queue',
    { goesOnUntil: /queue_ready[^]*queue_ready[^]*dequeue/ },
  ),
  httpCase(
    'queues/ready-of-another-vm',
    'log resolve_queue consumer ra-queue >queue\nlog enqueue $queue across',
    {
      others: [
        {
          script:
            'configure register_queue ra-queue >queue\nqueue_ready dequeue $queue\nqueue_ready dequeue $queue',
          rootId: 'consumer',
          vmId: 'consumer',
          isAside: true,
        },
      ],
      goesOnUntil: /queue_ready[^]*dequeue[^]*dequeue/,
    },
  ),
  httpCase(
    'queues/empty-and-large',
    'log register_queue el-queue >queue\nlog enqueue $queue -\nlog enqueue $queue rep:100000:q\nlog dequeue $queue\nlog dequeue $queue',
    { goesOnUntil: /queue_ready[^]*queue_ready/ },
  ),
  httpCase(
    'queues/registered-by-two-roots',
    'configure register_queue rt-queue >queue\nlog enqueue $queue one\nqueue_ready dequeue $queue',
    {
      filter: { rootId: 'first' },
      others: [
        { script: 'configure register_queue rt-queue >queue\nqueue_ready dequeue $queue', rootId: 'second' },
      ],
      goesOnUntil: /queue_ready[^]*dequeue/,
    },
  ),
]
