import { globMatch } from '@quadrant/core'
import type { ServiceRule } from '@quadrant/proto'
import { isSessionUnit } from './cgroup-path.ts'

/** What a service is named by. */
export interface ServiceEvidence {
  readonly comm: string
  readonly exe: string
  readonly argv: readonly string[]
  readonly cgroup: string
  readonly containerId: string
  readonly systemdUnit: string
}

type ServiceSource = 'rule' | 'unit' | 'container' | 'executable' | 'comm'

export interface ServiceName {
  readonly service: string
  readonly source: ServiceSource
}

/** Digits of a container's id that people use. */
const SHORT_ID_LENGTH = 12

/** The first that holds: a rule of the user, the systemd unit, the container, the executable or its script, the comm. */
export function nameService(
  evidence: ServiceEvidence,
  rules: readonly ServiceRule[],
  containerName: (id: string) => string | undefined,
): ServiceName {
  const rule = rules.find((candidate) => ruleMatches(candidate, evidence))
  if (rule) return { service: rule.service, source: 'rule' }
  const unit = evidence.systemdUnit
  if (unit !== '' && !isSessionUnit(unit))
    return { service: unit.replace(/\.(service|scope)$/, ''), source: 'unit' }
  const { containerId } = evidence
  if (containerId !== '')
    return {
      service: containerName(containerId) ?? containerId.slice(0, SHORT_ID_LENGTH),
      source: 'container',
    }
  const program = programName(evidence.exe, evidence.argv)
  return program === ''
    ? { service: evidence.comm || 'unknown', source: 'comm' }
    : { service: program, source: 'executable' }
}

function ruleMatches(rule: ServiceRule, evidence: ServiceEvidence): boolean {
  const pairs = [
    [rule.executable, [evidence.exe, baseName(evidence.exe)]],
    [rule.argument, evidence.argv],
    [rule.systemdUnit, [evidence.systemdUnit]],
    [rule.containerId, [evidence.containerId]],
    [rule.cgroup, [evidence.cgroup]],
  ] as const
  const given = pairs.filter(([pattern]) => pattern !== '')
  return (
    rule.service !== '' &&
    given.length > 0 &&
    given.every(([pattern, texts]) => texts.some((text) => globMatch(pattern, text)))
  )
}

const INTERPRETERS: readonly {
  readonly name: RegExp
  /** Options that take the next argument. */
  readonly valued: ReadonlySet<string>
  /** Options after which there is no script: code on the command line, a module. */
  readonly module?: string
  readonly code: ReadonlySet<string>
}[] = [
  {
    name: /^(node|nodejs|bun|deno|tsx)$/,
    valued: new Set(['-r', '--require', '--import', '--loader', '-C', '--conditions', '--env-file', 'run']),
    code: new Set(['-e', '--eval', '-p', '--print', '-pe']),
  },
  {
    name: /^(python|pypy)[\d.]*$/,
    valued: new Set(['-W', '-X']),
    module: '-m',
    code: new Set(['-c']),
  },
  { name: /^(ruby|perl|php)[\d.]*$/, valued: new Set(['-I', '-d', '-c']), code: new Set(['-e', '-E']) },
  { name: /^(bash|sh|dash|zsh|ash|ksh)$/, valued: new Set(['-o', '-O']), code: new Set(['-c']) },
  { name: /^dotnet$/, valued: new Set(['--runtimeconfig', '--depsfile']), code: new Set() },
]

/** File and folder names that say nothing by themselves. */
const PLAIN_NAMES =
  /^(index|main|server|app|start|run|cli|__main__|manage|wsgi|asgi|worker|src|dist|build|lib|bin|out|cmd)$/

/** The program: base name of the executable, or of what an interpreter runs. Empty where neither is known. */
export function programName(exe: string, argv: readonly string[]): string {
  const program = baseName(exe) || baseName((argv[0] ?? '').replace(/^-/, '').split(' ')[0]!)
  if (program === 'java') return javaName(argv) || program
  const interpreter = INTERPRETERS.find(({ name }) => name.test(program))
  if (!interpreter) return program
  return (
    scriptName(argv, interpreter.valued, interpreter.code, interpreter.module) ||
    program.replace(/(?<=^(python|pypy))[\d.]+$/, '')
  )
}

function scriptName(
  argv: readonly string[],
  valued: ReadonlySet<string>,
  code: ReadonlySet<string>,
  module: string | undefined,
): string {
  for (let i = 1; i < argv.length; i++) {
    const argument = argv[i]!
    if (code.has(argument)) return ''
    if (argument === module) return argv[i + 1] ?? ''
    if (valued.has(argument)) i++
    else if (!argument.startsWith('-')) return nameOfPath(argument)
  }
  return ''
}

function javaName(argv: readonly string[]): string {
  for (let i = 1; i < argv.length; i++) {
    const argument = argv[i]!
    if (argument === '-jar') return nameOfPath(argv[i + 1] ?? '')
    if (
      /^(-cp|-classpath|--class-path|-p|--module-path|--add-modules|--add-opens|--add-exports)$/.test(
        argument,
      )
    )
      i++
    else if (argument === '-m' || argument === '--module') return (argv[i + 1] ?? '').split('/')[0]!
    else if (!argument.startsWith('-')) return argument.split('.').at(-1)!
  }
  return ''
}

/** `shop` for /srv/shop/server.js: a plain name gives way to the folder that says more. */
function nameOfPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
  const own = (segments.pop() ?? '').replace(/(?<=.)\.(m?js|cjs|m?ts|cts|py|pyc|rb|pl|php|sh|jar|dll)$/, '')
  if (!PLAIN_NAMES.test(own)) return own
  return segments.findLast((segment) => !PLAIN_NAMES.test(segment)) ?? own
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
