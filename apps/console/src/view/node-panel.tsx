import { formatCount, formatRate, formatShare } from '@quadrant/core'
import { comparison, graph } from '../app/live-data.ts'
import { go, goToPage, view } from '../app/view.ts'
import { edgeText } from '../model/edge-drawing.ts'
import { HEALTHS, type MapEdge, type MapGraph } from '../model/map-graph.ts'
import { nodeTerm } from '../model/query-suggest.ts'
import { sumRates } from '../model/request-signals.ts'
import { subjectOf } from '../model/view-state.ts'
import { ChangeMark } from './change-mark.tsx'
import { CloseButton } from './edge-panel.tsx'
import { Figure } from './figure.tsx'
import { HealthMark } from './health-mark.tsx'
import { Icon, iconShape } from './icon.tsx'
import { ProcessList } from './process-list.tsx'

/** One node: what it is, its ports, its edges, its processes. */
export function NodePanel() {
  const id = view.value.selection
  const map = graph.value
  if (!map) return null
  const node = map.nodeById.get(id)
  const compared = comparison.value
  const into = byTrouble(map.edges.filter((edge) => edge.server === id))
  const out = byTrouble(map.edges.filter((edge) => edge.client === id))
  return (
    <aside class="panel" aria-label={`Node ${node?.label ?? id}`}>
      <div class="panel-head">
        <div class="panel-title">
          <h2>
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
              <path d={iconShape(node?.kind ?? 'other')} />
            </svg>
            <span class="clip" title={node?.label ?? id}>
              {node?.label ?? id}
            </span>
          </h2>
          <CloseButton />
        </div>
        <div class="panel-sub">
          <span class="mono clip">{id}</span>
          <ChangeMark change={compared?.nodes.get(id)} />
          {node && node.health !== 'ok' && <HealthMark health={node.health} />}
          {node && (
            <span class="push links">
              {subjectOf(id) !== '' && (
                <>
                  <button class="ink-accent" onClick={() => goToPage('service')}>
                    Service
                  </button>
                  <button class="ink-accent" onClick={() => goToPage('profiles')}>
                    Profiles
                  </button>
                </>
              )}
              <button
                class="ink-accent"
                onClick={() =>
                  go({ page: 'flows', rows: 'connections', query: nodeTerm('svc', node), selection: '' })
                }
              >
                Flows
              </button>
            </span>
          )}
        </div>
      </div>
      {compared?.nodes.get(id)?.kind === 'gone' && (
        <p class="panel-note muted">It is only in B: this is how it was then.</p>
      )}
      {node ? (
        <>
          {node.source.ports.length > 0 && (
            <section>
              <h3>Listens on</h3>
              <p class="mono">{[...node.source.ports].sort((a, b) => a - b).join(', ')}</p>
            </section>
          )}
          <Served id={id} edges={into} />
          <EdgeLines title="Called by" edges={into} end="client" graph={map} />
          <EdgeLines title="Calls" edges={out} end="server" graph={map} />
          <section>
            <h3>
              Processes
              <span class="push">{node.source.processCount > 0 ? node.source.processCount : ''}</span>
            </h3>
            <ProcessList node={node.source} />
          </section>
        </>
      ) : (
        <section>
          <p class="muted">It has no traffic in this range. It stays selected for when it has.</p>
        </section>
      )}
    </aside>
  )
}

/** Requests that came over all edges into it. Quantiles of several cannot be added up: the Service page has them. */
function Served({ id, edges }: { readonly id: string; readonly edges: readonly MapEdge[] }) {
  const served = sumRates(edges.map(({ signals }) => signals))
  if (!served) return null
  return (
    <section aria-label="Requests served">
      <h3>
        Requests served
        {subjectOf(id) !== '' && (
          <button class="push" onClick={() => goToPage('service')}>
            By route
          </button>
        )}
      </h3>
      <dl class="figures">
        <Figure name="Rate" value={formatRate(served.requestsPerSecond)}>
          {formatCount(served.requests)} in all
        </Figure>
        <Figure
          name="Errors"
          value={formatShare(served.errorShare)}
          tone={served.errors > 0 ? 'tone-errors' : ''}
        >
          {formatCount(served.errors)} failed
        </Figure>
      </dl>
    </section>
  )
}

function EdgeLines({
  title,
  edges,
  end,
  graph,
}: {
  title: string
  edges: readonly MapEdge[]
  end: 'client' | 'server'
  graph: MapGraph
}) {
  const compared = comparison.value
  return (
    <section>
      <h3>
        {title}
        <span class="push">{edges.length > 0 ? edges.length : ''}</span>
      </h3>
      {edges.length === 0 ? (
        <p class="muted">None in this range.</p>
      ) : (
        <ul class="lines">
          {edges.map((edge) => (
            <li key={edge.id}>
              <button class="line" onClick={() => go({ selection: `edge:${edge.id}` })}>
                {compared && compared.edges.get(edge.id)?.kind !== 'same' ? (
                  <ChangeMark change={compared.edges.get(edge.id)} />
                ) : (
                  edge.health !== 'ok' && (
                    <span class={`mark tone-${edge.health}`}>
                      <Icon name={edge.health} />
                    </span>
                  )
                )}
                <span class="clip">{graph.nodeById.get(edge[end])?.label ?? edge[end]}</span>
                <span class="mono muted">{edge.port}</span>
                <span class="push">
                  {compared?.edges.get(edge.id)?.kind === 'gone' ? '–' : edgeText(edge, undefined)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function byTrouble(edges: readonly MapEdge[]): readonly MapEdge[] {
  return [...edges].sort(
    (a, b) =>
      HEALTHS.indexOf(b.health) - HEALTHS.indexOf(a.health) ||
      (b.bytesPerSecond ?? 0) - (a.bytesPerSecond ?? 0),
  )
}
