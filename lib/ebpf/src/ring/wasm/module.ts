import type { Code, Local, ValueType } from './code.ts'
import { pushUnsigned } from './leb128.ts'

/** One exported function: its parameters are the first locals, further ones are asked for by `local`. */
export interface FunctionSpec {
  readonly name: string
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
  body(parameters: readonly Local[], local: (type: ValueType) => Local): Code
}

/** A module that works on one imported memory (`env.memory`) and exports functions. */
export interface ModuleSpec {
  /** Pages of 64 KiB the imported memory must at least have. */
  readonly memoryPages: number
  readonly functions: readonly FunctionSpec[]
}

const SectionId = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/**
 * Encodes `spec` as a WebAssembly binary (core specification, chapter 5, with the atomic
 * instructions of the threads proposal, which all engines accept on unshared memory too).
 */
export function encodeModule(spec: ModuleSpec): Uint8Array<ArrayBuffer> {
  const bytes = [...MAGIC_AND_VERSION]
  section(
    bytes,
    SectionId.type,
    spec.functions.map((each) => [0x60, ...vector(each.parameters), ...vector(each.results)]),
  )
  const memory = [...name('env'), ...name('memory'), 0x02, 0x00]
  pushUnsigned(memory, spec.memoryPages)
  section(bytes, SectionId.import, [memory])
  section(
    bytes,
    SectionId.function,
    spec.functions.map((_, index) => unsigned(index)),
  )
  section(
    bytes,
    SectionId.export,
    spec.functions.map((each, index) => [...name(each.name), 0x00, ...unsigned(index)]),
  )
  section(bytes, SectionId.code, spec.functions.map(functionBody))
  return Uint8Array.from(bytes)
}

function functionBody(spec: FunctionSpec): number[] {
  const parameters = spec.parameters.map((type, index) => ({ index, type }))
  const types: ValueType[] = []
  const code = spec.body(parameters, (type) => {
    types.push(type)
    return { index: parameters.length + types.length - 1, type }
  })
  // Blocks ask for their locals while they are written, so the code comes before its declarations.
  const instructions: number[] = []
  code({ bytes: instructions, depth: 0 })
  const bytes = [...unsigned(types.length), ...types.flatMap((type) => [1, type]), ...instructions, 0x0b]
  return [...unsigned(bytes.length), ...bytes]
}

function section(out: number[], id: number, items: readonly number[][]): void {
  const body = unsigned(items.length)
  for (const item of items) body.push(...item)
  out.push(id)
  pushUnsigned(out, body.length)
  for (const byte of body) out.push(byte)
}

function unsigned(value: number): number[] {
  const out: number[] = []
  pushUnsigned(out, value)
  return out
}

const vector = (types: readonly ValueType[]): number[] => [...unsigned(types.length), ...types]

function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text)
  return [...unsigned(bytes.length), ...bytes]
}
