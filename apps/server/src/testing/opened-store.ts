import { test } from 'node:test'
import { planSpans } from '../store/span.ts'
import { DEFAULT_STORE_LIMITS, type EdgeSum, type Store, type StoreLimits } from '../store/store.ts'
import { EPOCH } from './batch.ts'

/** Opens an empty store; `reopen` closes it and opens it again. */
export type OpenStore = (
  limits: StoreLimits,
) => Promise<{ store: Store; reopen: () => Promise<Store> } & AsyncDisposable>

/** Runs a case on an empty store. */
export type RunCase = (
  title: string,
  body: (store: Store, opened: Awaited<ReturnType<OpenStore>>) => Promise<void>,
  limits?: Partial<StoreLimits>,
) => Promise<void>

export const IDENTITY = { agentId: 'agent-1', host: 'alpha', bootId: 'boot-1', version: '0.1.0' }

/** A page with everything. */
export const PAGE = { idMax: Number.MAX_SAFE_INTEGER, limit: 1000 }

export function caseRunner(open: OpenStore): RunCase {
  return (title, body, limits = {}) =>
    test(title, async () => {
      await using opened = await open({ ...DEFAULT_STORE_LIMITS, ...limits })
      await body(opened.store, opened)
    })
}

/** What a store has of every edge from one second to another. */
export function everything(store: Store, from = 0, to = 10_000): Promise<readonly EdgeSum[]> {
  return store.edgeSums(planSpans(EPOCH + from, EPOCH + to, EPOCH + to).spans)
}

/** Rows of a store may have no prototype. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
