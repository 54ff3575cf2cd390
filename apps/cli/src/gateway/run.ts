import { readFile } from 'node:fs/promises'
import { watchFile, unwatchFile } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { GatewaySpec } from '@quadrant/extend/gateway'
import { CliError, ExitCode } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { openAdmin } from './admin.ts'
import { LogOutput } from './log-output.ts'
import { GatewayDelivery } from './gateway-delivery.ts'
import { readGatewayFile } from './read-gateway-file.ts'
import { SpanExport } from './span-export.ts'
import { Telemetry } from './telemetry.ts'
import { runSignals } from './run-signals.ts'

export interface GatewayFlags {
  readonly config: string
  readonly workers?: number
  readonly check?: boolean
}

/** How often it is looked whether the file has changed: renames and network file systems tell nobody of themselves. */
const WATCH_MS = 1000

/** Runs until it is told to end. @throws {CliError} where the file cannot be read or run */
export async function runGateway(context: Context, flags: GatewayFlags): Promise<void> {
  const spec = await readGatewayFile(context, flags.config, flags.check === true)
  if (spec === undefined) {
    context.process.exitCode = ExitCode.findings
    return
  }
  if (flags.check === true) {
    const { listeners, virtualHosts, clusters, filters } = spec
    context.stdout.write(
      `${flags.config}: ${listeners.length} listeners, ${virtualHosts.length} virtual hosts, ` +
        `${clusters.length} clusters, ${filters.length} filters\n`,
    )
    return
  }
  await serve(context, flags, spec)
}

async function serve(context: Context, flags: GatewayFlags, spec: GatewaySpec): Promise<void> {
  // What connections read and write lies outside of the heap. By default V8 collects all garbage whenever that has grown by
  // 64 MiB, which a gateway with large bodies has several times a second; with this it counts as a part of the heap.
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  const { FleetFilters, GatewayFleet } = await import('@quadrant/extend/gateway')
  using signals = runSignals()
  const logs = new LogOutput(context.stdout.stream, (text) => note(context, text))
  const workerCount = flags.workers ?? spec.workerCount ?? availableParallelism()
  await using spans = spec.tracing === undefined ? undefined : new SpanExport(context, spec.tracing)
  await using fleet = new GatewayFleet({
    workerCount,
    openWorker: () => new Worker(new URL('worker.ts', import.meta.url), { name: 'gateway' }),
    onLog: (batch) => logs.write(batch),
    onSpans: (batch) => spans?.add(batch),
    onFilter: ({ filter, message }) => note(context, `filter ${filter}: ${message}`),
    onCrash: (error) => note(context, `a worker has ended, another one begins: ${error.message}`),
  })
  const filters = new FleetFilters(fleet, readFile)
  try {
    await filters.reload(spec)
  } catch (cause) {
    throw new CliError('QDR-C022', `the gateway cannot start: ${(cause as Error).message}`, { cause })
  }
  for (const { name, host } of spec.listeners)
    note(context, `${name} listens on ${authority(host, fleet.ports.get(name) ?? 0)}`)

  let current = spec
  let isDraining = false
  async function reload(): Promise<void> {
    const next = await readGatewayFile(context, flags.config, false).catch((error: unknown) => {
      note(context, error instanceof CliError ? error.format() : String(error))
    })
    if (next === undefined || isDraining) {
      note(context, `${flags.config} is not taken: the gateway goes on as before`)
      return
    }
    try {
      await filters.reload(next)
      current = next
      await delivery.reload(next)
      note(context, `${flags.config} is taken`)
    } catch (error) {
      note(context, `${flags.config} is not taken: ${(error as Error).message}`)
    }
  }

  await using delivery = new GatewayDelivery(context, filters)
  await delivery.reload(spec)
  await using telemetry =
    spec.telemetry === undefined
      ? undefined
      : new Telemetry(context, spec.telemetry, {
          stats: () => fleet.stats(),
          filters: () => filters.summary(),
        })
  await using admin =
    spec.admin === undefined
      ? undefined
      : await openAdmin(spec.admin, {
          stats: () => fleet.stats(),
          extras: () => ({
            workerRestarts: fleet.restartCount,
            logBytesDropped: logs.droppedBytes,
            telemetryFailures: telemetry?.failedCount ?? 0,
            ...spans?.counts,
          }),
          filters: () => filters.summary(),
          isDraining: () => isDraining,
          drain: () => signals.end(),
        })
  if (admin !== undefined) note(context, `admin listens on ${authority(admin.host, admin.port)}`)
  signals.onReload(() => void reload())
  watchFile(flags.config, { interval: WATCH_MS }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) void reload()
  })
  const exitCode = await signals.ended
  unwatchFile(flags.config)
  isDraining = true
  note(context, `draining, at most ${current.drainMs / 1000} s`)
  const isDone = await Promise.race([fleet.drain(current.drainMs), signals.forced])
  if (!isDone) note(context, 'some exchanges were cut off')
  await logs.close()
  context.process.exitCode = exitCode
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
