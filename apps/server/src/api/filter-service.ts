import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect'
import { readOrder, readRelease, SHA256_BYTES } from '@quadrant/extend/release'
import {
  FilterGatewaySchema,
  FilterSchema,
  FilterService,
  FilterStateSchema,
  GetFilterHistoryResponseSchema,
  ListFiltersResponseSchema,
  OrderFilterResponseSchema,
  PushReleaseResponseSchema,
  StoredReleaseSchema,
  SwapFilterResponseSchema,
  UploadModuleResponseSchema,
  WatchFiltersResponseSchema,
  type Filter,
  type FilterState,
  type ListFiltersResponse,
  type StoredRelease,
  type UploadModuleRequest,
} from '@quadrant/proto'
import type { FilterReadings } from '../filters/filter-readings.ts'
import type { Filters } from '../filters/filters.ts'
import type { FilterReleaseRow, FilterStateRow } from '../store/filter-store.ts'
import { answer } from './answer.ts'

const WATCH_INTERVAL_MS = 500
/** So that a chunk with what is around it is within what the API takes at once. */
const UPLOAD_BYTES_MAX = 128 << 10

/** FilterService over the filters of the server. */
export function filterRoutes(filters: Filters): (router: ConnectRouter) => void {
  const { store } = filters
  return (router) => {
    router.service(FilterService, {
      uploadModule: async (request) => {
        const { heldBytes, isComplete } = await answer(filters.upload(uploadOf(request)))
        return create(UploadModuleResponseSchema, { heldBytes, complete: isComplete })
      },
      pushRelease: async ({ release, stageOnly }) => {
        if (!release) throw new ConnectError('release is missing', Code.InvalidArgument)
        const row = await answer(filters.push(release, !stageOnly))
        return create(PushReleaseResponseSchema, { release: storedRelease(row, filters) })
      },
      listFilters: () => listFilters(filters),
      watchFilters: async function* (_request, { signal }) {
        for await (const _ of filters.changes.watch(WATCH_INTERVAL_MS, signal))
          yield create(WatchFiltersResponseSchema, { filters: await listFilters(filters) })
      },
      getFilterHistory: async ({ name }) => {
        const rows = await store.releases(name)
        if (rows.length === 0) throw new ConnectError(`there is no filter ${name}`, Code.NotFound)
        return create(GetFilterHistoryResponseSchema, {
          releases: rows.map((row) => storedRelease(row, filters)),
        })
      },
      swapFilter: async ({ name, version }) => {
        const row = await answer(filters.swap(name, version))
        return create(SwapFilterResponseSchema, { release: storedRelease(row, filters) })
      },
      orderFilter: async ({ order }) => {
        if (!order) throw new ConnectError('order is missing', Code.InvalidArgument)
        const given = await answer(filters.order(order))
        return create(OrderFilterResponseSchema, { order: given.order, signed: given.isSigned })
      },
    })
  }
}

function uploadOf({ moduleSha256, moduleBytes, offset, data }: UploadModuleRequest) {
  if (moduleSha256.length !== SHA256_BYTES)
    throw new ConnectError('module_sha256 is no digest', Code.InvalidArgument)
  if (data.length > UPLOAD_BYTES_MAX)
    throw new ConnectError(`data has ${data.length} bytes, at most ${UPLOAD_BYTES_MAX}`, Code.InvalidArgument)
  return { digest: Buffer.from(moduleSha256).toString('hex'), bytes: moduleBytes, offset, data }
}

async function listFilters(filters: Filters): Promise<ListFiltersResponse> {
  const { store, blobs, gateways } = filters
  const connected = gateways.connectedIds()
  const [names, offered, orders, states, known] = await Promise.all([
    store.names(),
    store.offered(),
    store.orders(),
    store.states(),
    store.gateways(),
  ])
  const list: Filter[] = []
  // Of those that gateways have from files nothing was pushed.
  for (const name of [...new Set([...names, ...gateways.readings.fileNames()])].sort()) {
    const row = offered.find((one) => one.name === name)
    const given = orders.find((one) => one.name === name)
    const read = given && readOrder(given.signed.order)
    list.push(
      create(FilterSchema, {
        name,
        ...(row && { offered: storedRelease(row, filters) }),
        newestVersion: (await store.releases(name))[0]?.version ?? 0n,
        orderSequence: given?.sequence ?? 0n,
        ...(read && 'order' in read && { order: read.order }),
        orderSigned: (given?.signed.signatures.length ?? 0) > 0,
        states: [
          ...statesOf(
            name,
            states.filter((state) => state.name === name),
            gateways.readings,
          ),
        ],
      }),
    )
  }
  return create(ListFiltersResponseSchema, {
    filters: list,
    gateways: known.map(({ nodeId, host, version, filters: names, seenNs }) =>
      create(FilterGatewaySchema, {
        nodeId,
        host,
        version,
        connected: connected.has(nodeId),
        seenNs,
        filters: [...names],
      }),
    ),
    moduleBytes: blobs.bytes,
    moduleLimitBytes: blobs.bytesMax,
  })
}

/** What gateways told of a filter and what they count of it, of which either may be missing. */
function statesOf(
  name: string,
  told: readonly FilterStateRow[],
  readings: FilterReadings,
): readonly FilterState[] {
  const counting = readings.nodesOf(name).filter((id) => !told.some(({ nodeId }) => nodeId === id))
  return [
    ...told.map(({ nodeId, status, order }) =>
      create(FilterStateSchema, { nodeId, status, order, reading: readings.of(nodeId, name) }),
    ),
    ...counting.map((nodeId) => create(FilterStateSchema, { nodeId, reading: readings.of(nodeId, name) })),
  ]
}

function storedRelease(row: FilterReleaseRow, { blobs }: Filters): StoredRelease {
  const read = readRelease(row.signed.release)
  return create(StoredReleaseSchema, {
    signed: row.signed,
    ...('release' in read && { release: read.release }),
    keyIds: row.signed.signatures.map(({ keyId }) => keyId),
    pushedNs: row.pushedNs,
    offeredNs: row.offeredNs,
    moduleKept: blobs.size(row.module) !== undefined,
  })
}
