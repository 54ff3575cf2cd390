// `npm run check`: all that must be green before a change lands. Each step is one line, its output only where it fails.
import { spawnSync } from 'node:child_process'
import { ROOT } from './repository.ts'

interface Step {
  readonly name: string
  readonly command: readonly [program: string, ...args: string[]]
}

const STEPS: readonly Step[] = [
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '.'] },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types (console)', command: ['tsc', '-p', 'apps/console/tsconfig.json'] },
  { name: 'unused', command: ['knip'] },
  { name: 'protocol', command: ['buf', 'lint', 'lib/proto'] },
  { name: 'generated', command: ['node', 'tools/generate.ts', '--check'] },
  { name: 'tests', command: ['node', 'tools/test.ts'] },
]

const failed: string[] = []
for (const { name, command } of STEPS) {
  const started = performance.now()
  const [program, ...args] = command
  const live = name === 'tests'
  const result = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: live ? 'inherit' : 'pipe',
    maxBuffer: 64 << 20,
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const ok = result.status === 0
  if (!ok) failed.push(name)
  if (!ok && !live)
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`)
  process.stdout.write(`${ok ? '✔' : '✖'} ${name} (${seconds} s)\n`)
}
process.stdout.write(failed.length === 0 ? 'check: all green\n' : `check: ${failed.join(', ')} failed\n`)
process.exit(failed.length === 0 ? 0 : 1)
