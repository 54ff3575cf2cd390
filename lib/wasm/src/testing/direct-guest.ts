import { MACHINE, type Surroundings } from '../wasi/clocks.ts'
import type { Descriptor } from '../wasi/descriptor.ts'
import type { DirectoryHandle } from '../wasi/fs/file-system.ts'
import { wasiImports } from '../wasi/imports/imports.ts'
import { GuestProcess } from '../wasi/process.ts'

type Answer = number | Promise<number>

export interface DirectGuestOptions {
  readonly args?: readonly string[]
  readonly descriptors?: readonly Descriptor[]
  readonly descriptorsMax?: number
  readonly surroundings?: Partial<Surroundings>
  readonly turnMs?: number
}

/** Calls what a guest would import, with a memory of one page: below 32 KiB arguments, above it results. */
export class DirectGuest {
  readonly guest: GuestProcess
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  readonly bytes = new Uint8Array(this.memory.buffer)
  readonly view = new DataView(this.memory.buffer)
  readonly imports: Readonly<Record<string, (...args: never[]) => Answer>>
  #textEnd = 1024
  static readonly RESULT = 32 << 10

  constructor(options: DirectGuestOptions = {}) {
    this.guest = new GuestProcess({
      args: (options.args ?? []).map((text) => Buffer.from(text)),
      env: [],
      surroundings: { ...MACHINE, ...options.surroundings },
      descriptorsMax: options.descriptorsMax ?? 32,
      turnMs: options.turnMs ?? Infinity,
    })
    this.guest.useMemory(this.memory)
    for (const descriptor of options.descriptors ?? []) this.guest.descriptors.add(descriptor)
    this.imports = wasiImports(this.guest)
  }

  /** The number of the error, also of a call that waits. */
  call(name: string, ...args: readonly (number | bigint)[]): Answer {
    return this.imports[name]!(...(args as never[]))
  }

  /** Pointer and length of a text, which stays until 30 KiB of them are written. */
  text(text: string | Uint8Array): readonly [number, number] {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    if (this.#textEnd + bytes.length > 30 << 10) this.#textEnd = 1024
    const at = this.#textEnd
    this.bytes.set(bytes, at)
    this.#textEnd += bytes.length
    return [at, bytes.length]
  }

  /** Pointer and count of one piece, for fd_read and the like. */
  piece(pointer: number, length: number): readonly [number, number] {
    this.view.setUint32(8, pointer, true)
    this.view.setUint32(12, length, true)
    return [8, 1]
  }

  /** path_open; the errno, or the descriptor as a negative number less one. */
  open(fd: number, path: string, { flags = 0, follow = false, rights = 0x42n, fdFlags = 0 } = {}): number {
    const errno = this.call(
      'path_open',
      fd,
      follow ? 1 : 0,
      ...this.text(path),
      flags,
      rights,
      0n,
      fdFlags,
      DirectGuest.RESULT,
    ) as number
    return errno === 0 ? ~this.view.getUint32(DirectGuest.RESULT, true) : errno
  }
}

/** What a guest starts with at descriptor 0, so that tests can count from there. */
export function preopened(handle: DirectoryHandle, isReadOnly = false): Descriptor {
  return { kind: 'directory', handle, isReadOnly, preopenPath: '/', flags: 0 }
}
