import { formatBytes } from '@quadrant/core'
import type { BuildInfo } from '@quadrant/golang'
import type { Limits, ModuleReport } from '@quadrant/wasm'
import type { Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'

/** What the Go command wrote into a module. */
type GoBuild = Omit<BuildInfo, 'goVersion'>

const PAGE_BYTES = 65_536
const NAME_WIDTH = 13
/** Exports and dependencies that are named. */
const NAMED_MAX = 20

/** A module in words, a line for each fact. */
export function inspectText(report: ModuleReport, go: GoBuild | undefined, paint: Paint): string {
  const lines: string[] = []
  const add = (name: string, text: string): void => {
    lines.push(`${paint('bold', name.padEnd(NAME_WIDTH))}${printable(text)}`)
  }
  add('module', `wasm:${report.digest}`)
  add(
    'size',
    `${formatBytes(report.bytes)}: ${report.functionCount} functions in ${formatBytes(report.codeBytes)} of code, ` +
      `${formatBytes(report.dataBytes)} of data`,
  )
  add('kind', KINDS[report.abi] ?? report.abi)
  for (const each of report.memories) add('memory', memoryText(each))
  const producers = report.producers.map(({ name, version }) => `${name} ${version}`.trim())
  if (producers.length > 0) add('built with', producers.join(', '))
  if (go !== undefined) addGo(go, add)
  add(
    'names',
    report.hasNames ? 'functions have names in stack traces' : 'stripped: stack traces have numbers only',
  )
  if (report.hasStartFunction) add('start', 'code runs as soon as it is instantiated')
  add('metered', meteredText(report))
  lines.push('', paint('bold', 'It asks for'))
  if (report.capabilities.length === 0) lines.push('  nothing')
  for (const { name, imports } of report.capabilities) {
    const text = `  ${name.padEnd(NAME_WIDTH + 5)}${shortened(imports.map((each) => each.slice(each.lastIndexOf('.') + 1)))}`
    lines.push(
      name === 'unknown'
        ? paint('yellow', printable(`  ${name.padEnd(NAME_WIDTH + 5)}${shortened(imports)}`))
        : printable(text),
    )
  }
  lines.push(
    '',
    paint('bold', 'It exports'),
    printable(`  ${shortened(report.exports.map(({ name }) => name)) || 'nothing'}`),
  )
  return `${lines.join('\n')}\n`
}

const KINDS: Readonly<Record<string, string>> = {
  'wasi-command': 'a program of WASI preview 1: quadrant wasm run',
  'wasi-reactor': 'a library of WASI preview 1',
  none: 'neither a program nor a filter',
}

function memoryText({ minimum, maximum, isShared, is64 }: Limits): string {
  const most = maximum === undefined ? 'without a maximum' : `at most ${formatBytes(maximum * PAGE_BYTES)}`
  const kinds = [isShared ? ', shared' : '', is64 ? ', of 64 bits' : ''].join('')
  return `${formatBytes(minimum * PAGE_BYTES)} from the start, ${most}${kinds}`
}

function addGo(go: GoBuild, add: (name: string, text: string) => void): void {
  const main = go.main === undefined ? '' : ` (${go.main.path} ${go.main.version})`
  add('package', `${go.path}${main}`)
  const modules = go.dependencies.map(({ path, version, replace }) =>
    replace === undefined ? `${path} ${version}` : `${path} => ${replace.path} ${replace.version}`.trim(),
  )
  if (modules.length > 0) add('modules', shortened(modules, ', '))
}

function meteredText({ bytes, metered }: ModuleReport): string {
  if ('problem' in metered) return `cannot be: ${metered.problem}`
  return `${formatBytes(metered.bytes)} with fuel (${((metered.bytes / bytes - 1) * 100).toFixed(0)} % more)`
}

function shortened(names: readonly string[], separator = ' '): string {
  const unique = [...new Set(names)]
  const more = unique.length > NAMED_MAX ? `${separator}and ${unique.length - NAMED_MAX} more` : ''
  return unique.slice(0, NAMED_MAX).join(separator) + more
}
