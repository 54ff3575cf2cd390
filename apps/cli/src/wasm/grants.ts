import { hostDirectory, parseNetworkRule, WasmError, type HostPreopen } from '@quadrant/wasm'
import { CliError, usageError } from '../cli-error.ts'
import type { Env } from '../context.ts'
import type { InferenceGrants } from './inference.ts'
import type { NnTarget } from './nn-target.ts'

/** What a program is given, by the words of the command line. */

/** Where a listener is to be. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** `GUEST=HOST`, `GUEST=HOST:ro`, or one path for both. @throws {CliError} QDR-C012, or QDR-C013 where it cannot be opened */
export function readDirectory(text: string): HostPreopen {
  const isReadOnly = text.endsWith(':ro')
  const paths = isReadOnly ? text.slice(0, -3) : text
  const at = paths.indexOf('=')
  const guest = at === -1 ? paths : paths.slice(0, at)
  const host = at === -1 ? paths : paths.slice(at + 1)
  if (guest === '' || host === '' || text.includes('\0'))
    throw usageError(`--dir ${text} names no directory`, '--dir /config=./config')
  try {
    hostDirectory(host).close()
    return { path: guest, hostPath: host, isReadOnly }
  } catch (cause) {
    throw new CliError('QDR-C013', `--dir ${text}: ${(cause as Error).message}`, {
      cause,
      fix: `mkdir -p ${host}, or name a directory that is there`,
    })
  }
}

/** `NAME=VALUE`, or `NAME` for the value that it has in `env`. @throws {CliError} QDR-C012 */
export function readVariable(text: string, env: Env): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  const name = at === -1 ? text : text.slice(0, at)
  const value = at === -1 ? env[name] : text.slice(at + 1)
  if (name === '') throw usageError(`--env ${text} names no variable`, '--env NAME=VALUE')
  if (value === undefined) throw usageError(`--env ${name}: it is not set here`, `--env ${name}=VALUE`)
  return [name, value]
}

/** `PORT`, `HOST:PORT` or `[IPV6]:PORT`; without a host this machine alone. @throws {CliError} QDR-C012 */
export function readListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535)
    throw usageError(`--listen ${text} is no address`, '--listen 127.0.0.1:8080')
  return { host: bracketed ?? plain ?? '127.0.0.1', port }
}

/** A model, by what the program calls it. */
export interface GrantedModel {
  readonly name: string
  readonly path: string
}

const MODEL_NAME_BYTES_MAX = 256

/** `NAME=FILE`. @throws {CliError} QDR-C012 */
export function readModel(text: string): GrantedModel {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(at, 0))
  const path = text.slice(at + 1)
  if (name === '' || path === '' || Buffer.byteLength(name) > MODEL_NAME_BYTES_MAX)
    throw usageError(`--nn ${text} names no model`, '--nn NAME=model.onnx')
  return { name, path }
}

/** All models; undefined where the program is given no inference. @throws {CliError} QDR-C012 */
export function readInference(flags: {
  readonly memory: number
  readonly nn?: readonly string[]
  readonly nnTarget?: NnTarget
}): InferenceGrants | undefined {
  if (flags.nn === undefined && flags.nnTarget === undefined) return undefined
  const models = (flags.nn ?? []).map(readModel)
  const names = models.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw usageError(`--nn names two models ${twice}`, 'give each a name of its own')
  return { models, target: flags.nnTarget ?? 'wasm', memoryMib: flags.memory }
}

/** A rule of the network, checked. @throws {CliError} QDR-C012 with how it would be right */
export function readNetworkRule(text: string): string {
  try {
    parseNetworkRule(text)
    return text
  } catch (error) {
    if (!(error instanceof WasmError)) throw error
    throw usageError(`--allow-net ${error.message}`, '--allow-net example.com:443')
  }
}
