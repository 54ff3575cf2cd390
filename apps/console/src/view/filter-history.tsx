import type { StoredRelease } from '@quadrant/proto'
import { filterHistory } from '../app/filter-data.ts'
import { status } from '../app/live-data.ts'
import { copyText } from '../app/notice.ts'
import { nowMs } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { commandCall, filterCommand } from '../model/command-twin.ts'
import type { FilterRow } from '../model/filter-row.ts'
import { dayText, shortDigest, versionText } from '../model/filter-words.ts'
import { Icon } from './icon.tsx'

/** Releases of a filter, newest first: who has signed each, and the command that leads there. */
export function FilterHistory({ row }: { readonly row: FilterRow }) {
  const releases = filterHistory.value
  const offered = row.filter.offered?.release?.version ?? 0n
  return (
    <section aria-label="Versions">
      <h3>
        Versions <span class="push">newest first</span>
      </h3>
      <ul class="places">
        {releases.map((stored) => (
          <Version key={String(stored.release?.version)} name={row.name} stored={stored} offered={offered} />
        ))}
      </ul>
    </section>
  )
}

interface VersionProps {
  readonly name: string
  readonly stored: StoredRelease
  readonly offered: bigint
}

function Version({ name, stored, offered }: VersionProps) {
  const { release, keyIds, pushedNs, offeredNs, moduleKept } = stored
  if (!release) return null
  const { version } = release
  const call = commandCall(status.value)
  const command =
    version > offered
      ? filterCommand(`swap ${name} ${version}`, call)
      : version < offered && moduleKept
        ? filterCommand(`rollback ${name} --to ${version} --key filter-key.pem`, call)
        : ''
  const isOver = release.expiresNs / 1e6 <= nowMs.value
  return (
    <li aria-current={version === offered}>
      <div class="route-head">
        <strong>{versionText(version)}</strong>
        <span class="muted">
          {version === offered ? 'offered' : offeredNs > 0 ? 'was offered' : 'kept only'}, pushed{' '}
          {ageText((nowMs.value - pushedNs / 1e6) / 1000)}
        </span>
        {command !== '' && (
          <button
            class="button plain icon-only push"
            aria-label={`Copy ${command}`}
            title={command}
            onClick={() => void copyText(command)}
          >
            <Icon name="copy" />
          </button>
        )}
      </div>
      <p class="muted">
        {release.restoresVersion > 0n && `version ${release.restoresVersion} again, `}
        signed by{' '}
        <span class="mono" title={keyIds.join('\n')}>
          {keyIds.map(shortDigest).join(', ')}
        </span>
        {isOver ? ', could be accepted until ' : ', until '}
        {dayText(release.expiresNs / 1e6)}
        {!moduleKept && ', its module is kept no more'}
      </p>
      {release.note !== '' && <p>{release.note}</p>}
    </li>
  )
}
