import { useEffect, useRef } from 'preact/hooks'
import { formatCount } from '@quadrant/core'
import { lostCount } from '@quadrant/proto'
import { earlier, earlierError, earlierMap } from '../app/compared-map.ts'
import { comparison, currentGraph, graph, map, mapAtMs, refusedReason, stream } from '../app/live-data.ts'
import { go, nowMs, view } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { describeComparison } from '../model/comparison.ts'
import { lostWords } from '../model/lost-words.ts'
import { describeDiff, diffMaps } from '../model/map-diff.ts'
import type { MapGraph } from '../model/map-graph.ts'
import { LEVELS } from '../model/view-state.ts'
import { EdgePanel } from './edge-panel.tsx'
import { LostRecords } from './lost-records.tsx'
import { MapCanvas } from './map-canvas.tsx'
import { MapEmpty } from './map-empty.tsx'
import { MapTables } from './map-tables.tsx'
import { NodePanel } from './node-panel.tsx'

const LEVEL_TITLES = { service: 'Services', process: 'Processes', host: 'Hosts' } as const
/** Live data older than this looks old. */
const STALE_SECONDS = 5

export function MapPage() {
  const { selection, table, time } = view.value
  const current = graph.value
  const ageSeconds = map.value ? map.value.ageSeconds + (nowMs.value - mapAtMs.value) / 1000 : 0
  const stale = time.kind === 'live' && (stream.value.kind !== 'live' || ageSeconds > STALE_SECONDS)
  return (
    <>
      <div class="page-main">
        <div class="toolbar">
          <div class="segments" role="group" aria-label="Level">
            {LEVELS.map((level) => (
              <button
                key={level}
                aria-pressed={view.value.level === level}
                onClick={() => go({ level, selection: '' })}
              >
                {LEVEL_TITLES[level]}
              </button>
            ))}
          </div>
          {refusedReason.value !== '' && <span class="tone-failures">{refusedReason.value}</span>}
        </div>
        {!current || current.nodes.length === 0 ? (
          <MapEmpty loading={!current} />
        ) : table ? (
          <MapTables graph={current} />
        ) : (
          <MapCanvas graph={current} stale={stale} />
        )}
        <MapStatus graph={currentGraph.value} stale={stale} />
        {currentGraph.value && <Announcer graph={currentGraph.value} />}
      </div>
      {selection.startsWith('edge:') ? (
        <EdgePanel />
      ) : selection !== '' && !selection.startsWith('flow:') ? (
        <NodePanel />
      ) : null}
    </>
  )
}

/** What the numbers above rest on: how many, how fine, how old, what is missing. */
function MapStatus({
  graph: current,
  stale,
}: {
  readonly graph: MapGraph | undefined
  readonly stale: boolean
}) {
  const answer = map.value
  if (!answer || !current) return <div class="status-line">Waiting for the server</div>
  const age =
    answer.ageSeconds < 0
      ? 'no data yet'
      : `newest data ${ageText(answer.ageSeconds + (nowMs.value - mapAtMs.value) / 1000)}`
  return (
    <div class="status-line">
      <span>
        {formatCount(current.nodes.length)} nodes, {formatCount(current.edges.length)} edges
      </span>
      {answer.edgesOmitted > 0 && (
        <span class="lossy">{formatCount(answer.edgesOmitted)} more left out: narrow the filter</span>
      )}
      <span>stored by {answer.resolutionSeconds} s</span>
      <span class={stale ? 'lossy' : ''}>
        {view.value.time.kind === 'live' ? age : 'a range of the past'}
      </span>
      <LostRecords drops={answer.drops} />
      {earlier.value && <ComparisonStatus />}
    </div>
  )
}

/** Below this share of its seconds B is told to hold few. */
const COVERED_SHARE_MIN = 0.9

/** What the comparison says in all, and what it rests on. */
function ComparisonStatus() {
  const answer = earlierMap.value
  if (earlierError.value !== '') return <span class="tone-failures">B: {earlierError.value}</span>
  if (!answer) return <span>Waiting for B</span>
  const compared = comparison.value
  if (!compared) return <span class="lossy">B holds no data to compare with</span>
  const seconds = ((answer.range?.endNs ?? 0) - (answer.range?.startNs ?? 0)) / 1e9
  const lost = lostCount(answer.drops)
  return (
    <>
      <span>A against B: {describeComparison(compared)}</span>
      {compared.b.nodes.length === 0 && <span class="lossy">B has nothing for this filter</span>}
      {compared.b.seconds < seconds * COVERED_SHARE_MIN && (
        <span class="lossy">
          B holds {formatCount(compared.b.seconds)} s of data of {formatCount(seconds)} s
        </span>
      )}
      {answer.edgesOmitted + (map.value?.edgesOmitted ?? 0) > 0 && (
        <span class="lossy">edges were left out: new and gone may be wrong</span>
      )}
      {lost > 0 && <span class="lossy">{lostWords(lost)} in B</span>}
    </>
  )
}

const ANNOUNCE_MS = 5000

/** Tells screen readers what has changed, at most once in five seconds. */
function Announcer({ graph: current }: { readonly graph: MapGraph }) {
  const told = useRef({ graph: current, atMs: Date.now(), text: '' })
  useEffect(() => {
    if (Date.now() - told.current.atMs < ANNOUNCE_MS) return
    told.current = {
      graph: current,
      atMs: Date.now(),
      text: describeDiff(diffMaps(told.current.graph, current), current),
    }
  }, [current])
  return (
    <div class="unseen" role="log" aria-live="polite">
      {told.current.text}
    </div>
  )
}
