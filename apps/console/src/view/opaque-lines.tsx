import { formatBytes, formatCount } from '@quadrant/core'
import type { OpaqueGroup } from '@quadrant/proto'
import { opaqueWords } from '../model/request-words.ts'

interface OpaqueLinesProps {
  readonly groups: readonly OpaqueGroup[]
  /** The end of a group that is to be named; undefined: neither is. */
  readonly endName?: (group: OpaqueGroup) => string
}

const SHOWN_MAX = 12

/** What went over and could not be read as requests: why, what it is about, and how much. */
export function OpaqueLines({ groups, endName }: OpaqueLinesProps) {
  return (
    <ul class="lines opaque" aria-label="Not read as requests">
      {groups.slice(0, SHOWN_MAX).map((group) => (
        <li key={`${group.label} ${group.name} ${group.client} ${group.server} ${group.serverPort}`}>
          <span class="clip">
            {opaqueWords(group.label)}
            {group.name !== '' && (
              <>
                , <span class="mono">{group.name}</span>
              </>
            )}
            {endName && <span class="muted"> {endName(group)}</span>}
          </span>
          <span class="push muted">{amountText(group)}</span>
        </li>
      ))}
      {groups.length > SHOWN_MAX && <li class="muted">and {formatCount(groups.length - SHOWN_MAX)} more</li>}
    </ul>
  )
}

function amountText({ connections, bytesToServer, bytesToClient, requests }: OpaqueGroup): string {
  return [
    `${formatCount(connections)} ${connections === 1 ? 'connection' : 'connections'}`,
    bytesToServer + bytesToClient > 0 ? `${formatBytes(bytesToServer)} ↔ ${formatBytes(bytesToClient)}` : '',
    requests > 0 ? `${formatCount(requests)} requests not told apart` : '',
  ]
    .filter(Boolean)
    .join(', ')
}
