import pino, { type Logger } from 'pino'

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'fatal'>

/** JSON lines on standard error, written at once: there are few, and the last ones before an end matter most. */
export function openLog(): Logger {
  return pino({ name: 'agent', base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }))
}
