import type { SampleKind } from '@quadrant/proto'
import { SAMPLE_KIND } from './kinds.ts'
import type { ImagesMessage, TurnMessage, TurnResult } from './profile-message.ts'
import { type Placement, StackPlacer } from './stack-placer.ts'
import { STACK, stackBytes } from './stack-record.ts'
import { STACK_STATE } from './stack-tree.ts'
import { Symbolizer, type SymbolizerOptions } from './symbolizer.ts'
import { WindowBuilder } from './window-builder.ts'

const NS_PER_SECOND = 1e9

/** A millisecond or less, unless files are to be read. */
const STACKS_AT_A_TIME = 16

/** Makes windows of counted stacks. Knows no kernel object: it works in a thread of its own. */
export class ProfileAssembler implements Disposable {
  readonly #symbolizer: Symbolizer
  #window: WindowBuilder | undefined
  readonly #placer: StackPlacer

  constructor(options: SymbolizerOptions = {}) {
    this.#symbolizer = new Symbolizer(options)
    this.#placer = new StackPlacer(this.#symbolizer)
  }

  /** @param nowMs a clock that only goes forward */
  meet({ images }: ImagesMessage, nowMs: number): void {
    for (const image of images) this.#symbolizer.meet(image, nowMs)
  }

  /** Reads what is due to be read anew. */
  refresh(nowMs: number): void {
    this.#symbolizer.refresh(nowMs)
  }

  /** @param between is called now and then, as there may be something that cannot wait */
  add(turn: TurnMessage, nowMs: number, between: () => void = () => undefined): TurnResult {
    const symbolizer = this.#symbolizer
    this.refresh(nowMs)
    const window = (this.#window ??= new WindowBuilder(turn.startNs))
    const placer = this.#placer
    placer.begin(window)
    const view = new DataView(turn.stacks)
    const dropped = new Map<string, number>()
    let kept = 0
    let broken = 0
    let unknown = 0
    let index = 0
    for (let at = 0; at < view.byteLength; at += stackBytes(view, at)) {
      if (index++ % STACKS_AT_A_TIME === 0) between()
      const count = view.getUint32(at + STACK.count, true)
      const placement = placer.place(view, at)
      const { process, node, state, isUnknown } = placement
      const isBroken = (state & STACK_STATE.whole) === 0
      const second = view.getUint32(at + STACK.second, true)
      const timeNs = turn.monotonicEpochNs + (second + 0.5) * NS_PER_SECOND
      const limit =
        node === -1
          ? window.limit
          : window.add({ process, node, count, kind: kindOf(placement), isBroken, timeNs })
      if (limit !== undefined) {
        dropped.set(limit, (dropped.get(limit) ?? 0) + count)
        continue
      }
      kept += count
      if (isBroken) broken += count
      if (isUnknown) unknown += count
    }
    return {
      kept,
      broken,
      unknown,
      dropped: [...dropped],
      symbolFiles: symbolizer.fileCount,
      symbolBytes: symbolizer.byteLength,
      window: turn.isLast ? this.#finish(turn) : undefined,
    }
  }

  [Symbol.dispose](): void {
    this.#symbolizer[Symbol.dispose]()
  }

  #finish({ endNs, frequencyHz }: TurnMessage) {
    const window = this.#window?.finish(endNs, frequencyHz)
    this.#window = undefined
    return window
  }
}

function kindOf({ state }: Placement): SampleKind {
  if ((state & STACK_STATE.collector) !== 0) return SAMPLE_KIND.gc
  const isGo = (state & STACK_STATE.go) !== 0
  return isGo && (state & STACK_STATE.program) === 0 ? SAMPLE_KIND.runtime : SAMPLE_KIND.program
}
