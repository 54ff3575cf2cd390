import { mergeStacks } from '../model/merged-stacks.ts'
import { profileFileName } from '../model/command-twin.ts'
import { foldedText, speedscopeJson } from '../model/profile-files.ts'
import { profile } from '../app/profile-data.ts'
import { subject } from '../app/subjects.ts'
import { view } from '../app/view.ts'
import { Icon } from './icon.tsx'

/** The samples as files of other tools. The command line gives the same, and pprof. */
export function ProfileFiles() {
  const answer = profile.value
  const isEmpty = !answer || answer.response.samples === 0
  const name = subject.value || 'all processes'
  return (
    <div class="segments" role="group" aria-label="Download">
      <button
        disabled={isEmpty}
        title="Download for speedscope"
        onClick={() => answer && save('speedscope.json', speedscopeJson(answer.stacks, name))}
      >
        <Icon name="download" /> speedscope
      </button>
      <button
        disabled={isEmpty}
        title="Download as folded stacks: one a line, with its samples"
        onClick={() =>
          answer && save('folded.txt', foldedText(mergeStacks(answer.stacks, { kinds: view.peek().kinds })))
        }
      >
        folded
      </button>
    </div>
  )
}

function save(extension: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = profileFileName(view.peek().selection, extension)
  link.click()
  URL.revokeObjectURL(url)
}
