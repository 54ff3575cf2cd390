import { formatBytes, formatCount, formatDurationUs } from '@quadrant/core'
import { go } from '../app/view.ts'
import { clockTimeMs } from '../model/clock-text.ts'
import type { FlowEnd, FlowRow } from '../model/flow-row.ts'
import { queryTerm } from '../model/query-suggest.ts'
import { CloseButton } from './edge-panel.tsx'
import { EventMark } from './event-mark.tsx'
import { Icon } from './icon.tsx'

/** One flow with all that is known of it. */
export function FlowPanel({ row }: { readonly row: FlowRow }) {
  const flow = row.source
  const bytes = (count: number | undefined) =>
    count === undefined ? 'not counted' : `${formatBytes(count)} (${count.toLocaleString('en')})`
  return (
    <aside class="panel" aria-label={`Flow ${row.from.name} to ${row.to.name}`}>
      <div class="panel-head">
        <div class="panel-title">
          <h2>
            <span class="clip">{row.from.name || 'anyone'}</span>
            <Icon name="arrow" />
            <span class="clip">{row.to.name}</span>
          </h2>
          <CloseButton />
        </div>
        <div class="panel-sub">
          <EventMark row={row} />
          <span class="mono">{clockTimeMs(row.timeMs)}</span>
          {row.error && (
            <span>
              <span class="mono">{row.error}</span>, {row.errorText}
            </span>
          )}
        </div>
      </div>
      <section>
        <dl class="facts">
          <dt>Client</dt>
          <EndFacts end={row.from} />
          <dt>Server</dt>
          <EndFacts end={row.to} />
          <dt>Protocol</dt>
          <dd class="mono">{row.protocol}</dd>
          <dt>To server</dt>
          <dd>{bytes(row.bytesToServer)}</dd>
          <dt>To client</dt>
          <dd>{bytes(row.bytesToClient)}</dd>
          <dt>Segments</dt>
          <dd>
            {formatCount(flow.segmentsSent)} out, {formatCount(flow.segmentsReceived)} in,{' '}
            {formatCount(flow.retransmits)} sent again
          </dd>
          <dt>Round trip</dt>
          <dd>{flow.srttUs > 0 ? formatDurationUs(flow.srttUs) : 'not sampled'}</dd>
          <dt>Duration</dt>
          <dd>{flow.durationUs > 0 ? formatDurationUs(flow.durationUs) : 'opening was not seen'}</dd>
        </dl>
      </section>
      <section>
        <h3>Evidence</h3>
        <dl class="facts">
          <dt>Host</dt>
          <dd>{flow.host}</dd>
          <dt>Seen at</dt>
          <dd>{flow.joined ? 'both ends' : "this host's end"}</dd>
          {flow.roleGuessed && (
            <>
              <dt>Client</dt>
              <dd>a guess from the port numbers: nobody saw who opened</dd>
            </>
          )}
          {row.event === 'reset' && (
            <>
              <dt>Reset</dt>
              <dd>{flow.resetSent ? 'sent by this host' : 'received'}</dd>
            </>
          )}
          <dt>Socket</dt>
          <dd class="mono">
            {flow.cookie}, netns {flow.netns}
          </dd>
          {flow.processKey && (
            <>
              <dt>Process</dt>
              <dd class="mono">{`proc:${flow.host}/${flow.processKey}`}</dd>
            </>
          )}
        </dl>
      </section>
      <section>
        <button
          class="button"
          onClick={() =>
            go({
              query: [row.from.name && queryTerm('from', row.from.name), queryTerm('to', row.to.name)]
                .filter(Boolean)
                .join(' '),
              selection: '',
            })
          }
        >
          Only this pair
        </button>
      </section>
    </aside>
  )
}

function EndFacts({ end }: { readonly end: FlowEnd }) {
  if (end.name === '') return <dd>nobody yet</dd>
  return (
    <dd>
      {end.name}
      {end.pid > 0 && <span class="muted"> pid {end.pid}</span>}
      <br />
      <span class="mono muted">
        {end.address.includes(':') ? `[${end.address}]` : end.address}:{end.port}
      </span>
    </dd>
  )
}
