import { formatCount } from '@quadrant/core'
import { everyone, subjects } from '../app/subjects.ts'
import { go, view } from '../app/view.ts'
import { subjectTitle } from '../model/subjects.ts'
import { subjectOf } from '../model/view-state.ts'

/** Which service or process the page is about. */
export function SubjectPicker({ all }: { readonly all: string }) {
  const chosen = subjectOf(view.value.selection)
  const groups = subjects.value
  const isListed =
    chosen === '' ||
    groups.some(({ id, processes }) => id === chosen || processes.some((process) => process.id === chosen))
  const omitted = everyone.value?.instancesOmitted ?? 0
  return (
    <select
      class="button picker"
      aria-label="Service or process"
      title={omitted > 0 ? `${formatCount(omitted)} more processes are not in this list` : undefined}
      value={chosen}
      onChange={({ currentTarget }) => go({ selection: currentTarget.value, item: '' })}
    >
      <option value="">{all}</option>
      {!isListed && <option value={chosen}>{subjectTitle(chosen)}</option>}
      {groups.map(({ id, name, processes }) => (
        <optgroup key={id} label={name || 'Of no service'}>
          {id !== '' && <option value={id}>{name}</option>}
          {processes.map((process) => (
            <option key={process.id} value={process.id}>
              {process.title}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  )
}
