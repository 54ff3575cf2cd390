import { formatBytes, formatCount, formatDurationNs } from '@quadrant/core'
import type { HeaderField } from '@quadrant/proto'
import { copyText } from '../app/notice.ts'
import { go, onPageWith } from '../app/view.ts'
import {
  durationText,
  requestPhases,
  type CapturedEnd,
  type CapturedRow,
  type RequestPhases,
} from '../model/captured-row.ts'
import { clockTimeMs } from '../model/clock-text.ts'
import { queryTerm } from '../model/query-suggest.ts'
import { sideWords, sourceWords } from '../model/request-words.ts'
import { CloseButton } from './edge-panel.tsx'
import { EndingMark } from './ending-mark.tsx'

/** One captured request with all that is known of it. Secrets were taken out where it was read. */
export function CapturedPanel({ row }: { readonly row: CapturedRow }) {
  const { request, source } = row
  return (
    <aside class="panel captured" aria-label={`Request ${row.method} ${row.target || row.route}`}>
      <div class="panel-head">
        <div class="panel-title">
          <h2>
            <span class="mono">{row.method || row.protocol}</span>
            <span class="mono clip" title={row.target}>
              {row.target || row.route || 'not readable'}
            </span>
          </h2>
          <CloseButton />
        </div>
        <div class="panel-sub">
          <EndingMark ending={request} />
          <span class="mono">{clockTimeMs(row.timeMs)}</span>
          <span>{durationText(row)}</span>
        </div>
      </div>
      <section>
        <h3>Time</h3>
        <Phases phases={requestPhases(request)} row={row} />
      </section>
      <section>
        <dl class="facts">
          <dt>Client</dt>
          <EndFacts end={row.client} />
          <dt>Server</dt>
          <EndFacts end={row.server} />
          <dt>Protocol</dt>
          <dd class="mono">
            {row.protocol}
            {request.stream > 0 && <span class="muted"> stream {request.stream}</span>}
          </dd>
          <dt>Route</dt>
          <dd class="mono">{row.route || '–'}</dd>
          <dt>Host asked for</dt>
          <dd class="mono">{request.authority || '–'}</dd>
          <dt>To server</dt>
          <dd>{request.requestBytes > 0 ? formatBytes(request.requestBytes) : 'not known'}</dd>
          <dt>To client</dt>
          <dd>{request.responseBytes > 0 ? formatBytes(request.responseBytes) : 'not known'}</dd>
          <dt>Trace</dt>
          <dd>
            {row.traceId === '' ? (
              'it came with no trace context'
            ) : (
              <>
                <button class="mono ink-accent" title="Copy" onClick={() => void copyText(row.traceId)}>
                  {row.traceId}
                </button>
                <br />
                <span class="muted">
                  within span <span class="mono">{row.spanId}</span>,{' '}
                  {request.traceFlags % 2 === 1 ? 'sampled' : 'not sampled'} by its caller
                </span>
              </>
            )}
          </dd>
        </dl>
      </section>
      <Headers title="Request headers" headers={request.requestHeaders} />
      <Headers title="Response headers" headers={request.responseHeaders} />
      {request.headersOmitted > 0 && (
        <p class="panel-note tone-warn">
          {request.headersOmitted === 1
            ? 'One more header was not kept.'
            : `${formatCount(request.headersOmitted)} more headers were not kept.`}
          {request.headersUnknown > 0 &&
            ' Some are not known: the connection was there before it was seen, and its tables were not.'}
        </p>
      )}
      <section>
        <h3>Evidence</h3>
        <dl class="facts">
          <dt>Asked for by</dt>
          <dd class="mono">{request.rule || 'a rule that has no name'}</dd>
          <dt>Seen at</dt>
          <dd>{sideWords(request.side)}</dd>
          <dt>Read from</dt>
          <dd>{sourceWords(request.source)}</dd>
          <dt>Host</dt>
          <dd>{source.host}</dd>
          {source.process !== '' && (
            <>
              <dt>Process</dt>
              <dd class="mono">{source.process}</dd>
            </>
          )}
          {request.cookie > 0 && (
            <>
              <dt>Socket</dt>
              <dd class="mono">{request.cookie}</dd>
            </>
          )}
          <dt>Rules</dt>
          <dd>generation {formatCount(request.generation)}</dd>
        </dl>
      </section>
      <section class="panel-buttons">
        {row.traceId !== '' && (
          <button class="button" onClick={() => go({ query: `trace:${row.traceId}`, selection: '' })}>
            Only this trace
          </button>
        )}
        {row.route !== '' && (
          <button
            class="button"
            onClick={() =>
              go({
                query: [queryTerm('to', row.server.name), queryTerm('route', row.route)].join(' '),
                selection: '',
              })
            }
          >
            Only this route
          </button>
        )}
        {source.serverService !== '' && (
          <button
            class="button"
            onClick={() => go(onPageWith('service', { selection: `svc:${source.serverService}` }))}
          >
            Service
          </button>
        )}
      </section>
    </aside>
  )
}

const PHASES = [
  { id: 'sendingNs', title: 'Sending', tone: 'sending' },
  { id: 'waitingNs', title: 'Waiting', tone: 'waiting' },
  { id: 'receivingNs', title: 'Receiving', tone: 'receiving' },
] as const

/** Sending, waiting and receiving, each with its share of the whole. */
function Phases({
  phases,
  row: { durationNs, latencyNs },
}: {
  readonly phases: RequestPhases
  readonly row: CapturedRow
}) {
  if (durationNs === undefined)
    return (
      <p class="muted">
        {latencyNs === undefined
          ? 'No response was seen, so it has no duration.'
          : `${formatDurationNs(latencyNs)} to the first byte of the response; its last one was not seen.`}
      </p>
    )
  return (
    <dl class="phases">
      {PHASES.map(({ id, title, tone }) => {
        const ns = phases[id]
        return (
          <div key={id}>
            <dt>{title}</dt>
            <dd>
              <span class="phase-track" aria-hidden="true">
                <span
                  class={`phase ${tone}`}
                  style={{ width: `${Math.min(100, ((ns ?? 0) / durationNs) * 100)}%` }}
                />
              </span>
              <span>{ns === undefined ? 'not seen' : formatDurationNs(ns)}</span>
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

const REDACTED = '[redacted]'

function Headers({ title, headers }: { readonly title: string; readonly headers: readonly HeaderField[] }) {
  return (
    <section aria-label={title}>
      <h3>
        {title} <span class="push">{headers.length > 0 ? headers.length : ''}</span>
      </h3>
      {headers.length === 0 ? (
        <p class="muted">None was read.</p>
      ) : (
        <dl class="headers">
          {headers.map(({ name, value, cutBytes }, i) => (
            <div key={i}>
              <dt class="mono">{name}</dt>
              <dd class={`mono${value === REDACTED ? ' muted' : ''}`}>
                {value === '' ? <span class="muted">empty</span> : value}
                {cutBytes > 0 && <span class="muted"> cut, {formatBytes(cutBytes)} in all</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}

function EndFacts({ end }: { readonly end: CapturedEnd }) {
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
