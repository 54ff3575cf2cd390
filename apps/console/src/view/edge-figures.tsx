import { errnoName, errnoText, formatBytes, formatCount, formatDurationUs, formatRate } from '@quadrant/core'
import { type Edge, Protocol } from '@quadrant/proto'
import { Figure } from './figure.tsx'

/** The numbers of one edge over the range, each with what it rests on. */
export function EdgeFigures({ edge, seconds }: { readonly edge: Edge; readonly seconds: number }) {
  const totals = edge.totals
  if (!totals) return <p class="muted">No data in this range.</p>
  const rate = (count: number) => formatRate(count / Math.max(1, seconds))
  const bytes = (count: number) =>
    totals.bytesUnknown ? undefined : formatRate(count / Math.max(1, seconds), 'B')
  const total = (count: number) =>
    totals.bytesUnknown ? 'UDP bytes are counted on request' : `${formatBytes(count)} in all`
  const segments = totals.segmentsToServer + totals.segmentsToClient
  const isUdp = edge.protocol === Protocol.UDP
  return (
    <dl class="figures">
      <Figure name="To server" value={bytes(totals.bytesToServer)}>
        {total(totals.bytesToServer)}
      </Figure>
      <Figure name="To client" value={bytes(totals.bytesToClient)}>
        {total(totals.bytesToClient)}
      </Figure>
      {isUdp && (
        <>
          <Figure name="Messages to server" value={rate(totals.messagesToServer)}>
            {formatCount(totals.messagesToServer)} in all
          </Figure>
          <Figure name="Messages to client" value={rate(totals.messagesToClient)}>
            {formatCount(totals.messagesToClient)} in all
          </Figure>
        </>
      )}
      <Figure name="Opened" value={rate(totals.opened)}>
        {formatCount(totals.opened)} in all, {formatCount(totals.closed)} closed
      </Figure>
      <Figure name="Open now" value={formatCount(totals.active)}>
        at the end of the range
      </Figure>
      {!isUdp && (
        <>
          <Figure
            name="Failed connects"
            value={formatCount(totals.failed)}
            tone={totals.failed > 0 ? 'tone-failures' : ''}
          >
            {totals.lastErrno > 0
              ? `last ${errnoName(totals.lastErrno)}, ${errnoText(totals.lastErrno)}`
              : 'no error seen'}
          </Figure>
          <Figure
            name="Resets"
            value={formatCount(totals.reset)}
            tone={totals.reset > 0 ? 'tone-resets' : ''}
          >
            {share(totals.reset, totals.closed + totals.reset)} of closes
          </Figure>
          <Figure
            name="Retransmits"
            value={formatCount(totals.retransmits)}
            tone={totals.retransmits > 0 ? 'tone-retransmits' : ''}
          >
            {share(totals.retransmits, segments)} of {formatCount(segments)} segments
          </Figure>
          <Figure name="Round trip" value={mean(totals.srttUsSum, totals.srttSamples)}>
            {totals.srttSamples > 0
              ? `max ${formatDurationUs(totals.srttUsMax)}, ${formatCount(totals.srttSamples)} samples`
              : 'no samples'}
          </Figure>
          <Figure name="Connect time" value={mean(totals.connectUsSum, totals.connectSamples)}>
            {totals.connectSamples > 0
              ? `max ${formatDurationUs(totals.connectUsMax)}, ${formatCount(totals.connectSamples)} samples`
              : 'no connect in this range'}
          </Figure>
        </>
      )}
    </dl>
  )
}

function mean(sumUs: number, samples: number): string | undefined {
  return samples > 0 ? formatDurationUs(sumUs / samples) : undefined
}

function share(part: number, whole: number): string {
  if (whole <= 0 || part === 0) return '0 %'
  const percent = (part / whole) * 100
  return percent < 0.01 ? 'under 0.01 %' : `${percent.toFixed(percent < 1 ? 2 : 1)} %`
}
