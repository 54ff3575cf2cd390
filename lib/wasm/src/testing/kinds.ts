import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { generateSchema } from '../schema/generate.ts'
import { runCommand } from '../wasi/command.ts'
import { compileCommand } from '../wasi/compile.ts'
import { bytesInput, CollectedOutput } from '../wasi/io/buffers.ts'

export const KINDS_FOLDER = join(import.meta.dirname, '../../../../guest/kinds')
const RUNTIME = pathToFileURL(join(import.meta.dirname, '../schema/message/index.ts')).href

/** What is generated for guest/kinds, by file name. */
export function generateKinds(): ReadonlyMap<string, string> {
  const source = readFileSync(join(KINDS_FOLDER, 'kinds.go'), 'utf8')
  const { value, diagnostics } = generateSchema(source, 'kinds.go', {
    languages: ['capnp', 'go', 'ts'],
    runtime: RUNTIME,
  })
  if (value === undefined) throw new Error(JSON.stringify(diagnostics))
  return new Map(value.map(({ name, text }) => [name, text]))
}

/** The generated TypeScript of a file, imported. */
export async function importGenerated<T>(text: string): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-generated-'))
  try {
    const file = join(folder, 'generated.ts')
    writeFileSync(file, text)
    return (await import(pathToFileURL(file).href)) as T
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs guest/kinds with messages on the processor itself and in the host, and gives the answers of both. */
export async function answersOfGo(messages: readonly Uint8Array[]) {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-kinds-'))
  try {
    const input = Buffer.concat(messages.flatMap((message) => [uint32(message.length), message]))
    const build = (name: string, env: Readonly<Record<string, string>>): string => {
      const program = join(folder, name)
      execFileSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
        cwd: KINDS_FOLDER,
        env: { ...process.env, ...env },
      })
      return program
    }
    const native = execFileSync(build('native', {}), { input, maxBuffer: 1 << 30 })
    const module = await compileCommand(readFileSync(build('kinds.wasm', { GOOS: 'wasip1', GOARCH: 'wasm' })))
    const stdout = new CollectedOutput()
    const result = await runCommand(module, { args: ['kinds'], stdin: bytesInput(input), stdout })
    if (result.kind !== 'exit' || result.code !== 0) throw new Error(JSON.stringify(result))
    return { native: readAnswers(native), wasm: readAnswers(stdout.bytes) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export interface GoAnswer {
  /** The message as Go writes it, or undefined with an error. */
  readonly message: Buffer | undefined
  readonly error: string
}

function readAnswers(bytes: Uint8Array): readonly GoAnswer[] {
  const buffer = Buffer.from(bytes)
  const answers: GoAnswer[] = []
  for (let at = 0; at < buffer.length;) {
    const head = buffer.readUInt32LE(at)
    const end = at + 4 + (head & 0x7fff_ffff)
    const content = buffer.subarray(at + 4, end)
    const isError = head >= 2 ** 31
    answers.push({ message: isError ? undefined : content, error: isError ? content.toString() : '' })
    at = end
  }
  return answers
}

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const text = fc.string({ unit: 'binary', maxLength: 40 })
const data = fc.uint8Array({ maxLength: 20 })
const point = fc.record({ x: int(32), y: int(32) })
const complex = fc.record({ real: fc.double(), imaginary: fc.double() })
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 9 })

/** Entries of a map, as Go orders them. */
function entries<K extends string | number, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>) {
  return fc
    .uniqueArray(fc.record({ key, value }), { selector: (entry) => entry.key, maxLength: 5 })
    .map((all) =>
      all.toSorted((a, b) =>
        typeof a.key === 'number'
          ? a.key - (b.key as number)
          : Buffer.compare(Buffer.from(a.key), Buffer.from(b.key as string)),
      ),
    )
}

/** A value of each field of `Kinds`. */
export const kindsValue: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{
  kinds: Record<string, unknown>
}>((tie) => ({
  kinds: fc.record({
    bool: fc.boolean(),
    int: int64,
    i8: int(8),
    i16: int(16),
    i32: int(32),
    i64: int64,
    uint: uint64,
    u8: uint(8),
    u16: uint(16),
    u32: uint(32),
    u64: uint64,
    f32: fc.float(),
    f64: fc.double(),
    c64: fc.record({ real: fc.float(), imaginary: fc.float() }),
    c128: complex,
    text,
    data,
    hash: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    color: int(8),
    temp: fc.float(),
    wait: int64,
    point,
    maybe: fc.option(point, { nil: undefined }),
    next: fc.option(tie('kinds'), {
      nil: undefined,
      depthSize: 'small',
      maxDepth: 3,
      depthIdentifier: 'kinds',
    }),
    bools: list(fc.boolean()),
    ints: list(int64),
    i8s: list(int(8)),
    u16s: list(uint(16)),
    f32s: list(fc.float()),
    f64s: list(fc.double()),
    complexes: list(complex),
    texts: list(text),
    datas: list(data),
    points: list(point),
    pointPtrs: list(point),
    matrix: list(list(fc.double())),
    fixed: fc.array(int(16), { minLength: 3, maxLength: 3 }),
    colors: list(int(8)),
    byName: entries(text, point),
    counts: entries(int(32), uint64),
    nested: entries(text, list(text)),
    deep: entries(uint(8), entries(text, int64)),
  }),
})).kinds
