import { DropSum, isFlowLoss, type Drop } from '@quadrant/proto'

/** Losses of single seconds that wait for the past; more are folded into one. */
const WAITING_MAX = 600

/** Drops, and the end of the newest second whose losses are among them, nanoseconds of the Unix epoch. */
export interface ToldLosses {
  readonly drops: readonly Drop[]
  readonly untilNs: number
}

/** What the rows of the flow table lack. The past and the live stream overlap: no loss counts twice. */
export interface FlowLosses {
  readonly drops: readonly Drop[]
  /** End of what the answer about the past had told; undefined until it is there. */
  readonly pastUntilNs: number | undefined
  /** Told live before the past was. */
  readonly waiting: readonly ToldLosses[]
}

export const NO_LOSSES: FlowLosses = { drops: [], pastUntilNs: undefined, waiting: [] }

export function addLiveLosses(losses: FlowLosses, told: ToldLosses): FlowLosses {
  if (told.drops.length === 0) return losses
  const { pastUntilNs, waiting } = losses
  if (pastUntilNs !== undefined)
    return told.untilNs > pastUntilNs ? { ...losses, drops: sum(losses.drops, told.drops) } : losses
  const last = waiting.at(-1)
  return {
    ...losses,
    waiting:
      last && waiting.length >= WAITING_MAX
        ? [...waiting.slice(0, -1), { drops: sum(last.drops, told.drops), untilNs: told.untilNs }]
        : [...waiting, told],
  }
}

/** The losses of the rows before the stream, told once. */
export function addPastLosses(losses: FlowLosses, told: ToldLosses): FlowLosses {
  const later = losses.waiting.filter(({ untilNs }) => untilNs > told.untilNs)
  const past = told.drops.filter(isFlowLoss)
  return {
    drops: sum(losses.drops, past, ...later.map(({ drops }) => drops)),
    pastUntilNs: told.untilNs,
    waiting: [],
  }
}

/** All that is known to be lost by now. */
export function lostFlows({ drops, waiting }: FlowLosses): readonly Drop[] {
  return waiting.length === 0 ? drops : sum(drops, ...waiting.map((told) => told.drops))
}

function sum(...all: readonly (readonly Drop[])[]): Drop[] {
  const result = new DropSum()
  for (const drops of all) result.add(drops)
  return result.list()
}
