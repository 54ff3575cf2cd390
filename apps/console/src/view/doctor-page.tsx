import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Check, CheckStatus } from '@quadrant/proto'
import { client, errorText } from '../app/client.ts'
import { stream } from '../app/live-data.ts'
import { nowMs, view } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { groupChecks, VERDICT_WORDS, verdictSummary } from '../model/health-report.ts'
import { CommandLine } from './command-line.tsx'
import { Icon, type IconName } from './icon.tsx'
import { OwnCost } from './own-cost.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

const checks = signal<readonly Check[] | undefined>(undefined)
/** When they were answered, milliseconds of the Unix epoch. */
const checkedMs = signal(0)
const failure = signal('')

const VERDICT_LOOKS: Readonly<Record<CheckStatus, readonly [icon: IconName, tone: string]>> = {
  [CheckStatus.UNSPECIFIED]: ['other', 'tone-quiet'],
  [CheckStatus.OK]: ['ok', 'tone-good'],
  [CheckStatus.WARNING]: ['warning', 'tone-warn'],
  [CheckStatus.FATAL]: ['failures', 'tone-bad'],
  [CheckStatus.SKIPPED]: ['skipped', 'tone-quiet'],
}

async function runDoctor() {
  try {
    checks.value = (await client.runDoctor({})).checks
    checkedMs.value = Date.now()
    failure.value = ''
  } catch (error) {
    failure.value = errorText(error)
  }
}

export function DoctorPage() {
  const connected = stream.value.kind
  useEffect(() => void runDoctor(), [connected])
  const found = checks.value ?? []
  if (view.value.table)
    return (
      <div class="page-main">
        <VirtualTable
          label="Checks"
          rows={groupChecks(found).flatMap((group) => group.checks)}
          columns={COLUMNS}
          rowKey={(check) => check.id}
          empty="No checks yet."
          widthMin={980}
        />
      </div>
    )
  return (
    <div class="page-main">
      <div class="doctor">
        <div class="doctor-columns">
          <div>
            <h1>What this host allows</h1>
            <p class="lead">
              <span role="status">
                {failure.value || (checks.value ? verdictSummary(found) : 'Asking the server…')}
              </span>
              {checks.value && (
                <>
                  , checked {ageText((nowMs.value - checkedMs.value) / 1000)}{' '}
                  <button class="ink-accent" onClick={() => void runDoctor()}>
                    Check again
                  </button>
                </>
              )}
            </p>
            {groupChecks(found).map(({ category, checks: members, okCount }) => (
              <section key={category} aria-label={category}>
                <h2>
                  {category.charAt(0).toUpperCase() + category.slice(1)}
                  <span class="push">
                    {okCount} of {members.length} ok
                  </span>
                </h2>
                {members.map((check) => (
                  <CheckRow key={check.id} check={check} />
                ))}
              </section>
            ))}
          </div>
          <OwnCost />
        </div>
      </div>
    </div>
  )
}

function Verdict({ status }: { readonly status: CheckStatus }) {
  const [icon, tone] = VERDICT_LOOKS[status] ?? VERDICT_LOOKS[CheckStatus.UNSPECIFIED]
  return (
    <span class={`mark ${tone}`}>
      <Icon name={icon} />
      {VERDICT_WORDS[status]}
    </span>
  )
}

/** Some fixes are a change in words rather than a line for the shell. */
function isCommand(fix: string): boolean {
  return /^(?:sudo|sysctl|mount|modprobe|apt|apt-get|npm|npx|quadrant|echo|setcap|systemctl|ulimit|docker|podman|node)\s/.test(
    fix,
  )
}

function CheckRow({ check }: { readonly check: Check }) {
  const well = check.status === CheckStatus.OK
  return (
    <div class="check" title={check.id}>
      <Verdict status={check.status} />
      <div>
        <span class="title">{check.title}</span> {check.detail && <span class="detail">{check.detail}</span>}
        {!well && check.costIfMissing && <p class="cost">Without it: {check.costIfMissing}</p>}
        {!well &&
          check.fix &&
          (isCommand(check.fix) ? <CommandLine command={check.fix} /> : <p>Fix: {check.fix}</p>)}
      </div>
    </div>
  )
}

const COLUMNS: readonly Column<Check>[] = [
  { id: 'category', title: 'Category', width: '100px', cell: (check) => check.category },
  { id: 'verdict', title: 'Verdict', width: '100px', cell: (check) => <Verdict status={check.status} /> },
  {
    id: 'title',
    title: 'Check',
    width: 'minmax(200px, 2fr)',
    cell: (check) => check.title,
    hint: (check) => check.id,
  },
  {
    id: 'detail',
    title: 'Detail',
    width: 'minmax(160px, 2fr)',
    cell: (check) => check.detail,
    hint: (check) => check.detail,
  },
  {
    id: 'cost',
    title: 'Cost if missing',
    width: 'minmax(160px, 2fr)',
    cell: (check) => check.costIfMissing,
    hint: (check) => check.costIfMissing,
  },
  {
    id: 'fix',
    title: 'Fix',
    width: 'minmax(140px, 1fr)',
    mono: true,
    cell: (check) => check.fix,
    hint: (check) => check.fix,
  },
]
