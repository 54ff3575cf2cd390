import type { LogEntry } from './log-entry.ts'

/** One line, with its line feed. It holds no other control character, whatever the exchange had in it. */
export type AccessLogFormatter = (entry: LogEntry) => string
