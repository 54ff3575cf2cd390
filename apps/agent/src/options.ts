import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { FLOW_CAP_MAX, parseServiceRule, SYSTEM_DATA_DIR, type ServiceRule } from '@quadrant/proto'
import { JOURNAL_LIMIT_BYTES_DEFAULT, JOURNAL_LIMIT_BYTES_MIN } from './journal/limits.ts'

const SOURCES = ['auto', 'ebpf', 'proc'] as const
type Source = (typeof SOURCES)[number]

export interface AgentOptions {
  readonly data: string
  readonly source: Source
  /** 0: the tracer's default. */
  readonly flowCapPerSecond: number
  readonly udpBytes: boolean
  readonly messageTargets: readonly string[]
  readonly serviceRules: readonly ServiceRule[]
  readonly probesOff: boolean
  /** Globs. */
  readonly requestServices: readonly string[]
  readonly profilesOff: boolean
  /** Share of its CPU, 0 to 1; 0: the observer's default. */
  readonly probeShareMax: number
  readonly journalLimitBytes: number
  /** End when the process that started us does. */
  readonly isSupervised: boolean
  /** Set by the agent itself: privileges were given up and the process executed anew. */
  readonly isConfined: boolean
}

export const USAGE = `usage: agent [--data DIR] [--source auto|ebpf|proc] [--flow-cap N] [--udp-bytes]
             [--messages TARGET]... [--service RULE]... [--no-probes] [--no-profiles]
             [--requests SERVICE]... [--probe-budget PERCENT] [--journal-limit MIB] [--supervised]

  --data DIR           where the server's socket and the agent's journal are
  --source SOURCE      where connections are read from (auto: eBPF where the host allows it)
  --flow-cap N         most single flows told per second (5000; at most ${FLOW_CAP_MAX})
  --udp-bytes          count the bytes of UDP, at a cost for every message
  --messages TARGET    tell each send and receive of a process or service (* for all)
  --requests SERVICE   read the requests in the packets of a service (* for all)
  --service RULE       name what matches: NAME=FIELD:GLOB[,FIELD:GLOB]..., fields exe, arg, unit, container, cgroup
  --no-probes          place no probe in any process: collections of Go programs are not seen, nor requests
                       within their TLS
  --no-profiles        take no samples of what processors do
  --probe-budget PERCENT
                       most of its CPU that observing may cost a process before its probes are detached (1;
                       those that read its TLS 15)
  --journal-limit MIB  most disk that unsent frames and checkpoints take (64)
  --supervised         end when standard input or the parent process ends
  --help               this text
`

/** Options, or what to print instead: to standard output with exit code 0 (help), or to standard error with 2. */
export type ParsedOptions =
  | { readonly value: AgentOptions; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string; readonly isHelp: boolean }

export function parseOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  uid: number,
): ParsedOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        source: { type: 'string', default: 'auto' },
        'flow-cap': { type: 'string', default: '0' },
        'udp-bytes': { type: 'boolean', default: false },
        messages: { type: 'string', multiple: true, default: [] },
        requests: { type: 'string', multiple: true, default: [] },
        service: { type: 'string', multiple: true, default: [] },
        'no-probes': { type: 'boolean', default: false },
        'no-profiles': { type: 'boolean', default: false },
        'probe-budget': { type: 'string' },
        'journal-limit': { type: 'string', default: String(JOURNAL_LIMIT_BYTES_DEFAULT >> 20) },
        supervised: { type: 'boolean', default: false },
        confined: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) return { problem: USAGE, isHelp: true }
    const source = SOURCES.find((name) => name === values.source)
    if (!source) throw new Error(`--source takes ${SOURCES.join(', ')}, not '${values.source}'`)
    return {
      value: {
        data: values.data ?? defaultDataDirectory(environment, uid),
        source,
        flowCapPerSecond: wholeNumber('--flow-cap', values['flow-cap'], 0, FLOW_CAP_MAX),
        udpBytes: values['udp-bytes'],
        messageTargets: values.messages,
        serviceRules: values.service.map(parseServiceRule),
        probesOff: values['no-probes'],
        profilesOff: values['no-profiles'],
        requestServices: values.requests,
        probeShareMax:
          values['probe-budget'] === undefined
            ? 0
            : parsePercent('--probe-budget', values['probe-budget']) / 100,
        journalLimitBytes:
          wholeNumber('--journal-limit', values['journal-limit'], JOURNAL_LIMIT_BYTES_MIN >> 20, 1 << 20) *
          (1 << 20),
        isSupervised: values.supervised,
        isConfined: values.confined,
      },
    }
  } catch (error) {
    return { problem: `agent: ${(error as Error).message}\n\n${USAGE}`, isHelp: false }
  }
}

/** Where all of Quadrant's processes look when they are not told. */
function defaultDataDirectory(
  environment: Readonly<Record<string, string | undefined>>,
  uid: number,
): string {
  if (uid === 0) return SYSTEM_DATA_DIR
  return `${environment['XDG_STATE_HOME'] || `${environment['HOME'] || homedir()}/.local/state`}/quadrant`
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new Error(`${option} takes a whole number from ${min} to ${max}, not '${text}'`)
  return value
}

function parsePercent(option: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value > 0 && value <= 100))
    throw new Error(`${option} takes a percentage above 0, at most 100, not '${text}'`)
  return value
}
