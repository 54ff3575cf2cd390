import { statfsSync } from 'node:fs'
import { formatBytes, formatCount, formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import {
  CheckStatus,
  DROP_WORDS,
  dropKind,
  lostCount,
  programCosts,
  type AgentReport,
  type Check,
} from '@quadrant/proto'
import { pipelineChecks } from '../pipelines/pipeline-checks.ts'
import type { ServerState } from '../state.ts'
import { check } from './check.ts'
import { runtimeChecks } from './runtime.ts'

const DISK_FREE_BYTES_MIN = 256 * 2 ** 20
const LAG_US_WARNING = 200_000
/** Part of a core from which on somebody should know what the programs cost. */
const PROGRAM_SHARE_WARNING = 0.1
/** An agent tells something each second. */
const AGENT_SILENT_SECONDS = 10

/** The server's own checks, and those of every agent. */
export async function runDoctor(state: ServerState): Promise<Check[]> {
  const own = await Promise.all([
    storeWritable(state),
    diskSpace(state),
    retention(state),
    edges(state),
    requests(state),
    connected(state),
    refused(state),
    loopLag(state),
  ])
  const rows = await state.store.agents()
  const hosts = rows.flatMap(({ agentId }) => state.agents.capabilities(agentId)?.checks ?? [])
  const reported = rows.flatMap(({ agentId, host }) => {
    const report = state.agents.isConnected(agentId) ? state.agents.report(agentId) : undefined
    return report ? agentChecks(host, report, state.clock.nowNs()) : []
  })
  const pipelines = pipelineChecks(state.pipelines?.counts() ?? [])
  return [...own, ...(await drops(state)), ...pipelines, ...reported, ...hosts]
}

function agentChecks(host: string, report: AgentReport, nowNs: number): Check[] {
  const runtime = runtimeChecks(host, report)
  return report.programs.length > 0 ? [programTime(host, report, nowNs), ...runtime] : runtime
}

async function storeWritable({ store }: ServerState): Promise<Check> {
  const title = 'the store can be written'
  try {
    await store.probe()
    return check('server.store', title, CheckStatus.OK, { detail: 'one row written and taken back' })
  } catch (error) {
    return check('server.store', title, CheckStatus.FATAL, {
      detail: (error as Error).message,
      costIfMissing: 'agents keep what they see until their spool is full, and the map stands still',
      fix: 'free some disk space, or check who owns the data directory',
    })
  }
}

async function diskSpace({ store, stateDir }: ServerState): Promise<Check> {
  const title = 'the disk has room for what may still come'
  const { bavail, bsize } = statfsSync(stateDir)
  const free = bavail * bsize
  const { sizeBytes, limitBytes } = await store.size()
  const growth = Math.max(0, limitBytes - sizeBytes)
  const detail = `${formatBytes(free)} free; the store has ${formatBytes(sizeBytes)} and may grow by ${formatBytes(growth)}`
  if (free < DISK_FREE_BYTES_MIN)
    return check('server.disk', title, CheckStatus.FATAL, {
      detail,
      costIfMissing: 'commits fail when the disk is full',
      fix: 'free some disk space, or start with a smaller --store-bytes',
    })
  const isTight = free < growth
  return check('server.disk', title, isTight ? CheckStatus.WARNING : CheckStatus.OK, {
    detail,
    costIfMissing: isTight ? 'commits fail when the disk is full' : '',
    fix: isTight ? 'free some disk space, or start with a smaller --store-bytes' : '',
  })
}

async function retention({ store, clock }: ServerState): Promise<Check> {
  const { flowBytes, flowLimitBytes, profileBytes, profileLimitBytes, oldestNs } = await store.size()
  const totals = await store.dropTotals()
  const removed = (reason: string) =>
    totals.find((drop) => drop.stage === 'server.retention' && drop.reason === reason)?.count ?? 0
  const flows = removed('flow-bytes')
  const early = removed('store-bytes')
  const age = oldestNs === 0 ? 0 : (clock.nowNs() - oldestNs) / 3.6e12
  return check(
    'server.retention',
    'data is kept for its whole time',
    early > 0 ? CheckStatus.WARNING : CheckStatus.OK,
    {
      category: 'cost',
      detail: [
        `oldest data is ${age.toFixed(1)} h old; flows use ${formatBytes(flowBytes)} of ${formatBytes(flowLimitBytes)}, profiles ${formatBytes(profileBytes)} of ${formatBytes(profileLimitBytes)}`,
        ...(flows > 0 ? [`${formatCount(flows)} old flows were removed for that limit`] : []),
        ...(early > 0 ? [`${formatCount(early)} rows went early for the limit of the whole store`] : []),
      ].join('; '),
      costIfMissing: early > 0 ? 'the past is shorter than 30 days' : '',
      fix: early > 0 ? 'start with a larger --store-bytes' : '',
    },
  )
}

async function edges({ store }: ServerState): Promise<Check> {
  const { edges, edgesLimit, processes } = await store.size()
  const isFull = edges >= edgesLimit
  return check('server.edges', 'every edge is told apart', isFull ? CheckStatus.WARNING : CheckStatus.OK, {
    category: 'cost',
    detail: `${formatCount(edges)} of ${formatCount(edgesLimit)} edges, ${formatCount(processes)} processes`,
    costIfMissing: isFull ? 'new edges are counted as ~other' : '',
  })
}

async function requests({ store }: ServerState): Promise<Check> {
  const { requestSeries, requestSeriesLimit, captures, capturesLimit, captureBytes } = await store.size()
  const isFull = requestSeries >= requestSeriesLimit
  return check(
    'server.requests',
    'every route is told apart',
    isFull ? CheckStatus.WARNING : CheckStatus.OK,
    {
      category: 'cost',
      detail: `${formatCount(requestSeries)} of ${formatCount(requestSeriesLimit)} series of requests; ${formatCount(captures)} of ${formatCount(capturesLimit)} requests in full, ${formatBytes(captureBytes)}`,
      costIfMissing: isFull ? 'new routes are counted as ~other of their edge' : '',
    },
  )
}

async function connected({ store, agents, clock }: ServerState): Promise<Check> {
  const rows = await store.agents()
  const live = rows.filter(({ agentId }) => agents.isConnected(agentId))
  const silent = live.filter(({ lastFrameNs }) => clock.nowNs() - lastFrameNs > AGENT_SILENT_SECONDS * 1e9)
  const title = 'agents are connected and tell something'
  const fix = 'run `quadrant up`, and look at the agent in its output'
  if (live.length === 0)
    return check('server.agents', title, CheckStatus.FATAL, {
      detail:
        rows.length === 0
          ? 'no agent has ever connected'
          : `none of ${rows.length} known agents is connected`,
      costIfMissing: 'nothing new is seen',
      fix,
    })
  if (silent.length > 0)
    return check('server.agents', title, CheckStatus.WARNING, {
      detail: `${silent.map(({ host }) => host).join(', ')}: nothing told for ${AGENT_SILENT_SECONDS} s`,
      costIfMissing: 'the map of these hosts stands still',
      fix,
    })
  return check('server.agents', title, CheckStatus.OK, { detail: live.map(({ host }) => host).join(', ') })
}

async function refused({ refusals }: ServerState): Promise<Check> {
  const list = refusals.list()
  return check(
    'server.refused',
    "agents' messages are accepted",
    list.length > 0 ? CheckStatus.WARNING : CheckStatus.OK,
    {
      detail:
        list.length === 0
          ? 'all'
          : list.map(({ reason, count }) => `${formatCount(count)} ${reason}`).join(', '),
      costIfMissing: list.length > 0 ? 'what was refused is not on the map' : '',
      fix: list.length > 0 ? 'run agents and server of the same version; the log says what was wrong' : '',
    },
  )
}

async function loopLag({ loopLag }: ServerState): Promise<Check> {
  const us = loopLag.maxUs()
  const isLate = us > LAG_US_WARNING
  return check('server.lag', 'the server answers promptly', isLate ? CheckStatus.WARNING : CheckStatus.OK, {
    category: 'cost',
    detail: `the event loop was held up for ${(us / 1000).toFixed(0)} ms at most, of the last minute`,
    costIfMissing: isLate ? 'views arrive late' : '',
    fix: isLate ? 'ask for shorter ranges, or give the server more CPU' : '',
  })
}

/** What the programs in the kernel of a host take, as its agent sampled it. */
function programTime(host: string, report: AgentReport, nowNs: number): Check {
  const { sample, problem, programs, coreShare } = programCosts(report)
  const title = 'the programs in the kernel cost little'
  if (!sample || problem !== '')
    return check('server.programs', title, CheckStatus.SKIPPED, {
      category: 'cost',
      detail: `${host}: ${problem === '' ? 'no sample yet' : `not timed: ${problem}`}`,
      costIfMissing: 'what they cost is not known',
      fix:
        problem === ''
          ? 'ask again in a few seconds'
          : 'let the agent have CAP_SYS_ADMIN, on a kernel of 5.8 or newer',
    })
  const isMuch = coreShare > PROGRAM_SHARE_WARNING
  const ran = programs.filter(({ runNs }) => runNs > 0)
  const each = ran.map(
    ({ name, coreShare: share, runNs, runsPerSecond }) =>
      `${name} ${formatShare(share)} (${formatRate(runsPerSecond)} at ${formatDurationNs(runNs)})`,
  )
  const age = Math.max(0, Math.round((nowNs - sample.endNs) / 1e9))
  return check('server.programs', title, isMuch ? CheckStatus.WARNING : CheckStatus.OK, {
    category: 'cost',
    detail: `${host}: ${formatShare(coreShare)} of a core, sampled for ${formatDurationNs(sample.lengthNs)} ${age} s ago${each.length > 0 ? `: ${each.join(', ')}` : ''}`,
    costIfMissing: isMuch ? 'what is observed gets this much less of the processors' : '',
    fix: isMuch ? 'start `quadrant up` without --udp-bytes and --messages, where they are given' : '',
  })
}

/** One check a stage that did not keep something. What retention removes is told by its own check. */
async function drops({ store }: ServerState): Promise<Check[]> {
  const stages = Map.groupBy(
    (await store.dropTotals()).filter(
      (drop) => drop.count > 0 && drop.stage !== 'server.retention' && dropKind(drop) !== 'expired',
    ),
    ({ stage }) => stage,
  )
  if (stages.size === 0)
    return [
      check('server.drops', 'nothing was lost on the way', CheckStatus.OK, {
        category: 'cost',
        detail: 'no stage has dropped anything',
      }),
    ]
  return [...stages].map(([stage, list]) => {
    const lost = lostCount(list) > 0
    const words = list.map(
      (drop) => `${formatCount(drop.count)} ${DROP_WORDS[dropKind(drop)]} (${drop.reason})`,
    )
    return check(
      `server.drops.${stage}`,
      `nothing was lost at ${stage}`,
      lost ? CheckStatus.WARNING : CheckStatus.OK,
      {
        category: 'cost',
        detail: `since the store began: ${words.join(', ')}`,
        costIfMissing: lost ? 'these are missing from what is shown' : '',
      },
    )
  })
}
