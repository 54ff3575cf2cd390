import { formatCount, formatRate } from '@quadrant/core'
import type { GetServiceResponse } from '@quadrant/proto'
import { go, onPageWith } from '../app/view.ts'
import { HEALTHS, toMapGraph, type MapEdge } from '../model/map-graph.ts'
import { describeSignals, signalsLabel } from '../model/request-signals.ts'
import { HealthMark } from './health-mark.tsx'

const SHOWN_MAX = 30

/** Who it talks to, with rates: those in trouble first. */
export function NeighbourTable({ answer }: { readonly answer: GetServiceResponse }) {
  const graph = toMapGraph(answer)
  const edges = graph.edges.toSorted(
    (a, b) =>
      HEALTHS.indexOf(b.health) - HEALTHS.indexOf(a.health) ||
      (b.bytesPerSecond ?? 0) - (a.bytesPerSecond ?? 0),
  )
  const own = new Set([answer.id, ...answer.instances.map(({ id }) => id)])
  const name = (id: string) => graph.nodeById.get(id)?.label ?? id
  return (
    <section class="service-part" aria-label="Talks to">
      <h2>
        Talks to <span class="push">{edges.length > 0 && formatCount(edges.length)}</span>
      </h2>
      {edges.length === 0 ? (
        <p class="muted">No connection of it was open in this range. A longer range may have some.</p>
      ) : (
        <table class="cost-table">
          <thead>
            <tr>
              <th>Direction</th>
              <th>Other end</th>
              <th>Port</th>
              <th class="right">Requests</th>
              <th class="right">Rate</th>
              <th class="right">Opened</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {edges.slice(0, SHOWN_MAX).map((edge) => (
              <tr key={edge.id}>
                <td class="muted">{own.has(edge.server) ? 'called by' : 'calls'}</td>
                <td>
                  <button class="ink-accent" onClick={() => open(edge)}>
                    {name(own.has(edge.server) ? edge.client : edge.server)}
                  </button>
                </td>
                <td class="mono">{edge.port}</td>
                <td class="right" title={edge.signals && describeSignals(edge.signals)}>
                  {edge.signals ? signalsLabel(edge.signals) : '–'}
                </td>
                <td class="right">{edge.rate}</td>
                <td class="right">{formatRate(edge.openedPerSecond)}</td>
                <td>
                  <HealthMark health={edge.health} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {edges.length > SHOWN_MAX && <p class="muted">and {formatCount(edges.length - SHOWN_MAX)} more</p>}
    </section>
  )
}

function open({ id, client, server }: MapEdge) {
  const level = client.startsWith('proc:') || server.startsWith('proc:') ? 'process' : 'service'
  go(onPageWith('map', { level, selection: `edge:${id}` }))
}
