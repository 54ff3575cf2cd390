import type { TestContext } from 'node:test'
import type { Result } from '@quadrant/wasm/proxy-wasm'
import type { FilterCalls } from '../../filters/thread-filters.ts'
import type { PluginSpec } from '../../filters/plugin/plugin-spec.ts'
import { filterOf, openFilterThread, type FilterThread } from '../../testing/filter-thread.ts'
import { testGateway, type TestGateway } from './test-gateway.ts'

export interface FilteredTcp extends TestGateway {
  readonly filters: FilterThread
}

/** A filter that the listener names, in its order. */
export type TcpFilter = Partial<PluginSpec> & { readonly name: string; readonly bytes: Uint8Array }

/** A gateway whose `tcp` listener `main` has these filters. @param yaml without them */
export async function filteredTcp(
  t: TestContext,
  yaml: string,
  filters: readonly TcpFilter[],
): Promise<FilteredTcp> {
  let calls: FilterCalls | undefined
  const later = <K extends keyof FilterCalls>(kind: K): FilterCalls[K] =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- passed on as it is
    ((...args: never[]) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same function
      (calls?.[kind] as ((...args: never[]) => { readonly result: Result }) | undefined)?.(...args)) as never
  const thread = openFilterThread({
    httpCall: later('httpCall'),
    grpcCall: later('grpcCall'),
    grpcStream: later('grpcStream'),
  })
  t.after(() => thread[Symbol.asyncDispose]())
  const ready = await Promise.all(filters.map(({ bytes, ...spec }) => filterOf(bytes, spec)))
  const refused = await thread.filters.engine.apply(ready)
  if (refused !== undefined) throw new Error([refused.crash.message, ...thread.logged].join('\n'))
  const gateway = await testGateway(t, yaml, {
    connectionFiltersOf: () => thread.filters.engine.connections(filters.map(({ name }) => name)),
  })
  calls = gateway.gateway.calls()
  return { ...gateway, filters: thread }
}
