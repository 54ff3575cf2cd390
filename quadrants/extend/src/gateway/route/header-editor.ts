import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { LogEntry } from '../access-log/log-entry.ts'

/** Removes, sets and adds the fields that a route says. Values may speak of the exchange as far as it is known. */
export type HeaderEditor = (headers: HeaderMap, entry: LogEntry) => void
