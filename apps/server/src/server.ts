import { rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import type { ConnectRouter } from '@connectrpc/connect'
import type { Logger } from 'pino'
import { listenForApi } from './api/listener.ts'
import { Live } from './api/live.ts'
import { filterRoutes } from './api/filter-service.ts'
import { apiRoutes } from './api/service.ts'
import type { StaticFiles } from './api/static.ts'
import { type DataDir, keepToken, writeServerFile } from './data-dir.ts'
import { Filters } from './filters/filters.ts'
import { listenForGateways, type GatewayListenerOptions } from './filters/gateway-listener.ts'
import { ModuleBlobs } from './filters/module-blobs.ts'
import { Agents } from './ingest/agents.ts'
import { listenForAgents } from './ingest/listener.ts'
import { Refusals } from './ingest/refusals.ts'
import { LoopLag } from './loop-lag.ts'
import type { PipelineFile } from './pipelines/read-pipelines.ts'
import { runPipelines } from './pipelines/run-pipelines.ts'
import type { CommandCall, ServerState } from './state.ts'
import type { StoreLimits } from './store/store.ts'
import { openSqliteStore } from './store/sqlite.ts'

const RETAIN_INTERVAL_MS = 10_000

export interface StartOptions {
  readonly dir: DataDir
  readonly port: number
  readonly limits: StoreLimits
  /** Most bytes of modules of filters. */
  readonly filterBytesMax: number
  /** Where gateways of other hosts connect; undefined: nowhere. */
  readonly gateways?: GatewayListenerOptions | undefined
  readonly files: StaticFiles
  readonly log: Logger
  readonly version: string
  readonly call: CommandCall
  /** Where telemetry goes on to. */
  readonly pipelines?: PipelineFile | undefined
}

export interface RunningServer extends AsyncDisposable {
  readonly address: string
  readonly token: string
}

/** Opens the store and both listeners. All privileges must be gone by now. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { dir, log, version, files, call } = options
  await using stack = new AsyncDisposableStack()
  const store = stack.use(openSqliteStore(dir.store, options.limits))
  const nowNs = () => Date.now() * 1e6
  const refusals = new Refusals(log, () => performance.now())
  const live = stack.use(new Live({ store, log, nowNs, steadyMs: () => performance.now() }))
  const pipelines =
    options.pipelines &&
    stack.use(
      await runPipelines(options.pipelines, {
        stateDir: dir.serverDir,
        version,
        log,
        processes: (host, keys) => store.processesByKey(host, keys),
      }),
    )
  const agents = stack.use(
    new Agents({
      store,
      refusals,
      log,
      nowNs,
      onCommit: (commit) => live.committed(commit),
      ...(pipelines ? { onBatch: (host, batch) => pipelines.tell(host, batch) } : {}),
    }),
  )
  const filters = new Filters({
    store: store.filters,
    blobs: await ModuleBlobs.open(dir.filters, options.filterBytesMax),
    refusals,
    log,
    nowNs,
    version,
  })
  const state: ServerState = {
    store,
    live,
    agents,
    refusals,
    log,
    version,
    call,
    loopLag: stack.use(new LoopLag()),
    clock: { nowNs },
    startedNs: nowNs(),
    stateDir: dir.serverDir,
    pipelines,
  }
  const token = keepToken(dir.token)
  const routes = (router: ConnectRouter) => {
    apiRoutes(state)(router)
    filterRoutes(filters)(router)
  }
  const api = await listenForApi({ port: options.port, token, files, routes })
  stack.defer(() => {
    for (const server of api.servers) {
      server.close()
      server.closeAllConnections()
    }
  })
  const agentListener = await listenForAgents(dir.socket, (router) => {
    agents.routes(router)
    filters.gateways.routes(router)
  })
  stack.defer(() => {
    agents.endAll()
    filters.gateways.endAll()
    agentListener.close()
    rmSync(dir.socket, { force: true })
  })
  if (options.gateways) {
    const gatewayListener = await listenForGateways(options.gateways, filters.gateways.routes)
    stack.defer(() => void gatewayListener.close())
    const { port } = gatewayListener.address() as AddressInfo
    log.info({ host: options.gateways.host, port }, 'listening for gateways')
  }
  const retain = setInterval(() => {
    const nowSeconds = Math.floor(Date.now() / 1000)
    Promise.all([
      store.retain(nowSeconds),
      store.forgetAgents(nowSeconds, agents.connectedIds()),
      filters.retain(nowSeconds),
    ]).catch((error: unknown) => log.error({ err: error }, 'retention failed'))
  }, RETAIN_INTERVAL_MS)
  stack.defer(() => clearInterval(retain))
  const address = `http://127.0.0.1:${api.port}`
  writeServerFile(dir.serverFile, { address, token, pid: process.pid, version })
  stack.defer(() => rmSync(dir.serverFile, { force: true }))
  void files.compress()
  const owned = stack.move()
  return { address, token, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
