import {
  EbpfError,
  findProbeSite,
  findReturns,
  type Machine,
  type TrapKind,
} from '@quadrant/ebpf/machine-code'
import { findFunctions, type GoBinary, type GoFunction } from '@quadrant/golang'
import { binaryOf, type GoTarget } from '../go-target.ts'
import { type ProbedCode, problemsOf, readFunction, type ReadFunction } from '../probed-code.ts'
import { findCalls } from './find-calls.ts'
import { GcKind } from './gc-record.ts'

/** One instruction that is probed. */
export interface GcPlace {
  readonly kind: GcKind
  /** As in the file. */
  readonly address: number
  /** Bytes from the file's beginning. */
  readonly offset: number
  readonly trap: TrapKind
}

export interface GcPlaces {
  readonly places: readonly GcPlace[]
  readonly code: readonly ProbedCode[]
}

const STOP = 'runtime.stopTheWorldWithSema'
const START = 'runtime.startTheWorldWithSema'
const BEGIN = 'runtime.(*gcControllerState).startCycle'
const MARK_TERMINATION = 'runtime.gcMarkTermination'
/** The last that `startTheWorldWithSema` calls, in every version and whatever it did before. */
const WAKE = 'runtime.wakep'

const MACHINE: Machine = 'x86-64'

/** The first version whose functions and arguments were compared with this. */
const MINOR_MIN = 20

const found = new WeakMap<GoBinary, GcPlaces>()

/**
 * Where a program's collections are seen. Looked up once for each binary.
 *
 * @throws {EbpfError} `unsupported` for a version, machine or program whose places are not known: nothing is guessed
 */
export function gcPlaces(target: GoTarget): GcPlaces {
  const { path, layout } = target
  const binary = binaryOf(target)
  const refuse = (message: string): never => {
    throw new EbpfError('unsupported', `${path}: ${message}`)
  }
  const { architecture } = binary.image
  if (architecture !== 'amd64') refuse(`collections are not observed on ${architecture}`)
  if (layout.minor < MINOR_MIN)
    refuse(`collections are observed from Go 1.${MINOR_MIN} on, this is Go 1.${layout.minor}`)
  const known = found.get(binary)
  if (known !== undefined) return known
  const places = findPlaces(binary, refuse)
  found.set(binary, places)
  return places
}

type Refuse = (message: string) => never

function findPlaces(binary: GoBinary, refuse: Refuse): GcPlaces {
  const functions = findFunctions(binary.functions, [STOP, START, BEGIN, MARK_TERMINATION, WAKE])
  const read = (name: string): ReadFunction => {
    const all = functions.get(name) ?? []
    if (all.length !== 1) return refuse(`has ${all.length} functions ${name}, not one`)
    return readFunction(binary, all[0]!) ?? refuse(`the code of ${name} is not in the file`)
  }
  const call = (kind: GcKind, { name, entry, offset, bytes }: ReadFunction): GcPlace => {
    const { value, diagnostics } = findProbeSite(bytes, MACHINE)
    if (value === undefined || diagnostics.length > 0) return refuse(`${name}: ${problemsOf(diagnostics)}`)
    return { kind, address: entry + value.offset, offset: offset + value.offset, trap: value.trap }
  }
  const [stop, start, begin, markTermination] = [STOP, START, BEGIN, MARK_TERMINATION].map(read) as [
    ReadFunction,
    ReadFunction,
    ReadFunction,
    ReadFunction,
  ]
  const places = [
    call(GcKind.stop, stop),
    call(GcKind.start, start),
    ...(startedAtCall(start, functions.get(WAKE) ?? []) ?? startedAtReturns(start, refuse)),
    call(GcKind.begin, begin),
    call(GcKind.markTermination, markTermination),
  ]
  return { places, code: [stop, start, begin, markTermination] }
}

/**
 * The world is started when the function has read its clock. What follows wakes another thread, which may take this
 * one's processor: its return is microseconds later, or, on a busy machine, a time slice. And a call is emulated by the
 * kernel, a return is not.
 */
function startedAtCall(start: ReadFunction, wake: readonly GoFunction[]): readonly GcPlace[] | undefined {
  const calls = wake.flatMap(({ entry }) => findCalls(start.bytes, start.entry, entry) ?? [])
  const [at] = calls
  if (at === undefined || calls.length !== 1) return undefined
  const trap = findProbeSite(start.bytes.subarray(at), MACHINE).value?.trap ?? 'stepped'
  return [{ kind: GcKind.started, address: start.entry + at, offset: start.offset + at, trap }]
}

function startedAtReturns(start: ReadFunction, refuse: Refuse): readonly GcPlace[] {
  const { value, diagnostics } = findReturns(start.bytes, MACHINE)
  if (value === undefined || value.length === 0 || diagnostics.length > 0)
    return refuse(`${START}: ${problemsOf(diagnostics) || 'does not return'}`)
  return value.map((at) => ({
    kind: GcKind.started,
    address: start.entry + at,
    offset: start.offset + at,
    trap: 'stepped',
  }))
}
