import { useEffect } from 'preact/hooks'
import { showFlame } from '../app/flame-view.ts'
import { profileError, profileTimeline, startProfileData } from '../app/profile-data.ts'
import { startSubjects } from '../app/subjects.ts'
import { go, view } from '../app/view.ts'
import { SAMPLE_KINDS, toggleKind } from '../model/sample-kinds.ts'
import { FLAME_VIEWS } from '../model/view-state.ts'
import { FlameSection } from './flame-section.tsx'
import { HeatMap } from './heat-map.tsx'
import { ProfileFiles } from './profile-files.tsx'
import { ProfileStatus } from './profile-status.tsx'
import { RecordButton } from './record-button.tsx'
import { SubjectPicker } from './subject-picker.tsx'

/** Where processor time went: over time, then by function. */
export function ProfilesPage() {
  useEffect(startSubjects, [])
  useEffect(startProfileData, [])
  const { flame, kinds, table } = view.value
  return (
    <div class="page-main">
      <div class="toolbar profile-tools">
        <SubjectPicker all="All processes" />
        <div class="segments" role="group" aria-label="View of the profile">
          {FLAME_VIEWS.map(({ id, title, about }, i) => (
            <button
              key={id}
              aria-pressed={flame === id && !table}
              title={`${about} (${i + 1})`}
              onClick={() => showFlame(id)}
            >
              {title}
            </button>
          ))}
        </div>
        <div class="chips" role="group" aria-label="Kinds of samples">
          {SAMPLE_KINDS.map(({ id, title, about }) => (
            <button
              key={id}
              class="chip"
              aria-pressed={kinds.includes(id)}
              title={about}
              onClick={() => go({ kinds: toggleKind(kinds, id) })}
            >
              {title}
            </button>
          ))}
        </div>
        <div class="push tools-end">
          <RecordButton />
          <ProfileFiles />
        </div>
      </div>
      {profileError.value !== '' && (
        <p class="banner" role="alert">
          {profileError.value}
        </p>
      )}
      <HeatMap timeline={profileTimeline.value} />
      <FlameSection />
      <ProfileStatus />
    </div>
  )
}
