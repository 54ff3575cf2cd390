import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { readCapabilities } from './capability.ts'

const skip = process.getuid?.() === 0 ? false : 'needs root'

/** Gives up all but two capabilities, executes itself, and tells what its threads have then. */
const CHILD = `
  import { dropCapabilities, execSelf, readCapabilities } from ${JSON.stringify(join(import.meta.dirname, '../index.ts'))}
  import { spawnSync } from 'node:child_process'
  if (process.argv.includes('--again')) {
    const bounding = spawnSync('grep', ['CapBnd', '/proc/self/status'], { encoding: 'utf8' }).stdout
    console.log(JSON.stringify({ ...readCapabilities(), bounding, variable: process.env.PASSED, pid: process.pid }))
  } else {
    dropCapabilities(['net_admin', 'setpcap'])
    execSelf(['--input-type=module', '--eval', process.env.CODE, '--', '--again'], { ...process.env, PASSED: 'on' })
  }
`

test('dropped capabilities are gone from all threads after execSelf, and from children', { skip }, () => {
  const args = ['--input-type=module', '--eval', CHILD]
  const env = { ...process.env, CODE: CHILD }
  const told = JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' })) as Record<
    string,
    unknown
  >
  const { effective, permitted, noNewPrivs, variable, bounding } = told
  assert.deepEqual(
    { effective, permitted, noNewPrivs, variable },
    {
      effective: ['setpcap', 'net_admin'],
      permitted: ['setpcap', 'net_admin'],
      noNewPrivs: true,
      variable: 'on',
    },
  )
  assert.match(String(bounding), /CapBnd:\s*0000000000001100/)
})

test('this process tells its own', { skip: process.platform !== 'linux' }, () => {
  const { effective, permitted } = readCapabilities()
  for (const capability of effective) assert.ok(permitted.includes(capability))
  if (process.getuid?.() === 0) assert.ok(effective.length > 0)
})
