import { CheckStatus, type Check, type HostCapabilities } from '@quadrant/proto'
import type { Colour, Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'

interface Mark {
  readonly icon: string
  readonly word: string
  readonly colour: Colour
}

const UNKNOWN: Mark = { icon: '?', word: 'unknown', colour: 'yellow' }

const MARKS: Readonly<Partial<Record<CheckStatus, Mark>>> = {
  [CheckStatus.OK]: { icon: '✓', word: 'ok', colour: 'green' },
  [CheckStatus.WARNING]: { icon: '!', word: 'warning', colour: 'yellow' },
  [CheckStatus.FATAL]: { icon: '✗', word: 'fatal', colour: 'red' },
  [CheckStatus.SKIPPED]: { icon: '-', word: 'skipped', colour: 'dim' },
}

/** Categories in the order they are shown, with what each is about. */
const CATEGORIES: ReadonlyMap<string, string> = new Map([
  ['privilege', 'privilege: what this user may do'],
  ['host', 'host: what must be mounted and visible'],
  ['kernel', 'kernel: each hook, really tried'],
  ['agent', 'agent'],
  ['server', 'server'],
  ['cost', "cost: Quadrant's own"],
])

/** The checks by category, after `linkerd check`, and the verdict as the last line. */
export function doctorText(report: HostCapabilities, paint: Paint): string {
  const order = [...CATEGORIES.keys()]
  const rank = (category: string) => (order.indexOf(category) + order.length + 1) % (order.length + 1)
  const categories = [...new Set(report.checks.map((check) => check.category))].sort(
    (a, b) => rank(a) - rank(b),
  )
  const blocks = categories.map((category) => {
    const title = CATEGORIES.get(category) ?? printable(category)
    const checks = report.checks.filter((check) => check.category === category)
    return `${paint('bold', title)}\n${checks.map((check) => checkText(check, paint)).join('')}`
  })
  return [
    `Linux ${printable(report.kernel)} ${printable(report.architecture)}, ${report.root ? 'root' : 'not root'}\n`,
    ...blocks,
    verdict(report.checks, paint),
  ].join('\n')
}

function checkText(check: Check, paint: Paint): string {
  const mark = MARKS[check.status] ?? UNKNOWN
  const detail = check.detail === '' ? '' : `: ${printable(check.detail)}`
  const lines = [
    `${paint(mark.colour, mark.icon)} ${mark.word.padEnd(7)} ${printable(check.title)}${paint('dim', detail)}`,
  ]
  if (check.status !== CheckStatus.OK) {
    if (check.costIfMissing !== '') lines.push(`            cost: ${printable(check.costIfMissing)}`)
    if (check.fix !== '') lines.push(`            fix:  ${printable(check.fix)}`)
    lines.push(paint('dim', `            more: quadrant explain ${printable(check.id)}`))
  }
  return lines.map((line) => `${line}\n`).join('')
}

function verdict(checks: readonly Check[], paint: Paint): string {
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length
  const parts = [CheckStatus.OK, CheckStatus.WARNING, CheckStatus.FATAL, CheckStatus.SKIPPED]
    .filter((status) => count(status) > 0)
    .map((status) => {
      const { colour, word } = MARKS[status] ?? UNKNOWN
      return paint(colour, `${count(status)} ${word}`)
    })
  return `${parts.join(', ')}\n`
}
