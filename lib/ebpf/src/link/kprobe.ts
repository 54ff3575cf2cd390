import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { cString } from '../sys/c-string.ts'
import { openPerfEvent } from '../sys/perf-event.ts'
import type { Link } from './link.ts'
import { linkPerfEvent } from './perf-event.ts'

const DEVICE = '/sys/bus/event_source/devices/kprobe'

export interface KprobeOptions {
  /** When the function returns, in place of when it is called. Default false. */
  readonly atReturn?: boolean
}

/**
 * A kprobe program at a kernel function.
 *
 * @throws {EbpfError} `not-found` when there is no such function, `unsupported` on kernels without kprobes
 */
export function attachKprobe(programFd: number, symbol: string, options: KprobeOptions = {}): Link {
  const eventFd = openPerfEvent({
    type: deviceType(),
    config: options.atReturn ? 1 << returnBit() : 0,
    name: cString(symbol),
    doing: `attach to function ${symbol}`,
  })
  return linkPerfEvent(programFd, eventFd)
}

function deviceType(): number {
  try {
    return Number(readFileSync(`${DEVICE}/type`, 'latin1'))
  } catch (cause) {
    throw new EbpfError('unsupported', 'this kernel has no kprobes (CONFIG_KPROBE_EVENTS)', { cause })
  }
}

/** `config:0` in the device's description. */
function returnBit(): number {
  const bit = /config:(\d+)/.exec(readFileSync(`${DEVICE}/format/retprobe`, 'latin1'))?.[1]
  return Number(bit ?? 0)
}
