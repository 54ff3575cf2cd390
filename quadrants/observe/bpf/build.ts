/**
 * Compiles the BPF programs and records what they were made from.
 *
 * The objects are committed, so that a user needs no compiler; `objects.json` has the hash of their
 * sources and the compiler's version, and a test compiles them again where clang is at hand.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const BPF_DIRECTORY = import.meta.dirname

/** Programs in C; those that write records are compiled twice, for ring buffers and for perf buffers. */
const SOURCES = [
  { name: 'tcp', records: true },
  { name: 'udp', records: true },
  { name: 'lengths', records: true },
  { name: 'functions', records: true },
  { name: 'processes', records: true },
  { name: 'passes', records: false },
  { name: 'go-gc', records: false },
  { name: 'profile', records: false },
  { name: 'http', records: false },
  { name: 'dns', records: false },
  { name: 'streams', records: false },
  { name: 'go-tls', records: false },
] as const

const HEADERS = [
  'calls.h',
  'emit.h',
  'kernel.h',
  'process.h',
  'record.h',
  'socket.h',
  'targets.h',
  'transit.h',
  'udp.h',
] as const

/** Headers of one program alone. */
const OWN_HEADERS: Readonly<Record<string, readonly string[]>> = {
  'http.bpf.c': [
    'http.h',
    'http-capture.h',
    'http-line.h',
    'http-message.h',
    'http-path.h',
    'http-series.h',
    'http-tls.h',
    'sampling.h',
    'http2-frame.h',
  ],
  'streams.bpf.c': ['stream.h'],
  'go-tls.bpf.c': ['stream.h', 'go-tls.h'],
}

/* The compilation directory goes into the line table; a fixed one keeps the objects the same everywhere. */
const FLAGS = [
  '-g',
  '-O2',
  '-Wall',
  '-Werror',
  '-target',
  'bpf',
  '-mcpu=v3',
  '-fdebug-compilation-dir=.',
] as const

export interface ObjectPlan {
  readonly object: string
  readonly source: string
  readonly flags: readonly string[]
}

export interface ObjectEntry {
  /** SHA-256 of the source, the headers and the flags. */
  readonly sources: string
  /** SHA-256 of the object. */
  readonly object: string
  /** First line of `clang --version`. */
  readonly compiler: string
}

export type ObjectIndex = Readonly<Record<string, ObjectEntry>>

/** Every object with its source and flags. */
export const OBJECT_PLANS: readonly ObjectPlan[] = SOURCES.flatMap(({ name, records }) => {
  const source = `${name}.bpf.c`
  const ring = { object: `${name}.bpf.o`, source, flags: FLAGS }
  const perf = { object: `${name}.perf.bpf.o`, source, flags: [...FLAGS, '-DQUADRANT_PERF'] }
  return records ? [ring, perf] : [ring]
})

/** SHA-256 over everything of ours that an object is made of. */
export function hashSources(plan: ObjectPlan): string {
  const hash = createHash('sha256')
  for (const file of [plan.source, ...HEADERS, ...(OWN_HEADERS[plan.source] ?? [])])
    hash.update(readFileSync(join(BPF_DIRECTORY, file)))
  return hash.update(plan.flags.join(' ')).digest('hex')
}

/** First line of the compiler's version, or undefined where clang, llvm-strip or libbpf's headers are missing. */
export function compilerVersion(): string | undefined {
  const clang = spawnSync('clang', ['--version'], { encoding: 'utf8' })
  const strip = spawnSync('llvm-strip', ['--version'], { encoding: 'utf8' })
  if (clang.status !== 0 || strip.status !== 0 || !existsSync('/usr/include/bpf/bpf_helpers.h'))
    return undefined
  return clang.stdout.split('\n', 1)[0]
}

/**
 * Compiles one object to `path`. DWARF is taken out (BTF stays), so that the bytes depend on the sources and
 * the compiler alone, not on the directory.
 *
 * @throws Error with the compiler's messages.
 */
export function compileObject(plan: ObjectPlan, path: string): void {
  run('clang', [...plan.flags, '-c', plan.source, '-o', path])
  run('llvm-strip', ['--strip-debug', path])
}

/** Compiles all objects in place and writes `objects.json`; gives the names of the objects that changed. */
export function buildObjects(): readonly string[] {
  const compiler = compilerVersion()
  if (compiler === undefined)
    throw new Error('clang, llvm-strip and libbpf-dev are needed to compile the BPF programs')
  const before = readObjectIndex()
  const index: Record<string, ObjectEntry> = {}
  const changed: string[] = []
  for (const plan of OBJECT_PLANS) {
    const path = join(BPF_DIRECTORY, plan.object)
    compileObject(plan, path)
    index[plan.object] = { sources: hashSources(plan), object: hashFile(path), compiler }
    if (before[plan.object]?.object !== index[plan.object]?.object) changed.push(plan.object)
  }
  writeFileSync(join(BPF_DIRECTORY, 'objects.json'), `${JSON.stringify(index, undefined, 2)}\n`)
  return changed
}

export function readObjectIndex(): ObjectIndex {
  const path = join(BPF_DIRECTORY, 'objects.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ObjectIndex) : {}
}

export function hashFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function run(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { cwd: BPF_DIRECTORY, encoding: 'utf8' })
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? done.stderr}`)
  }
}
