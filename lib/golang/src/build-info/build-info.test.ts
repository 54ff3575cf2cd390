import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GoPrograms, NEEDS_GO, TEST_TOOLCHAINS, VARIANTS, whyNot } from '../testing/go-programs.ts'
import { vcsState, type BuildInfo, type GoModule } from './build-info.ts'

const programs = new GoPrograms()

/** What `go version -m` prints, made of ours. */
function printed({ goVersion, path, main, dependencies, settings }: BuildInfo, program: string): string {
  const quoted = (text: string) => (/[ \t\r\n"`]/.test(text) ? JSON.stringify(text) : text)
  const moduleLines = (word: string, { path, version, sum, replace }: GoModule): string[] => [
    [word, path, version, ...(replace ? [] : [sum])].join('\t'),
    ...(replace ? moduleLines('=>', replace) : []),
  ]
  const lines = [
    ...(path ? [`path\t${path}`] : []),
    ...(main ? moduleLines('mod', main) : []),
    ...dependencies.flatMap((module) => moduleLines('dep', module)),
    ...settings.map(({ key, value }) => `build\t${key}=${quoted(value)}`),
  ]
  return [`${program}: ${goVersion}`, ...lines.map((line) => `\t${line}`), ''].join('\n')
}

function check(program: string): BuildInfo {
  const { buildInfo, diagnostics } = programs.open(program)
  assert.deepEqual(
    diagnostics.filter(({ code }) => code.startsWith('GOBI')),
    [],
  )
  // A replacement is followed by an empty line, since Go 1.18.
  const truth = programs.go(['version', '-m', program], '.', {}).replaceAll('\t\n\t\n', '\t\n')
  assert.equal(printed(buildInfo!, program), truth)
  return buildInfo!
}

for (const toolchain of TEST_TOOLCHAINS)
  for (const variant of VARIANTS)
    test(
      `build information of ${variant.name} by ${toolchain} is what go version -m prints`,
      {
        skip: whyNot(variant),
      },
      () => {
        check(programs.build(variant, toolchain))
      },
    )

test('modules, replacements, settings and the revision are what go version -m prints', NEEDS_GO, () => {
  const folder = programs.folder('modules')
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write(
    'go.mod',
    'module example.com/app\n\ngo 1.24\n\nrequire (\n\texample.com/far v1.2.3\n\texample.com/near v0.0.0\n)\n\n' +
      'replace example.com/far v1.2.3 => ./forked\n\nreplace example.com/near => ./near\n',
  )
  write(
    'main.go',
    'package main\n\nimport (\n\t_ "example.com/far"\n\t_ "example.com/near"\n)\n\nfunc main() {}\n',
  )
  for (const name of ['forked', 'near']) {
    write(`${name}/go.mod`, `module example.com/${name === 'near' ? 'near' : 'far'}\n\ngo 1.24\n`)
    write(`${name}/x.go`, 'package x\n')
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'first')
  const build = () => {
    programs.go(
      [
        'build',
        '-buildvcs=true',
        '-trimpath',
        '-tags=one,two',
        '-ldflags=-X "main.x=a b" -s',
        '-o',
        'app',
        '.',
      ],
      folder,
      { CGO_ENABLED: '0' },
    )
    copyFileSync(join(folder, 'app'), join(folder, '.git/app'))
    return check(join(folder, '.git/app'))
  }
  const clean = build()
  assert.deepEqual(
    clean.dependencies.map(({ path, version, replace }) => [path, version, replace?.path]),
    [
      ['example.com/far', 'v1.2.3', './forked'],
      ['example.com/near', 'v0.0.0', './near'],
    ],
  )
  const vcs = vcsState(clean)!
  assert.match(vcs.revision!, /^[0-9a-f]{40}$/)
  assert.equal(vcs.system, 'git')
  assert.equal(vcsState({ ...clean, settings: [] }), undefined)
  write('main.go', 'package main\n\nfunc main() {}\n')
  assert.equal(vcsState(build())!.modified, true)
})
