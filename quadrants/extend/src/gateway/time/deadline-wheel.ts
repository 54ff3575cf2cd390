/** Something that is to happen at a time. It belongs to one owner, who sets and clears it as often as it likes. */
export class Deadline {
  readonly owner: DeadlineOwner
  /** What it is for, where the owner has several. */
  readonly kind: number
  /** By the clock of the wheel; 0: not set. */
  atMs = 0
  previous: Deadline | undefined
  next: Deadline | undefined
  slot = -1

  constructor(owner: DeadlineOwner, kind = 0) {
    this.owner = owner
    this.kind = kind
  }
}

export interface DeadlineOwner {
  onDeadline(kind: number): void
}

/** Timeouts of proxies are seconds: what is late by so much is not noticed, and 50 wake-ups a second cost nothing. */
const TICK_MS = 20
/** A power of two. Deadlines further away than a turn (10 s) are met and left again at each turn. */
const SLOT_COUNT = 512

export interface WheelClock {
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Calls every so often, without keeping the process alive, until what it returns is called. */
  readonly every: (intervalMs: number, call: () => void) => () => void
}

/**
 * All deadlines of one thread: setting and clearing one is a few writes, where a timer of Node is an object and a
 * function each time. Deadlines are never early, and late by two ticks at most where the thread is not busy.
 */
export class DeadlineWheel implements Disposable {
  readonly #slots: (Deadline | undefined)[] = new Array(SLOT_COUNT).fill(undefined)
  readonly #clock: WheelClock
  #stop: (() => void) | undefined
  #count = 0
  /** Of the last tick that was done. */
  #tick: number
  /** As of the last tick; exact where nothing is set. */
  #nowMs: number

  constructor(clock: WheelClock) {
    this.#clock = clock
    this.#nowMs = clock.now()
    this.#tick = Math.floor(this.#nowMs / TICK_MS)
  }

  /** How many are set. */
  get count(): number {
    return this.#count
  }

  /** Milliseconds, up to a tick behind. */
  get nowMs(): number {
    return this.#stop === undefined ? this.#clock.now() : this.#nowMs
  }

  /** @param delayMs from now; 0 and Infinity: never */
  set(deadline: Deadline, delayMs: number): void {
    if (deadline.slot !== -1) this.#unlink(deadline)
    if (!(delayMs > 0 && delayMs < Infinity)) return
    if (this.#stop === undefined) this.#start()
    // The wheel's time is up to a tick old: a tick more, so that none is early.
    deadline.atMs = this.#nowMs + delayMs + TICK_MS
    this.#link(deadline)
  }

  clear(deadline: Deadline): void {
    if (deadline.slot !== -1) this.#unlink(deadline)
  }

  #start(): void {
    this.#nowMs = this.#clock.now()
    this.#tick = Math.floor(this.#nowMs / TICK_MS)
    this.#stop = this.#clock.every(TICK_MS, () => this.#advance())
  }

  #advance(): void {
    this.#nowMs = this.#clock.now()
    const until = Math.floor(this.#nowMs / TICK_MS)
    // A thread that stood still for more than a turn has missed each slot once.
    if (until - this.#tick > SLOT_COUNT) this.#tick = until - SLOT_COUNT
    while (this.#tick < until) this.#expire(++this.#tick & (SLOT_COUNT - 1))
    if (this.#count > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  #expire(slot: number): void {
    // Whoever is told may set and clear others, in this slot too: so those that are due are taken out first.
    let due: Deadline[] | undefined
    for (let deadline = this.#slots[slot]; deadline !== undefined;) {
      const { next } = deadline
      if (deadline.atMs <= this.#nowMs) {
        this.#unlink(deadline)
        deadline.slot = DUE
        ;(due ??= []).push(deadline)
      }
      deadline = next
    }
    if (due === undefined) return
    for (const deadline of due) {
      // One that was cleared or set anew meanwhile is not due any more.
      if (deadline.slot !== DUE) continue
      deadline.slot = -1
      deadline.owner.onDeadline(deadline.kind)
    }
  }

  #link(deadline: Deadline): void {
    const slot = Math.ceil(deadline.atMs / TICK_MS) & (SLOT_COUNT - 1)
    const first = this.#slots[slot]
    deadline.slot = slot
    deadline.previous = undefined
    deadline.next = first
    if (first !== undefined) first.previous = deadline
    this.#slots[slot] = deadline
    this.#count++
  }

  #unlink(deadline: Deadline): void {
    const { slot, previous, next } = deadline
    deadline.slot = -1
    if (slot === DUE) return
    this.#count--
    if (previous === undefined) this.#slots[slot] = next
    else previous.next = next
    if (next !== undefined) next.previous = previous
    deadline.previous = undefined
    deadline.next = undefined
  }

  [Symbol.dispose](): void {
    this.#stop?.()
    this.#stop = undefined
  }
}

/** Of one that is taken out of its slot to be told. */
const DUE = -2
