// The guide's ways to get `quadrant` on PATH, as they stand there, in a home of their own.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const GUIDE = readFileSync(join(ROOT, 'docs/guide/observe.md'), 'utf8')
const WAYS = [
  ...GUIDE.split('## The command on PATH')[1]!
    .split('\n## ')[0]!
    .matchAll(/```sh\n(.+)\n```/g),
].map(([, line]) => line!)
const HELP = readFileSync(join(ROOT, 'apps/cli/src/command/completion.ts'), 'utf8')

const missing = (name: string) => spawnSync(name, ['--version']).error !== undefined && `${name} is missing`

test('there are two ways, and the help has the same', () => {
  assert.equal(WAYS.length, 2)
  for (const way of WAYS) assert.ok(HELP.includes(`'  ${way}'`), way)
})

for (const way of WAYS)
  test(
    `completion works after: ${way}`,
    { skip: missing('bash') || missing('npm'), timeout: 120_000 },
    () => {
      const home = mkdtempSync(join(tmpdir(), 'quadrant-path-'))
      const bash = (script: string, cwd: string) => {
        const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
          cwd,
          encoding: 'utf8',
          timeout: 60_000,
          env: {
            HOME: home,
            PATH: `${home}/.local/bin:${home}/prefix/bin:${process.env['PATH']}`,
            npm_config_prefix: `${home}/prefix`,
            npm_config_offline: 'true',
            npm_config_update_notifier: 'false',
            QUADRANT_DATA: home,
          },
        })
        assert.equal(status, 0, stderr)
        return stdout
      }
      try {
        bash(way, ROOT)
        assert.ok(bash('command -v quadrant', home).startsWith(home))
        const completed = bash(
          `source <(quadrant completion bash); COMP_WORDS=(quadrant obs); COMP_CWORD=1
         _quadrant 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
          home,
        )
        assert.equal(completed, 'observe\n')
      } finally {
        rmSync(home, { recursive: true, force: true })
      }
    },
  )
