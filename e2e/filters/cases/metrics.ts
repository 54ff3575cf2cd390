// Counters, gauges and histograms.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

export const METRIC_CASES: readonly FilterCase[] = [
  httpCase(
    'metrics/counter',
    'request_headers define_metric 0 mc_hits >hits\nrequest_headers increment $hits 1\nrequest_headers increment $hits 41\nrequest_headers metric $hits',
    { metrics: ['mc_hits'] },
  ),
  httpCase(
    'metrics/counter-down',
    'request_headers define_metric 0 mcd_hits >hits\nrequest_headers increment $hits 5\nrequest_headers increment $hits -2\nrequest_headers increment $hits 0\nrequest_headers metric $hits',
    { metrics: ['mcd_hits'] },
  ),
  httpCase(
    'metrics/counter-recorded',
    'request_headers define_metric 0 mcr_hits >hits\nrequest_headers record $hits 10\nrequest_headers record $hits 5\nrequest_headers metric $hits',
    { metrics: ['mcr_hits'] },
  ),
  httpCase(
    'metrics/gauge',
    'request_headers define_metric 1 mg_level >level\nrequest_headers record $level 10\nrequest_headers increment $level 5\nrequest_headers increment $level -3\nrequest_headers metric $level',
    { metrics: ['mg_level'] },
  ),
  httpCase(
    'metrics/gauge-below-zero',
    'request_headers define_metric 1 mgz_level >level\nrequest_headers record $level 1\nrequest_headers increment $level -3\nrequest_headers metric $level',
  ),
  httpCase(
    'metrics/histogram',
    'request_headers define_metric 2 mh_size >size\nrequest_headers record $size 10\nrequest_headers record $size 20\nrequest_headers increment $size 1\nrequest_headers metric $size',
  ),
  httpCase(
    'metrics/no-such-kind',
    'request_headers define_metric 3 mn_none >none\nrequest_headers define_metric 99 mn_none',
  ),
  httpCase(
    'metrics/unknown',
    'request_headers increment 999999 1\nrequest_headers record 999999 1\nrequest_headers metric 999999\nrequest_headers increment 0 1\nrequest_headers record 0 1\nrequest_headers metric 0',
  ),
  httpCase(
    'metrics/defined-twice',
    'request_headers define_metric 0 mt_hits >one\nrequest_headers increment $one 3\nrequest_headers define_metric 0 mt_hits >two\nrequest_headers increment $two 4\nrequest_headers metric $one\nrequest_headers metric $two',
    { metrics: ['mt_hits'] },
  ),
  httpCase(
    'metrics/defined-as-another-kind',
    'request_headers define_metric 0 mk_name >one\nrequest_headers increment $one 3\nrequest_headers define_metric 1 mk_name >two\nrequest_headers record $two 4\nrequest_headers metric $one\nrequest_headers metric $two',
  ),
  httpCase('metrics/empty-name', 'request_headers define_metric 0 - >one\nrequest_headers increment $one 1'),
  httpCase(
    'metrics/defined-in-configure',
    'configure define_metric 0 md_hits >hits\nrequest_headers increment $hits 1\nlog metric $hits',
    { times: 3, metrics: ['md_hits'] },
  ),
  httpCase(
    'metrics/across-root-ids',
    'configure define_metric 0 ma_hits >hits\nrequest_headers increment $hits 1',
    {
      filter: { rootId: 'first' },
      others: [
        {
          script:
            'configure define_metric 0 ma_hits >hits\nrequest_headers increment $hits 1\nrequest_headers metric $hits',
          rootId: 'second',
        },
      ],
      metrics: ['ma_hits'],
    },
  ),
]
