import { ReleaseStage, type ListFiltersResponse, type ReleaseStatus } from '@quadrant/proto'
import { ExitCode } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import { Progress } from '../output/progress.ts'
import { watchFilters, type FilterServer } from './filter-client.ts'
import { stageWord } from './stage-word.ts'

export interface SettlingOptions {
  readonly server: FilterServer
  readonly name: string
  readonly version: bigint
  /** Seconds; 0: not at all. */
  readonly wait: number
  readonly output: 'table' | 'json'
}

/** What a connected gateway makes of a release; `status` is undefined while it has told nothing of it. */
export interface GatewayAnswer {
  readonly nodeId: string
  readonly status: ReleaseStatus | undefined
}

const LAST: ReadonlySet<ReleaseStage> = new Set([
  ReleaseStage.SERVING,
  ReleaseStage.REFUSED,
  ReleaseStage.ROLLED_BACK,
])

/** Of each gateway that is connected and has a place for the filter. */
export function answersOf(
  list: ListFiltersResponse,
  name: string,
  version: bigint,
): readonly GatewayAnswer[] {
  const states = list.filters.find((filter) => filter.name === name)?.states ?? []
  return list.gateways
    .filter(({ connected, filters }) => connected && filters.includes(name))
    .map(({ nodeId }) => {
      const status = states.find((state) => state.nodeId === nodeId)?.status
      return { nodeId, status: status?.version === version ? status : undefined }
    })
}

export function isSettled({ status }: GatewayAnswer): boolean {
  return status !== undefined && LAST.has(status.stage)
}

/** Waits until each gateway that is connected serves a release or says why not, and says so. Exit code 1 where one does not. */
export async function awaitGateways(context: Context, options: SettlingOptions): Promise<void> {
  const { server, name, version, wait } = options
  if (wait === 0) return
  let answers: readonly GatewayAnswer[] = []
  {
    using progress = new Progress(context)
    await watchFilters(server, context, wait, (list) => {
      answers = answersOf(list, name, version)
      progress.show(`${answers.filter(isSettled).length} of ${answers.length} gateways`)
      return answers.every(isSettled)
    })
  }
  if (context.signal.aborted) return
  tell(context, options, answers)
}

function tell(
  context: Context,
  { name, version, output }: SettlingOptions,
  answers: readonly GatewayAnswer[],
) {
  if (answers.length === 0)
    note(
      context,
      `no gateway with a place for ${name} is connected; those that come are offered version ${version}`,
    )
  for (const { nodeId, status } of answers) {
    const isServing = status?.stage === ReleaseStage.SERVING
    if (!isServing) context.process.exitCode = ExitCode.findings
    const word = status ? stageWord(status.stage) : 'has told nothing yet'
    const line = `${nodeId}  ${word}${status?.code ? `  ${status.code}: ${status.reason}` : ''}`
    if (output === 'json') note(context, printable(line))
    else context.stdout.write(`${context.paint(isServing ? 'green' : 'red', printable(line))}\n`)
  }
}
