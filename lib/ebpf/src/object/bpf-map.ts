import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import type { MapSpec } from '../spec/collection-spec.ts'
import { BPF, BpfAttr, bpf, commandName, tryBpf, type BpfCommand } from '../sys/bpf.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { addressOf, errno } from '../sys/libc.ts'
import { isPerCpu, MAP_FLAG, mapTypeOf, type MapType } from '../uapi/map-type.ts'
import { MapBatch, type BatchOptions, type BatchVisitor } from './map-batch.ts'
import { createMap } from './create-map.ts'
import { mapIntoMemory, type MappedMemory, type MmapOptions } from './mapped-memory.ts'
import { infoName, readObjectInfo } from '../sys/object-info.ts'
import { OwnedFd } from '../sys/owned-fd.ts'
import { openPinned, pinObject } from '../sys/pin.ts'
import { possibleCpuCount } from './possible-cpus.ts'

/** Flags of `update`. */
export const UPDATE = { any: 0, ifAbsent: 1, ifPresent: 2 } as const

const ENOENT = 2

/** What a map is made of, as the kernel tells it. */
interface MapShape {
  readonly name: string
  readonly id: number
  readonly type: MapType
  readonly keyBytes: number
  readonly valueBytes: number
  readonly maxEntries: number
  readonly flags: number
}

/**
 * A map in the kernel. Keys and values are bytes in the machine's order; `structCodec` reads and writes them.
 * Look-ups, updates and deletions allocate nothing but a result that was not given a place.
 */
export class BpfMap extends OwnedFd {
  readonly name: string
  readonly id: number
  readonly type: MapType
  readonly keyBytes: number
  /** Of one value; per-CPU maps have `cpuCount` of them, each rounded up to 8 bytes. */
  readonly valueBytes: number
  readonly maxEntries: number
  readonly flags: number
  /** 1 but for per-CPU maps. */
  readonly cpuCount: number
  /** Bytes that `lookup` gives: of all processors together. */
  readonly lookupBytes: number
  readonly #attr: BpfAttr
  /** Deleting takes a key alone: the kernel wants the rest to be zero. */
  readonly #deleteAttr: BpfAttr
  readonly #key: Uint8Array
  readonly #value: Uint8Array
  readonly #nextKey: Uint8Array
  #batch: MapBatch | undefined

  private constructor(fd: number, shape: MapShape) {
    super(fd)
    this.name = shape.name
    this.id = shape.id
    this.type = shape.type
    this.keyBytes = shape.keyBytes
    this.valueBytes = shape.valueBytes
    this.maxEntries = shape.maxEntries
    this.flags = shape.flags
    this.cpuCount = isPerCpu(shape.type) ? possibleCpuCount() : 1
    this.lookupBytes = isPerCpu(shape.type)
      ? Math.ceil(shape.valueBytes / 8) * 8 * this.cpuCount
      : shape.valueBytes
    this.#key = new Uint8Array(shape.keyBytes)
    this.#nextKey = new Uint8Array(shape.keyBytes)
    this.#value = new Uint8Array(this.lookupBytes)
    this.#attr = new BpfAttr()
      .u32(0, fd)
      .u64(8, addressOf(this.#key))
      .u64(16, addressOf(this.#value))
      .u64(24, 0)
    this.#deleteAttr = new BpfAttr().u32(0, fd).u64(8, addressOf(this.#key))
  }

  /** Makes a new map. @param btfFd of the BTF its type ids are of @throws {EbpfError} */
  static create(spec: MapSpec, btfFd = 0): BpfMap {
    return BpfMap.fromFd(createMap(spec, btfFd), spec.name)
  }

  /** The map that is pinned there. @throws {EbpfError} `not-found`; `argument` when it is no map */
  static openPinned(path: string): BpfMap {
    return BpfMap.fromFd(openPinned(path, 'map'))
  }

  /** The map with this id. @throws {EbpfError} `not-found` */
  static openId(id: number): BpfMap {
    return BpfMap.fromFd(bpf(BPF.MAP_GET_FD_BY_ID, new BpfAttr().u32(0, id).u32(4, 0).u32(8, 0)))
  }

  /** Takes over the descriptor of a map. @param name its whole name, where the kernel has but 15 letters of it */
  static fromFd(fd: number, name?: string): BpfMap {
    try {
      const info = readObjectInfo(fd)
      const word = (offset: number) => info.getUint32(offset, true)
      const type = mapTypeOf(word(0))
      if (type === undefined) throw new EbpfError('unsupported', `unknown map type ${word(0)}`)
      return new BpfMap(fd, {
        name: name ?? infoName(info, 24),
        id: word(4),
        type,
        keyBytes: word(8),
        valueBytes: word(12),
        maxEntries: word(16),
        flags: word(20),
      })
    } catch (error) {
      closeFd(fd)
      throw error
    }
  }

  /**
   * The value of the key, written into `into` (`lookupBytes` long) where given; undefined when there is none.
   *
   * @throws {EbpfError}
   */
  lookup(key: Uint8Array, into?: Uint8Array): Uint8Array | undefined {
    this.#setKey(key)
    if (!this.#try(BPF.MAP_LOOKUP_ELEM)) return undefined
    return this.#takeValue(into)
  }

  /** Takes the value away and gives it: hash maps; queues and stacks with an empty key. @throws {EbpfError} */
  lookupAndDelete(key: Uint8Array, into?: Uint8Array): Uint8Array | undefined {
    this.#setKey(key)
    if (!this.#try(BPF.MAP_LOOKUP_AND_DELETE_ELEM)) return undefined
    return this.#takeValue(into)
  }

  /**
   * Sets the key's value; of a per-CPU map all processors' values.
   *
   * @throws {EbpfError} `exists`, `not-found` by the flag; `limit` when the map is full
   */
  update(key: Uint8Array, value: Uint8Array, flag: number = UPDATE.any): void {
    this.#setKey(key)
    if (value.length !== this.lookupBytes)
      throw new EbpfError('argument', `map ${this.name}: ${value.length} bytes for ${this.lookupBytes}`)
    this.#value.set(value)
    this.#attr.view.setUint32(24, flag, true)
    const result = tryBpf(BPF.MAP_UPDATE_ELEM, this.#attr)
    this.#attr.view.setUint32(24, 0, true)
    if (result === -1) throw this.#error(BPF.MAP_UPDATE_ELEM)
  }

  /** Whether there was such a key. @throws {EbpfError} */
  delete(key: Uint8Array): boolean {
    this.#setKey(key)
    return this.#try(BPF.MAP_DELETE_ELEM, this.#deleteAttr)
  }

  /** The key after this one, the first without one; undefined at the end. @throws {EbpfError} */
  nextKey(key?: Uint8Array, into?: Uint8Array): Uint8Array | undefined {
    if (key !== undefined) this.#setKey(key)
    this.#attr.u64(8, key === undefined ? 0 : addressOf(this.#key)).u64(16, addressOf(this.#nextKey))
    try {
      if (!this.#try(BPF.MAP_GET_NEXT_KEY)) return undefined
    } finally {
      this.#attr.u64(8, addressOf(this.#key)).u64(16, addressOf(this.#value))
    }
    if (into === undefined) return this.#nextKey.slice()
    into.set(this.#nextKey)
    return into
  }

  /** All keys, as far as a map that changes meanwhile can tell them. */
  *keys(): Generator<Uint8Array> {
    // As many as fit are enough: a key deleted meanwhile would start the walk anew.
    let key = this.nextKey()
    for (let count = 0; key !== undefined && count < this.maxEntries; count++) {
      yield key
      key = this.nextKey(key)
    }
  }

  /**
   * Tells all entries in chunks, one system call each.
   *
   * @returns how many entries there were
   * @throws {EbpfError} `unsupported` on kernels and map types without batches
   */
  lookupBatch(visit: BatchVisitor, options?: BatchOptions): number {
    return this.#batches().walk(BPF.MAP_LOOKUP_BATCH, visit, options)
  }

  /** As `lookupBatch`, taking the entries away in the same step: nothing is counted twice. */
  lookupAndDeleteBatch(visit: BatchVisitor, options?: BatchOptions): number {
    return this.#batches().walk(BPF.MAP_LOOKUP_AND_DELETE_BATCH, visit, options)
  }

  /** Sets `keys.length / keyBytes` entries in one system call. @throws {EbpfError} */
  updateBatch(keys: Uint8Array, values: Uint8Array): void {
    this.#batches().update(keys, values)
  }

  /**
   * The values of an array made with `MAP_FLAG.mmapable`, as the kernel sees them, each `stride` bytes apart. Reading
   * and writing costs no system call.
   *
   * @throws {EbpfError}
   */
  mmap(options?: MmapOptions): MappedMemory {
    return mapIntoMemory(this, options)
  }

  get isMmapable(): boolean {
    return (this.flags & MAP_FLAG.mmapable) !== 0
  }

  /** How many entries there are now; arrays count all of theirs. One pass over the map. @throws {EbpfError} */
  countEntries(): number {
    if (this.type === 'array' || this.type === 'percpu_array') return this.maxEntries
    return this.lookupBatch(() => undefined)
  }

  /** Bytes of kernel memory it takes, as the kernel accounts for them. @throws {EbpfError} */
  memoryBytes(): number {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${this.fd}`, 'latin1')
      return Number(/^memlock:\s*(\d+)$/m.exec(info)?.[1] ?? 0)
    } catch (error) {
      throw EbpfError.from(error)
    }
  }

  /** No more writes from user space. @throws {EbpfError} */
  freeze(): void {
    bpf(BPF.MAP_FREEZE, new BpfAttr().u32(0, this.fd), `freeze map ${this.name}`)
  }

  /** Keeps the map alive under a path of a bpffs. @throws {EbpfError} */
  pin(path: string): void {
    pinObject(this.fd, path)
  }

  #setKey(key: Uint8Array): void {
    if (key.length !== this.keyBytes)
      throw new EbpfError('argument', `map ${this.name}: a key of ${key.length} bytes, not ${this.keyBytes}`)
    this.#key.set(key)
  }

  /** False when there is no such key. */
  #try(command: BpfCommand, attr = this.#attr): boolean {
    if (tryBpf(command, attr) !== -1) return true
    if (errno() === ENOENT) return false
    throw this.#error(command)
  }

  #error(command: BpfCommand): EbpfError {
    return EbpfError.fromErrno(errno(), commandName(command), `map ${this.name}`)
  }

  #takeValue(into: Uint8Array | undefined): Uint8Array {
    if (into === undefined) return this.#value.slice()
    if (into.length < this.lookupBytes)
      throw new EbpfError('argument', `map ${this.name}: ${into.length} bytes are too few for a value`)
    into.set(this.#value)
    return into
  }

  #batches(): MapBatch {
    this.#batch ??= new MapBatch(this)
    return this.#batch
  }
}
