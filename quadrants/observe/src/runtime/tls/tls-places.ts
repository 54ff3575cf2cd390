import { EbpfError, findProbeSite, type Machine, type TrapKind } from '@quadrant/ebpf/machine-code'
import { findFunctions, type GoBinary, type GoFunction, tlsLayout, type TlsLayout } from '@quadrant/golang'
import { findCalls } from '../gc/find-calls.ts'
import { binaryOf, type GoTarget } from '../go-target.ts'
import { type ProbedCode, problemsOf, readFunction, type ReadFunction } from '../probed-code.ts'

/** `enum tls_kind` of bpf/go-tls.bpf.c. */
export const TlsKind = { handshake: 1, write: 2, writeEntry: 3, readCopy: 4, readCall: 5 } as const
export type TlsKind = (typeof TlsKind)[keyof typeof TlsKind]

/** One instruction that is probed. */
export interface TlsPlace {
  readonly kind: TlsKind
  /** Bytes from the file's beginning. */
  readonly offset: number
  readonly trap: TrapKind
  /** There are others like it, of which not all are of what is read. */
  readonly isOneOfSeveral: boolean
}

export interface TlsPlaces {
  readonly layout: TlsLayout
  readonly places: readonly TlsPlace[]
  readonly code: readonly ProbedCode[]
}

const WRITE = 'crypto/tls.(*Conn).Write'
const READ = 'crypto/tls.(*Conn).Read'
const HANDSHAKES = ['crypto/tls.(*Conn).clientHandshake', 'crypto/tls.(*Conn).serverHandshake'] as const
/** Writes records with the lock held. */
const WRITE_RECORD = 'crypto/tls.(*Conn).writeRecordLocked'
/** Copies what was decrypted. Not inlined in programs that are built without optimisation. */
const COPY = 'runtime.memmove'
const READER = 'bytes.(*Reader).Read'

const MACHINE: Machine = 'x86-64'

/**
 * Where a program's TLS is seen; undefined where it has none, or never writes to it.
 *
 * All but the handshakes are calls: the kernel emulates them, as it does not what follows a stack check before Go 1.21,
 * nor any return; arguments are where the calling convention has them; and within `Write` and `Read` they are made with
 * the lock of their direction held, after the handshake.
 *
 * @throws {EbpfError} `unsupported` for a version, machine or program whose places are not known: nothing is guessed
 */
export function tlsPlaces(target: GoTarget): TlsPlaces | undefined {
  const binary = binaryOf(target)
  const names = [WRITE, READ, ...HANDSHAKES, WRITE_RECORD, COPY, READER]
  const functions = findFunctions(binary.functions, names)
  if (!functions.has(WRITE)) return undefined
  const refuse: Refuse = (message) => {
    throw new EbpfError('unsupported', `${target.path}: ${message}`)
  }
  const { architecture } = binary.image
  if (architecture !== 'amd64') refuse(`TLS is not read on ${architecture}`)
  const layout = tlsLayout(target.layout) ?? refuse(`TLS is not read in Go 1.${target.layout.minor}`)
  return new PlaceFinder(binary, functions, refuse).find(layout)
}

type Refuse = (message: string) => never

class PlaceFinder {
  readonly #binary: GoBinary
  readonly #functions: ReadonlyMap<string, readonly GoFunction[]>
  readonly #refuse: Refuse

  constructor(binary: GoBinary, functions: ReadonlyMap<string, readonly GoFunction[]>, refuse: Refuse) {
    this.#binary = binary
    this.#functions = functions
    this.#refuse = refuse
  }

  find(layout: TlsLayout): TlsPlaces {
    const write = this.#read(WRITE)
    const read = this.#functions.has(READ) ? this.#read(READ) : undefined
    const handshakes = HANDSHAKES.filter((name) => this.#functions.has(name)).map((name) => this.#read(name))
    if (handshakes.length === 0) this.#refuse('has no handshake of TLS')
    const places = [
      ...handshakes.map((handshake) => this.#entry(TlsKind.handshake, handshake)),
      ...this.#writes(write),
      ...(read === undefined ? [] : this.#reads(read)),
    ]
    return { layout, places, code: [write, ...(read ? [read] : []), ...handshakes] }
  }

  #writes(write: ReadFunction): readonly TlsPlace[] {
    const calls = this.#calls(TlsKind.write, write, WRITE_RECORD)
    // Where a profile had it inlined: before the lock, but everything is still where it was given.
    return calls.length > 0 ? calls : [this.#entry(TlsKind.writeEntry, write)]
  }

  #reads(read: ReadFunction): readonly TlsPlace[] {
    for (const [kind, callee] of [
      [TlsKind.readCopy, COPY],
      [TlsKind.readCall, READER],
    ] as const) {
      const calls = this.#calls(kind, read, callee)
      if (calls.length > 0) return calls
    }
    return this.#refuse(`${READ} does not copy as is known`)
  }

  #read(name: string): ReadFunction {
    const all = this.#functions.get(name) ?? []
    if (all.length !== 1) this.#refuse(`has ${all.length} functions ${name}, not one`)
    return readFunction(this.#binary, all[0]!) ?? this.#refuse(`the code of ${name} is not in the file`)
  }

  #entry(kind: TlsKind, { name, offset, bytes }: ReadFunction): TlsPlace {
    const { value, diagnostics } = findProbeSite(bytes, MACHINE)
    if (value === undefined || diagnostics.length > 0)
      return this.#refuse(`${name}: ${problemsOf(diagnostics)}`)
    return { kind, offset: offset + value.offset, trap: value.trap, isOneOfSeveral: false }
  }

  #calls(kind: TlsKind, { name, entry, offset, bytes }: ReadFunction, callee: string): TlsPlace[] {
    const calls = (this.#functions.get(callee) ?? []).flatMap(
      (called) => findCalls(bytes, entry, called.entry) ?? this.#refuse(`${name}: its code cannot be read`),
    )
    return calls.map((at) => ({
      kind,
      offset: offset + at,
      trap: findProbeSite(bytes.subarray(at), MACHINE).value?.trap ?? 'stepped',
      // Each of the calls that write is one; of those that copy, one is of what was decrypted.
      isOneOfSeveral: kind === TlsKind.readCopy && calls.length > 1,
    }))
  }
}
