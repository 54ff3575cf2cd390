import { Deadline, type DeadlineOwner, type DeadlineWheel } from '../time/deadline-wheel.ts'
import type { RequestView } from './expression/request-view.ts'
import type { RequestGuard } from './request-guard.ts'
import type { Verdict } from './verdict.ts'

type Reply = Extract<Verdict, { readonly kind: 'reply' }>

export interface GuardPassOwner {
  /** The request may go on. */
  onGuardPassed(): void
  onGuardReply(reply: Reply): void
  /** It waits for this; the flags say so in the access log. */
  onGuardHeld(flags: number): void
}

/** One request on its way through a guard: most pass at once, some wait. */
export class GuardPass implements DeadlineOwner {
  readonly #guard: RequestGuard
  readonly #request: RequestView
  readonly #wheel: DeadlineWheel
  readonly #owner: GuardPassOwner
  #next = 0
  #deadline: Deadline | undefined
  #cancel: (() => void) | undefined
  #isOver = false

  constructor(guard: RequestGuard, request: RequestView, wheel: DeadlineWheel, owner: GuardPassOwner) {
    this.#guard = guard
    this.#request = request
    this.#wheel = wheel
    this.#owner = owner
  }

  run(): void {
    const { stages } = this.#guard
    while (this.#next < stages.length && !this.#isOver) {
      const verdict = stages[this.#next++]!(this.#request)
      if (verdict !== undefined && !this.#take(verdict)) return
    }
    this.#pass()
  }

  /** The exchange is over. */
  cancel(): void {
    this.#isOver = true
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#deadline) this.#wheel.clear(this.#deadline)
  }

  onDeadline(): void {
    this.run()
  }

  /** Whether the next is asked at once. */
  #take(verdict: Verdict): boolean {
    switch (verdict.kind) {
      case 'reply':
        this.#isOver = true
        this.#owner.onGuardReply(verdict)
        return false
      case 'delay':
        this.#owner.onGuardHeld(verdict.flags)
        this.#wheel.set((this.#deadline ??= new Deadline(this)), verdict.ms)
        return false
      case 'later':
        return this.#await(verdict)
    }
  }

  #await({ begin }: Extract<Verdict, { readonly kind: 'later' }>): boolean {
    let isHere = true
    let isPassed = false
    const cancel = begin((verdict) => {
      if (this.#isOver) return
      this.#cancel = undefined
      const goesOn = verdict === undefined || this.#take(verdict)
      if (isHere) isPassed = goesOn
      else if (goesOn) this.run()
      else return
    })
    isHere = false
    if (!isPassed && !this.#isOver && this.#deadline === undefined) this.#cancel = cancel
    return isPassed
  }

  #pass(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.onGuardPassed()
  }
}
