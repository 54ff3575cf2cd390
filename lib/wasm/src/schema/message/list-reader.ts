import { MessageError } from './message-error.ts'
import type { ListPlace, MessageReader } from './message-reader.ts'

/** Reads one element. */
export type ReadElement<T> = (message: MessageReader, list: ListPlace, index: number) => T

/** A list as it lies in the message; each element is read when it is asked for. */
export class ListReader<T> implements Iterable<T> {
  readonly length: number
  readonly #message: MessageReader
  readonly #place: ListPlace | undefined
  readonly #read: ReadElement<T>

  constructor(message: MessageReader, place: ListPlace | undefined, read: ReadElement<T>) {
    this.length = place?.length ?? 0
    this.#message = message
    this.#place = place
    this.#read = read
  }

  /** @throws {RangeError} outside of the list. @throws {MessageError} as reading it does */
  get(index: number): T {
    if (this.#place === undefined || !(index >= 0 && index < this.length))
      throw new RangeError(`there is no element ${index} of ${this.length}`)
    return this.#read(this.#message, this.#place, index)
  }

  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.length; index++) yield this.get(index)
  }
}

/** Where a number of so many bits lies; the first field of a struct counts as one (encoding: lists). */
function numberAt(list: ListPlace, index: number, bits: number): number {
  if (
    list.isPointers ||
    list.stepBits < 8 ||
    list.dataBytes * 8 < bits ||
    (!list.isComposite && list.stepBits !== bits)
  )
    throw new MessageError('bounds', `a list of ${list.stepBits} bits an element is read as ${bits}`)
  return list.start + (list.stepBits >> 3) * index
}

function pointerAt(list: ListPlace, index: number): number {
  if (!list.isPointers && (!list.isComposite || list.stepBits <= list.dataBytes * 8))
    throw new MessageError('bounds', 'a list without pointers is read as one of them')
  return list.start + (list.stepBits >> 3) * index + (list.isComposite ? list.dataBytes : 0)
}

/** How elements of each kind are read. */
export const ELEMENT = {
  void: (): undefined => undefined,
  bool: ({ view }: MessageReader, list: ListPlace, index: number): boolean => {
    if (list.stepBits !== 1)
      throw new MessageError('bounds', `a list of ${list.stepBits} bits an element is read as bits`)
    return ((view.getUint8(list.start + (index >> 3)) >> (index & 7)) & 1) === 1
  },
  int8: ({ view }: MessageReader, list: ListPlace, index: number) => view.getInt8(numberAt(list, index, 8)),
  uint8: ({ view }: MessageReader, list: ListPlace, index: number) => view.getUint8(numberAt(list, index, 8)),
  int16: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getInt16(numberAt(list, index, 16), true),
  uint16: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getUint16(numberAt(list, index, 16), true),
  int32: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getInt32(numberAt(list, index, 32), true),
  uint32: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getUint32(numberAt(list, index, 32), true),
  float32: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getFloat32(numberAt(list, index, 32), true),
  int64: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getBigInt64(numberAt(list, index, 64), true),
  uint64: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getBigUint64(numberAt(list, index, 64), true),
  float64: ({ view }: MessageReader, list: ListPlace, index: number) =>
    view.getFloat64(numberAt(list, index, 64), true),
  text: (message: MessageReader, list: ListPlace, index: number) =>
    message.textAt(pointerAt(list, index), list.depth),
  data: (message: MessageReader, list: ListPlace, index: number) =>
    message.dataAt(pointerAt(list, index), list.depth),
  /** A struct of a class. */
  struct:
    <T>(of: new (message: MessageReader) => T) =>
    (message: MessageReader, list: ListPlace, index: number): T => {
      message.elementOf(list, index)
      return new of(message)
    },
  /** A list whose elements are read so. */
  list:
    <T>(read: ReadElement<T>) =>
    (message: MessageReader, list: ListPlace, index: number): ListReader<T> =>
      new ListReader(message, message.listAt(pointerAt(list, index), list.depth), read),
} as const
