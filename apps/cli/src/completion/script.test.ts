// The completion scripts in their own shells, where these are installed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { completionScript } from './script.ts'
import type { Shell } from './shells.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quadrant-completion-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const launcher = join(folder, 'quadrant')
writeFileSync(launcher, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
chmodSync(launcher, 0o755)
writeFileSync(join(folder, 'recording.jsonl'), '')

function run(shell: Shell, args: readonly string[], script: string): string {
  const { stdout, stderr, error } = spawnSync(shell, [...args, script], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, QUADRANT_DATA: folder, TERM: 'dumb' },
    timeout: 60_000,
  })
  assert.equal(error, undefined)
  assert.equal(stderr, '')
  return stdout
}

const missing = (shell: Shell) => spawnSync(shell, ['--version']).error !== undefined && `${shell} is missing`
const script = (shell: Shell) => {
  const file = join(folder, `complete.${shell}`)
  writeFileSync(file, completionScript(shell))
  return file
}

/** What is typed, and what is proposed for its last word. */
const CASES: readonly (readonly [typed: readonly string[], proposed: readonly string[]])[] = [
  [['obs'], ['observe']],
  [['observe', '--inp'], ['--input-file']],
  [
    ['observe', '--proto', ''],
    ['tcp', 'udp'],
  ],
  [['explain', 'kernel.tp'], ['kernel.tp_btf']],
]

test('bash', { skip: missing('bash') }, () => {
  const file = script('bash')
  for (const [typed, proposed] of CASES) {
    const words = ['quadrant', ...typed].map((word) => `'${word}'`).join(' ')
    const out = run(
      'bash',
      ['--norc', '-c'],
      `source ${file}; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _quadrant 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
    assert.deepEqual(out.trim().split('\n').sort(), proposed, typed.join(' '))
  }
})

test('fish', { skip: missing('fish') }, () => {
  const file = script('fish')
  const complete = (line: string) =>
    run('fish', ['--no-config', '-c'], `source ${file}; complete -C '${line}'`)
      .trim()
      .split('\n')
      .map((proposal) => proposal.split('\t', 1)[0]!)
      .sort()
  for (const [typed, proposed] of CASES)
    assert.deepEqual(complete(`quadrant ${typed.join(' ')}`), proposed, typed.join(' '))
  assert.deepEqual(complete('quadrant observe --input-file rec'), ['recording.jsonl'])
})

test('zsh', { skip: missing('zsh') }, () => {
  // A completion widget runs only under its line editor, so a terminal is needed: zsh has one built in.
  const out = run(
    'zsh',
    ['-f', '-c'],
    `zmodload zsh/zpty
     zpty z zsh -f -i
     zpty -w z 'PS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -u -d ${folder}/dump; source ${script('zsh')}; show() { print -r -- "LINE<$BUFFER>" }; zle -N show; bindkey "^X" show; print READY'
     zpty -r z reply '*READY*READY*'
     for line in ${CASES.filter(([, proposed]) => proposed.length === 1)
       .map(([typed]) => `'quadrant ${typed.join(' ')}'`)
       .join(' ')} 'quadrant observe --input-file rec'; do
       zpty -w -n z "$line"$'\\t'$'\\C-x'
       zpty -r z reply '*LINE<*>*'
       print -r -- "\${\${reply##*LINE<}%%>*}"
       zpty -w -n z $'\\C-u'
     done
     zpty -d z`,
  )
  assert.deepEqual(
    out
      .trim()
      .split('\n')
      .map((line) => line.trim()),
    [
      'quadrant observe',
      'quadrant observe --input-file',
      'quadrant explain kernel.tp_btf',
      'quadrant observe --input-file recording.jsonl',
    ],
  )
})
