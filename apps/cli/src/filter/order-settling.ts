import type { ListFiltersResponse, OrderStatus } from '@quadrant/proto'
import { ExitCode } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import { watchFilters, type FilterServer } from './filter-client.ts'

export interface OrderSettlingOptions {
  readonly server: FilterServer
  readonly name: string
  readonly sequence: bigint
  /** Seconds; 0: not at all. */
  readonly wait: number
  readonly output: 'table' | 'json'
}

interface OrderAnswer {
  readonly nodeId: string
  /** Undefined while it has told nothing of this order. */
  readonly status: OrderStatus | undefined
}

/** Waits until each gateway that is connected has followed an order or says why not, and says so. Exit code 1 where one has not. */
export async function awaitOrder(context: Context, options: OrderSettlingOptions): Promise<void> {
  const { server, name, sequence, wait, output } = options
  if (wait === 0) return
  let answers: readonly OrderAnswer[] = []
  await watchFilters(server, context, wait, (list) => {
    answers = answersOf(list, name, sequence)
    return answers.every(({ status }) => status !== undefined)
  })
  if (context.signal.aborted) return
  if (answers.length === 0)
    note(context, `no gateway with a place for ${name} is connected; those that come are told`)
  for (const { nodeId, status } of answers) {
    const isFollowed = status?.followed ?? false
    if (!isFollowed) context.process.exitCode = ExitCode.findings
    const line = printable(`${nodeId}  ${wordOf(status)}`)
    if (output === 'json') note(context, line)
    else context.stdout.write(`${context.paint(isFollowed ? 'green' : 'red', line)}\n`)
  }
}

function answersOf(list: ListFiltersResponse, name: string, sequence: bigint): readonly OrderAnswer[] {
  const states = list.filters.find((filter) => filter.name === name)?.states ?? []
  return list.gateways
    .filter(({ connected, filters }) => connected && filters.includes(name))
    .map(({ nodeId }) => {
      const status = states.find((state) => state.nodeId === nodeId)?.order
      return { nodeId, status: status?.sequence === sequence ? status : undefined }
    })
}

function wordOf(status: OrderStatus | undefined): string {
  if (!status) return 'has told nothing yet'
  if (!status.followed) return `${status.code}: ${status.reason}`
  return status.off ? 'off' : 'on'
}
