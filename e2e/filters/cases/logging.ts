// Log lines and their levels, clocks, and what a filter may ask at any time.
import type { FilterCase } from '../filter-case.ts'
import { httpCase } from './http-case.ts'

export const LOGGING_CASES: readonly FilterCase[] = [
  httpCase(
    'logging/levels',
    Array.from({ length: 8 }, (_, level) => `request_headers log ${level} ~at-${level}`).join('\n'),
  ),
  httpCase(
    'logging/empty-and-long',
    'request_headers log 2 -\nrequest_headers log 2 ~rep:2000:l\nrequest_headers log 2 ~+rep:2000:l',
  ),
  httpCase('logging/odd-bytes', 'request_headers log 2 ~a%09b%c3%a9'),
  httpCase('logging/level', 'request_headers log_level\nconfigure log_level'),
  httpCase('logging/clock', 'request_headers now\nconfigure now'),
  httpCase('logging/in-configure', 'configure log 3 ~warned'),
]
