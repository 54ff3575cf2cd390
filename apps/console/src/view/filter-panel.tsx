import { useSignal } from '@preact/signals'
import { formatBytes, formatCount, formatDurationNs, formatRate } from '@quadrant/core'
import { FilterFailure, FilterOrderKind, type FilterRelease } from '@quadrant/proto'
import { nowMs } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import type { FilterPlace, FilterRow } from '../model/filter-row.ts'
import {
  countWords,
  dayText,
  placeWords,
  shortDigest,
  threadWords,
  versionText,
} from '../model/filter-words.ts'
import { CopiedDigest } from './copied-digest.tsx'
import { CloseButton } from './edge-panel.tsx'
import { Figure } from './figure.tsx'
import { FilterHistory } from './filter-history.tsx'
import { FilterMark } from './filter-mark.tsx'
import { FilterOrderDialog } from './filter-order-dialog.tsx'
import { Icon } from './icon.tsx'

/** One filter: what it costs, what each gateway makes of it, and its releases. */
export function FilterPanel({ row }: { readonly row: FilterRow }) {
  const { name, filter, state, servingCount, places } = row
  const release = filter.offered?.release
  return (
    <aside class="panel filter-panel" aria-label={`Filter ${name}`}>
      <div class="panel-head">
        <div class="panel-title">
          <h2>
            <Icon name="filters" />
            <span class="clip">{name}</span>
          </h2>
          <CloseButton />
        </div>
        <div class="panel-sub">
          <FilterMark state={state} />
          <span>{filter.newestVersion > 0n ? `version ${versionText(release?.version)}` : 'from files'}</span>
          <span>
            serving on {servingCount} of {places.length}
          </span>
        </div>
      </div>
      <section>
        <dl class="figures">
          <Figure name="Streams" value={text(row.streamsPerSecond, formatRate)}>
            {row.callsPerSecond !== undefined && `${formatRate(row.callsPerSecond)} calls into it`}
          </Figure>
          <Figure name="Memory" value={text(row.memoryBytes, formatBytes)}>
            {row.memoryBytes !== undefined && 'of all instances'}
          </Figure>
          <Figure name="Call p50" value={text(row.callP50Ns, formatDurationNs)} />
          <Figure name="Call p99" value={text(row.callP99Ns, formatDurationNs)} />
        </dl>
        {row.crashes.length > 0 && (
          <p class="filter-trouble tone-bad">
            <Icon name="failures" />
            Crashed: {countWords(row.crashes)}
          </p>
        )}
        {row.limitsHit.length > 0 && (
          <p class="filter-trouble tone-warn">
            <Icon name="warning" />
            Over a limit: {countWords(row.limitsHit)}
          </p>
        )}
      </section>
      {filter.newestVersion > 0n && <OrderSection row={row} />}
      <section aria-label="Gateways">
        <h3>
          Gateways{' '}
          <span class="push">
            {places.length} {filter.newestVersion > 0n ? 'with a place for it' : 'with it from a file'}
          </span>
        </h3>
        {places.length === 0 ? (
          <p class="muted">
            None. One whose configuration has <span class="mono">{`module: { delivered: ${name} }`}</span>{' '}
            will be offered it when it comes.
          </p>
        ) : (
          <ul class="places">
            {places.map((place) => (
              <Place key={place.gateway.nodeId} place={place} />
            ))}
          </ul>
        )}
      </section>
      {release && <Release release={release} row={row} />}
      {filter.newestVersion > 0n && <FilterHistory row={row} />}
    </aside>
  )
}

function text(value: number | undefined, format: (value: number) => string): string | undefined {
  return value === undefined ? undefined : format(value)
}

/** Whether it is switched off, and the switch. */
function OrderSection({ row }: { readonly row: FilterRow }) {
  const isAsked = useSignal(false)
  const { filter, places } = row
  const { order } = filter
  const isOff = order?.kind === FilterOrderKind.OFF
  const disobeying = places.filter(({ disobeys }) => disobeys !== '')
  return (
    <section aria-label="Kill switch">
      <div class="kill">
        <p>
          {isOff ? 'Ordered off' : order ? 'Switched on again' : 'Never switched off'}
          {order && (
            <span class="muted">
              {' '}
              {ageText((nowMs.value - order.issuedNs / 1e6) / 1000)},{' '}
              {filter.orderSigned ? 'signed' : 'by the server’s word, not signed'}
            </span>
          )}
          {order?.reason && <span class="muted clip reason">“{order.reason}”</span>}
        </p>
        <button class={`button${isOff ? '' : ' danger'}`} onClick={() => (isAsked.value = true)}>
          <Icon name="off" />
          {isOff ? 'Switch on…' : 'Switch off…'}
        </button>
      </div>
      {disobeying.length > 0 && (
        <p class="tone-bad">
          {disobeying.length === 1
            ? `${disobeying[0]!.gateway.nodeId} does not follow: `
            : `${disobeying.length} gateways do not follow: `}
          {disobeying[0]!.disobeys}
        </p>
      )}
      {isAsked.value && <FilterOrderDialog row={row} onClose={() => (isAsked.value = false)} />}
    </section>
  )
}

function Place({ place }: { readonly place: FilterPlace }) {
  const { gateway, state, code, reason, reading, isStale } = place
  const { use } = reading ?? {}
  const seconds = (ms: number) => ageText((nowMs.value - ms) / 1000)
  return (
    <li>
      <div class="route-head">
        <strong class="clip">{gateway.nodeId}</strong>
        <span class="muted clip">{gateway.host}</span>
        <span class="push">
          <FilterMark state={state} />
        </span>
      </div>
      <p class="muted">{placeWords(place, nowMs.value)}</p>
      {code !== '' && (
        <p class="tone-bad">
          <span class="mono">{code}</span>: {reason}
        </p>
      )}
      {use && (
        <p class={isStale ? 'muted' : ''}>
          {[
            !isStale && reading?.streamsPerSecond !== undefined
              ? `${formatRate(reading.streamsPerSecond)} streams`
              : `${formatCount(use.streams)} streams`,
            use.callP99Ns > 0 ? `p99 ${formatDurationNs(use.callP99Ns)}` : '',
            formatBytes(use.memoryBytes),
            threadWords(use.threads),
          ]
            .filter(Boolean)
            .join(', ')}
          {isStale && <span class="tone-warn"> counted {seconds(reading!.receivedNs / 1e6)}</span>}
        </p>
      )}
      {use && (use.crashes.length > 0 || use.refused > 0 || use.bypassed > 0) && (
        <p class={use.crashes.length > 0 ? 'tone-bad' : 'tone-warn'}>
          {[
            use.crashes.length > 0 ? `crashed: ${countWords(use.crashes)}` : '',
            use.refused > 0 ? `${formatCount(use.refused)} requests refused for it` : '',
            use.bypassed > 0 ? `${formatCount(use.bypassed)} went on without it` : '',
          ]
            .filter(Boolean)
            .join('; ')}
        </p>
      )}
    </li>
  )
}

function Release({ release, row }: { readonly release: FilterRelease; readonly row: FilterRow }) {
  const { limits } = release
  const bounds = [
    limits?.fuelPerCall ? `${formatCount(limits.fuelPerCall)} fuel a call` : '',
    limits?.callMs ? `${limits.callMs} ms a call` : '',
    limits?.memoryBytes ? `${formatBytes(limits.memoryBytes)} memory` : '',
    limits?.calls ? `${limits.calls} calls under way` : '',
  ].filter(Boolean)
  return (
    <section aria-label="Release">
      <h3>Version {String(release.version)}</h3>
      <dl class="facts">
        <dt>Module</dt>
        <dd>
          <CopiedDigest digest={row.digest} /> <span class="muted">{formatBytes(release.moduleBytes)}</span>
        </dd>
        <dt>ABI</dt>
        <dd class="mono">proxy-wasm {release.abi}</dd>
        <dt>Root, VM</dt>
        <dd class="mono">
          {release.rootId || '–'}, {release.vmId || release.name}
        </dd>
        <dt>Signed by</dt>
        <dd>
          {row.keyIds.map((id) => (
            <span key={id} class="mono" title={id}>
              {shortDigest(id)}{' '}
            </span>
          ))}
        </dd>
        <dt>Accepted until</dt>
        <dd>{dayText(release.expiresNs / 1e6)}</dd>
        <dt>May use</dt>
        <dd>{release.capabilities.join(', ') || 'nothing'}</dd>
        <dt>Limits</dt>
        <dd>{bounds.join(', ') || 'as each gateway has them'}</dd>
        <dt>If it fails</dt>
        <dd>
          {release.onFailure === FilterFailure.OPEN ? 'requests go on without it' : 'requests are refused'}
          <span class="muted">, unless the gateway says otherwise</span>
        </dd>
        {release.note !== '' && (
          <>
            <dt>Note</dt>
            <dd>{release.note}</dd>
          </>
        )}
      </dl>
    </section>
  )
}
