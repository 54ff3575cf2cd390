import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import {
  compileCommand,
  hostDirectory,
  networkModule,
  parseNetworkRule,
  ResidentProgram,
  WasmError,
} from '@quadrant/wasm'
import { CliError, usageError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import {
  readDirectory,
  readInference,
  readListenAddress,
  readNetworkRule,
  readVariable,
  type ListenAddress,
} from './grants.ts'
import type { OpenInference } from './inference.ts'
import type { NnTarget } from './nn-target.ts'
import { cannotListen } from './listen.ts'
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
  const inference = await openModels(flags)
  if (inference !== undefined) owned.use(inference)
  const programs = new Map<string, ServedProgram>()
  for (const file of files) {
    const name = basename(file).replace(/\.wasm$/, '')
    if (programs.has(name))
      throw usageError(`two programs are called ${name}`, 'give them different file names')
    programs.set(name, owned.use(await startProgram(context, flags, file, name, inference)))
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
  const url = await listen(server, address)
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

/** One set of models for all programs. */
async function openModels(flags: WasmServeFlags): Promise<OpenInference | undefined> {
  const grants = readInference(flags)
  if (grants === undefined) return undefined
  const { cannotLoad, ModelError, openInference } = await import('./inference.ts')
  try {
    return await openInference(grants, { canBringModels: false })
  } catch (error) {
    throw error instanceof ModelError ? cannotLoad(error) : error
  }
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/

async function startProgram(
  context: Context,
  flags: WasmServeFlags,
  file: string,
  name: string,
  inference: OpenInference | undefined,
): Promise<ServedProgram & Disposable> {
  const env = Object.fromEntries((flags.env ?? []).map((text) => readVariable(text, context.env)))
  const directories = (flags.dir ?? []).map(readDirectory)
  const rules = (flags.allowNet ?? []).map(readNetworkRule).map(parseNetworkRule)
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (cause) {
    throw new CliError('QDR-C013', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  try {
    const module = await compileCommand(bytes, { memoryBytesMax: flags.memory * 2 ** 20, isMetered: true })
    const program = await ResidentProgram.start(module, {
      prepare: () => ({
        args: [name, ...(flags.arg ?? [])],
        env,
        preopens: directories.map(({ path, hostPath, isReadOnly }) => ({
          path,
          directory: hostDirectory(hostPath),
          isReadOnly,
        })),
        modules: [networkModule({ rules }), ...(inference === undefined ? [] : [inference.module])],
        ...(flags.fuel === undefined ? {} : { fuelMax: flags.fuel * 1e6 }),
      }),
      warmMax: flags.warm,
      runsMax: flags.runs,
    })
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    return { name, digest, program, [Symbol.dispose]: () => program[Symbol.dispose]() }
  } catch (error) {
    if (!(error instanceof WasmError)) throw error
    throw new CliError('QDR-C018', `${file} cannot be run: ${printable(error.message)}`, {
      cause: error,
      fix: 'GOOS=wasip1 GOARCH=wasm go build -o app.wasm .',
    })
  }
}

async function listen(
  server: ReturnType<typeof createServer>,
  { host, port }: ListenAddress,
): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (cause) {
    throw cannotListen(new Error(`cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause }))
  }
  const bound = server.address() as AddressInfo
  return `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}
