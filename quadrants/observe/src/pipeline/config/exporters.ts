import { basename } from 'node:path'
import {
  bool,
  type ConfigReader,
  duration,
  listenAddress,
  parseHostPort,
  warnWhereExposed,
  number,
  object,
  oneOf,
  optional,
  type Place,
  text,
  texts,
} from '@quadrant/core/config'
import { PipelineCode } from './codes.ts'
import { url } from './endpoint.ts'
import { serverTls } from './receivers.ts'
import type { ExporterSpec, SendSpec } from './spec.ts'

const MIB = 1 << 20
const DAY_MS = 86_400_000
/** When a parcel that is in memory only is given up; on disk it is kept for as long as there is room. */
const ELAPSED_IN_MEMORY_MS = 300_000

/** Headers that can be sent (RFC 9110, section 5): what cannot would fail each attempt. */
const headers: typeof texts = (reader, place, name) => {
  const values = texts(reader, place, name)
  for (const [key, value] of values)
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/.test(key) || !/^[\x20-\x7e]{0,8192}$/.test(value))
      reader.wrong(
        PipelineCode.wrongValue,
        place,
        'a header has a name without blanks and a value of printable ASCII',
        'authorization: Bearer …',
      )
  return values
}

const send = {
  headers,
  compression: oneOf(['gzip', 'none'], 'gzip'),
  timeout: duration({ default: 5000, min: 100, max: 600_000 }),
  retry_on_failure: object('retry_on_failure', {
    enabled: bool(true),
    initial_interval: duration({ default: 5000, min: 10, max: DAY_MS }),
    max_interval: duration({ default: 30_000, min: 10, max: DAY_MS }),
    max_elapsed_time: optional(duration({ default: ELAPSED_IN_MEMORY_MS, min: 0, max: DAY_MS })),
    multiplier: number({ default: 1.5, min: 1, max: 10, isWhole: false }),
    randomization_factor: number({ default: 0.5, min: 0, max: 1, isWhole: false }),
  }),
  sending_queue: object('sending_queue', {
    num_consumers: number({ default: 4, min: 1, max: 64 }),
    queue_size_mib: number({ default: 64, min: 1, max: 1 << 20 }),
    directory: optional(text),
  }),
} as const

const clientTls = object('tls', {
  insecure: bool(false),
  ca_file: optional(text),
  cert_file: optional(text),
  key_file: optional(text),
})

/** What an exporter of this type reads from its mapping. */
export const EXPORTER_TYPES: Readonly<
  Record<string, (reader: ConfigReader, place: Place, id: string) => ExporterSpec>
> = {
  otlp: (reader, place, id) => {
    const read = object('exporter otlp', { endpoint: text, tls: clientTls, ...send })(reader, place, id)
    const [, scheme = '', target = ''] = /^(https?:\/\/)?(.*?)\/?$/s.exec(read.endpoint) ?? []
    if (read.endpoint !== '' && !parseHostPort(target))
      reader.wrong(PipelineCode.wrongValue, place, '`endpoint` is host:port', 'endpoint: 127.0.0.1:4317')
    const isPlain = read.tls.insecure || scheme === 'http://'
    return { id, kind: 'otlp', target, tls: isPlain ? undefined : files(read.tls), ...sendSpec(read) }
  },
  otlphttp: (reader, place, id) => {
    const read = object('exporter otlphttp', {
      endpoint: url,
      traces_endpoint: optional(url),
      metrics_endpoint: optional(url),
      encoding: oneOf(['proto', 'json'], 'proto'),
      tls: clientTls,
      ...send,
    })(reader, place, id)
    return {
      id,
      kind: 'otlphttp',
      endpoint: read.endpoint,
      endpoints: {
        ...(read.traces_endpoint ? { traces: read.traces_endpoint } : {}),
        ...(read.metrics_endpoint ? { metrics: read.metrics_endpoint } : {}),
      },
      isJson: read.encoding === 'json',
      tls: files(read.tls),
      ...sendSpec(read),
    }
  },
  prometheus: (reader, place, id) => {
    const read = object('exporter prometheus', {
      endpoint: listenAddress({ host: '127.0.0.1', port: 9464 }),
      namespace: optional(text),
      max_series: number({ default: 100_000, min: 1, max: 10_000_000 }),
      metric_expiration: duration({ default: 300_000, min: 1000, max: DAY_MS }),
      tls: optional(serverTls),
    })(reader, place, id)
    warnWhereExposed(reader, place, read.endpoint, read.tls?.client_ca_file !== undefined)
    return {
      id,
      kind: 'prometheus',
      ...read.endpoint,
      tls: read.tls && { cert: read.tls.cert_file, key: read.tls.key_file, ca: read.tls.client_ca_file },
      namespace: read.namespace ?? '',
      seriesMax: read.max_series,
      expirationMs: read.metric_expiration,
    }
  },
  file: (reader, place, id) => {
    const read = object('exporter file', {
      path: text,
      rotation: object('rotation', {
        max_megabytes: number({ default: 100, min: 1, max: 1 << 20 }),
        max_backups: number({ default: 2, min: 0, max: 1000 }),
      }),
    })(reader, place, id)
    if (read.path !== '' && (read.path.endsWith('/') || ['', '.', '..'].includes(basename(read.path))))
      reader.wrong(PipelineCode.wrongValue, place, '`path` is a file', 'path: telemetry.jsonl')
    return {
      id,
      kind: 'file',
      path: read.path,
      fileBytesMax: read.rotation.max_megabytes * MIB,
      backupsMax: read.rotation.max_backups,
    }
  },
}

type ReadSend = { readonly [K in keyof typeof send]: ReturnType<(typeof send)[K]> }

function sendSpec(read: ReadSend): SendSpec {
  const { retry_on_failure: retry, sending_queue: queue } = read
  return {
    // Names of headers have no case; gRPC's metadata wants them small.
    headers: new Map([...read.headers].map(([name, value]) => [name.toLowerCase(), value])),
    isGzip: read.compression === 'gzip',
    timeoutMs: read.timeout,
    retry: {
      isEnabled: retry.enabled,
      initialMs: retry.initial_interval,
      maxMs: Math.max(retry.max_interval, retry.initial_interval),
      multiplier: retry.multiplier,
      randomization: retry.randomization_factor,
      elapsedMaxMs: retry.max_elapsed_time ?? (queue.directory === undefined ? ELAPSED_IN_MEMORY_MS : 0),
    },
    queue: {
      consumerCount: queue.num_consumers,
      bytesMax: queue.queue_size_mib * MIB,
      directory: queue.directory,
    },
  }
}

function files(tls: ReturnType<typeof clientTls>) {
  return { ca: tls.ca_file, cert: tls.cert_file, key: tls.key_file }
}
