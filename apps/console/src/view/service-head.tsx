import type { Finding, GetServiceResponse } from '@quadrant/proto'
import { nowMs } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { findingLooks, rankFindings, refusals, serviceWords, shortBuildId } from '../model/service-report.ts'
import { subjectTitle } from '../model/subjects.ts'
import { CommandLine } from './command-line.tsx'
import { Icon } from './icon.tsx'

const FINDINGS_SHOWN = 6

/** What is to be known first: findings, then what runs, then what cannot be seen. */
export function ServiceHead({ answer }: { readonly answer: GetServiceResponse }) {
  const findings = rankFindings(answer.findings)
  return (
    <header class="service-head">
      <h1>{answer.label || subjectTitle(answer.id)}</h1>
      <p class="muted">
        {serviceWords(answer)} <span class="mono">{answer.id}</span>
      </p>
      {findings.length > 0 && (
        <ul class="findings" aria-label="Findings">
          {findings.slice(0, FINDINGS_SHOWN).map((finding) => (
            <FindingLine key={`${finding.code} ${finding.subject} ${finding.timeNs}`} finding={finding} />
          ))}
          {findings.length > FINDINGS_SHOWN && (
            <li class="muted">and {findings.length - FINDINGS_SHOWN} more</li>
          )}
        </ul>
      )}
      {refusals(answer.builds).map((build) => (
        <p key={build.id} class="refusal">
          <span class="mark tone-warn">
            <Icon name="warning" />
            Runtime not observed
          </span>{' '}
          in build <span class="mono">{shortBuildId(build.id)}</span>: {build.refusal}
        </p>
      ))}
    </header>
  )
}

function FindingLine({ finding }: { readonly finding: Finding }) {
  const { word, tone } = findingLooks(finding)
  const age = (nowMs.value - finding.timeNs / 1e6) / 1000
  return (
    <li>
      <span class={`mark tone-${tone}`}>
        <Icon name={tone === 'quiet' ? 'other' : 'warning'} />
        {word}
      </span>
      <div>
        {finding.message}{' '}
        <span class="muted">
          {ageText(age)}
          {finding.count > 1 && `, ${finding.count} times`}, <span class="mono">{finding.subject}</span>
        </span>
        {finding.fix !== '' && <p class="muted">Fix: {finding.fix}</p>}
      </div>
      <CommandLine command={`quadrant explain ${finding.code}`} />
    </li>
  )
}
