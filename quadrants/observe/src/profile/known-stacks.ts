import { ticksOf } from '../discover/host-clock.ts'
import type { ProcessImage } from './process-image.ts'
import { STACK, wordAt } from './stack-record.ts'
import { TripleTable } from './triple-table.ts'
import { Uint32Column } from './uint32-column.ts'

/** Some 3 MB. A busy machine has some 5000 stacks that come again. */
const STACKS_MAX = 1 << 15

/** A stack that was placed before, and may be sampled again. */
interface KnownStack {
  readonly image: ProcessImage
  /** Of its image when it was placed: its code was not read anew since. */
  readonly codeVersion: number
}

/**
 * Stacks by the kernel program's hash of their program and all of their addresses, so that one that comes again is
 * neither walked nor put into words. Of two stacks of one process with one hash, the first one stands for both, as in
 * the kernel's own map: nobody can make up one of another process's.
 */
export class KnownStacks {
  readonly #hashes = new TripleTable()
  readonly #places = new Uint32Column()
  readonly #states = new Uint32Column()
  readonly #stacks: KnownStack[] = []

  get isFull(): boolean {
    return this.#hashes.length >= STACKS_MAX
  }

  /** The index of the stack at an offset, in the form of `struct stack`; -1 where it is not known, or no longer. */
  find(view: DataView, at: number): number {
    const index = this.#indexOf(view, at)
    if (index === -1) return -1
    const { image, codeVersion } = this.#stacks[index]!
    return image.codeVersion === codeVersion && isOf(image, view, at) ? index : -1
  }

  add(view: DataView, at: number, image: ProcessImage, place: number, state: number): void {
    const stack = { image, codeVersion: image.codeVersion }
    const known = this.#indexOf(view, at)
    if (known !== -1) {
      this.#places.set(known, place)
      this.#states.set(known, state)
      this.#stacks[known] = stack
      return
    }
    if (this.isFull) return
    this.#hashes.add(hashLow(view, at), hashHigh(view, at), view.getUint32(at + STACK.tgid, true))
    this.#places.push(place)
    this.#states.push(state)
    this.#stacks.push(stack)
  }

  imageOf(index: number): ProcessImage {
    return this.#stacks[index]!.image
  }

  placeOf(index: number): number {
    return this.#places.at(index)
  }

  stateOf(index: number): number {
    return this.#states.at(index)
  }

  #indexOf(view: DataView, at: number): number {
    return this.#hashes.find(hashLow(view, at), hashHigh(view, at), view.getUint32(at + STACK.tgid, true))
  }
}

function hashLow(view: DataView, at: number): number {
  return view.getInt32(at + STACK.hash, true)
}

function hashHigh(view: DataView, at: number): number {
  return view.getInt32(at + STACK.hash + 4, true)
}

/** Whether a stack is one of a program, and not of another process or of what this one executed before. */
function isOf({ id }: ProcessImage, view: DataView, at: number): boolean {
  const startNs = at + STACK.startNs
  return (
    id.startStack === wordAt(view, at + STACK.startStack) &&
    id.startTicks === ticksOf(view.getUint32(startNs, true), view.getUint32(startNs + 4, true))
  )
}
