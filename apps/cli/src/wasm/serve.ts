import { createServer } from 'node:http'
import { basename } from 'node:path'
import {
  compileCommand,
  moduleDigest,
  networkModule,
  openPreopens,
  parseNetworkRule,
  ResidentProgram,
  setGuestStackBytes,
  WasmError,
  type HostModule,
  type HostPreopen,
} from '@quadrant/wasm'
import { usageError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import { readDirectory, readInference, readListenAddress, readNetworkRule, readVariable } from './grants.ts'
import type { NnTarget } from './nn-target.ts'
import { listenOn } from './listen.ts'
import { openModels } from './open-models.ts'
import { notAProgram, readProgram, STACK_BYTES } from './program-file.ts'
import { programHandler, type ServedProgram } from './program-handler.ts'

export interface WasmServeFlags {
  readonly allowNet?: readonly string[]
  readonly arg?: readonly string[]
  readonly dir?: readonly string[]
  readonly env?: readonly string[]
  readonly listen: string
  /** MiB. */
  readonly memory: number
  readonly nn?: readonly string[]
  readonly nnTarget?: NnTarget
  /** Seconds. */
  readonly timeout: number
  /** Millions of units. */
  readonly fuel?: number
  readonly warm: number
  readonly runs: number
}

/** `quadrant wasm serve`. @throws {CliError} QDR-C006 where it cannot listen, C013 and C018 for files that are no programs */
export async function serveWasm(
  context: Context,
  flags: WasmServeFlags,
  ...files: readonly string[]
): Promise<void> {
  const address = readListenAddress(flags.listen)
  using owned = new DisposableStack()
  setGuestStackBytes(STACK_BYTES)
  const inference = await openModels(readInference(flags), { canBringModels: false })
  if (inference !== undefined) owned.use(inference)
  const rules = (flags.allowNet ?? []).map(readNetworkRule).map(parseNetworkRule)
  const grants: Grants = {
    env: Object.fromEntries((flags.env ?? []).map((text) => readVariable(text, context.env))),
    directories: (flags.dir ?? []).map(readDirectory),
    modules: [networkModule({ rules }), ...(inference === undefined ? [] : [inference.module])],
  }
  const programs = new Map<string, ServedProgram>()
  for (const file of files) {
    const name = basename(file).replace(/\.wasm$/, '')
    if (programs.has(name))
      throw usageError(`two programs are called ${name}`, 'give them different file names')
    programs.set(name, owned.use(await startProgram(flags, file, name, grants)))
  }
  const handler = programHandler({
    programs,
    timeoutMs: flags.timeout * 1000,
    isPublic: !LOOPBACK.test(address.host),
    tell: (name, ending, stderr) =>
      note(
        context,
        [`${name} ${ending}`, printable(stderr.trimEnd())].filter((text) => text !== '').join(': '),
      ),
  })
  const server = createServer(handler)
  server.maxConnections = CONNECTIONS_MAX
  // A client that takes nothing of its answer does not keep its connection either.
  server.timeout = flags.timeout * 1000 + IDLE_MS
  const url = await listenOn(server, address)
  for (const name of programs.keys()) note(context, `http://${url}/${name}`)
  await new Promise<void>((resolve) => {
    const end = () => {
      server.close(() => resolve())
      server.closeAllConnections()
    }
    if (context.signal.aborted) end()
    else context.signal.addEventListener('abort', end)
  })
}

const CONNECTIONS_MAX = 10_000
const IDLE_MS = 60_000
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/

/** What each program is given. */
interface Grants {
  readonly env: Readonly<Record<string, string>>
  readonly directories: readonly HostPreopen[]
  readonly modules: readonly HostModule[]
}

async function startProgram(
  flags: WasmServeFlags,
  file: string,
  name: string,
  { env, directories, modules }: Grants,
): Promise<ServedProgram & Disposable> {
  const bytes = await readProgram(file)
  try {
    const module = await compileCommand(bytes, { memoryBytesMax: flags.memory * 2 ** 20, isMetered: true })
    const program = await ResidentProgram.start(module, {
      prepare: () => ({
        args: [name, ...(flags.arg ?? [])],
        env,
        preopens: openPreopens(directories),
        modules,
        ...(flags.fuel === undefined ? {} : { fuelMax: flags.fuel * 1e6 }),
      }),
      warmMax: flags.warm,
      runsMax: flags.runs,
    })
    return { name, digest: moduleDigest(bytes), program, [Symbol.dispose]: () => program[Symbol.dispose]() }
  } catch (error) {
    if (!(error instanceof WasmError)) throw error
    throw notAProgram(file, error, 'serve')
  }
}
