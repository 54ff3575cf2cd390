import { Agent } from 'undici'
import type { ExporterSpec, TlsFiles } from '../config/spec.ts'
import { otlpGrpcSender } from '../exporter/otlp-grpc.ts'
import { otlpHttpSender } from '../exporter/otlp-http.ts'
import type { Sender } from '../exporter/sender.ts'
import type { PipelineHost } from './pipeline-host.ts'

/** The client for an exporter that sends over the network. */
export function makeSender(
  spec: Extract<ExporterSpec, { kind: 'otlp' | 'otlphttp' }>,
  { readFile, clock }: PipelineHost,
): Sender {
  const { headers, isGzip, timeoutMs } = spec
  if (spec.kind === 'otlp')
    return otlpGrpcSender({
      target: spec.target,
      headers,
      isGzip,
      timeoutMs,
      ...(spec.tls ? { tls: read(spec.tls, readFile) } : {}),
    })
  return otlpHttpSender({
    endpoint: spec.endpoint,
    endpoints: spec.endpoints,
    headers,
    isGzip,
    timeoutMs,
    isJson: spec.isJson,
    nowMs: () => clock.epochMs(),
    dispatcher: new Agent({
      connections: spec.queue.consumerCount,
      connect: { timeout: timeoutMs, ...read(spec.tls, readFile) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    }),
  })
}

function read({ ca, cert, key }: TlsFiles, readFile: PipelineHost['readFile']) {
  return {
    ...(ca === undefined ? {} : { ca: readFile(ca) }),
    ...(cert === undefined ? {} : { cert: readFile(cert) }),
    ...(key === undefined ? {} : { key: readFile(key) }),
  }
}
