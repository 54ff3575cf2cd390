import { formatCount } from '@quadrant/core'
import { DROP_WORDS, dropKind, type Edge, lostCount } from '@quadrant/proto'
import { map, mapAtMs } from '../app/live-data.ts'
import { nowMs } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'

/** What the numbers of an edge rest on, and what is missing from them. */
export function EdgeEvidence({
  edge,
  resolutionSeconds,
}: {
  readonly edge: Edge
  readonly resolutionSeconds: number
}) {
  const totals = edge.totals
  const answer = map.value
  const dropped = answer?.drops.filter(({ count }) => count > 0) ?? []
  const ends = [totals?.clientObserved ? 'client' : '', totals?.serverObserved ? 'server' : ''].filter(
    Boolean,
  )
  return (
    <dl class="facts">
      <dt>Seen at</dt>
      <dd>
        {ends.length === 2 ? 'both ends' : ends.length === 1 ? `the ${ends[0]}'s end only` : 'neither end'}
      </dd>
      <dt>Bytes</dt>
      <dd>
        {totals?.bytesUnknown
          ? 'not counted: UDP bytes are collected on request'
          : "the sockets' own counters"}
      </dd>
      <dt>Data</dt>
      <dd>
        {formatCount(edge.seconds)} s of the range hold data, stored by {resolutionSeconds} s
      </dd>
      <dt>Age</dt>
      <dd>
        {answer && answer.ageSeconds >= 0
          ? ageText(answer.ageSeconds + (nowMs.value - mapAtMs.value) / 1000)
          : 'no data yet'}
      </dd>
      <dt>Losses</dt>
      <dd class={lostCount(dropped) > 0 ? 'tone-warn' : ''}>
        {dropped.length === 0
          ? 'nothing on this host in the range'
          : dropped
              .map(
                (drop) =>
                  `${formatCount(drop.count)} ${DROP_WORDS[dropKind(drop)]} at ${drop.stage} (${drop.reason})`,
              )
              .join(', ')}
      </dd>
      <dt>Coordinate</dt>
      <dd class="mono">{edge.id}</dd>
    </dl>
  )
}
