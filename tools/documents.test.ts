// What the documents say of the code, against the code.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readText, repositoryFiles } from './repository.ts'

const GUIDE = readText('docs/guide/observe.md')

test('the limits in the guide are those in the code', () => {
  const check = (row: string, file: string, constant: RegExp) => {
    const found = constant.exec(readText(file))?.[1]
    assert.ok(found, `${constant} is not in ${file}`)
    const shown = Number(found.replaceAll('_', '')).toLocaleString('en-US')
    const line = GUIDE.split('\n').find((one) => one.startsWith(`| ${row} |`))
    assert.ok(line, `no row for ${row}`)
    assert.match(line, new RegExp(`\\| ${shown}\\b`), row)
  }
  const model = 'quadrants/observe/src/model'
  check('sockets followed', `${model}/socket-table.ts`, /CONNECTIONS_MAX = ([\d_]+)/)
  check('edges in one second', `${model}/network-model.ts`, /options\.edges \?\? ([\d_]+)/)
  check('addresses told apart at once', `${model}/network-model.ts`, /options\.addresses \?\? ([\d_]+)/)
  check('single flows told per second', `${model}/flow-rows.ts`, /FLOW_CAP = ([\d_]+)/)
  check('single messages told per second', `${model}/connection-table.ts`, /MESSAGES_MAX = ([\d_]+)/)
  check(
    'processes whose messages are told',
    'quadrants/observe/bpf/targets.h',
    /max_entries, (\d+)\);[^}]*\} message_targets/,
  )
  check('edges in the store', 'apps/server/src/store/store.ts', /edges: ([\d_]+)/)
  check('edges of one map', 'apps/server/src/query/map.ts', /EDGES_MAX = ([\d_]+)/)
})

test('the history in the guide is every tier for its time', () => {
  const tiers = readText('apps/server/src/store/rollup.ts')
  const kept = [.../TIER_RETENTION_SECONDS[^{]*\{([^}]*)\}/.exec(tiers)![1]!.matchAll(/^ *(\d+): ([\d_]+)/gm)]
  const told = kept.map(([, tier, seconds]) => [tier, Number(seconds!.replaceAll('_', ''))])
  assert.deepEqual(told, [
    ['1', 15 * 60],
    ['10', 12 * 3600],
    ['60', 30 * 86_400],
    ['3600', 30 * 86_400],
  ])
  assert.match(GUIDE, /1 s for 15 min, 10 s for 12 h, 60 s and 3600 s for 30 days/)
})

test('exact byte counts are claimed for UDP only with --udp-bytes', () => {
  for (const file of repositoryFiles().filter((path) => path.endsWith('.md')))
    for (const [claim] of readText(file).matchAll(/exact byte counts[^.]*/g))
      assert.match(claim, /for TCP, for UDP with `--udp-bytes`/, file)
})

test('the folders of the agent and the server that ARCHITECTURE.md names are there', () => {
  const files = repositoryFiles()
  for (const app of ['apps/agent', 'apps/server']) {
    const section = readText('ARCHITECTURE.md').split(`### ${app}\n`)[1]!.split('\n#')[0]!
    const names = [...section.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!)
    assert.ok(names.length >= 3, app)
    for (const name of names)
      assert.ok(
        files.some((path) => path.startsWith(`${app}/src/${name}/`)),
        `${app}/src/${name}`,
      )
  }
})
