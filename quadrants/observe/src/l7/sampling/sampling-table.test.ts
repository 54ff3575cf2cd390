import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseCollection, structCodec } from '@quadrant/ebpf'
import { BPF_DIRECTORY, compilerVersion } from '../../../bpf/build.ts'
import { checkSamplingRules } from './check-sampling.ts'
import { encodeSamplingTable } from './encode-table.ts'
import { RouteConfirmation } from './route-confirmation.ts'
import {
  CAPTURES_PER_SECOND_DEFAULT,
  type RequestProtocolName,
  SamplingLimit,
  type SamplingRule,
} from './sampling-rule.ts'
import { samplingScope } from './sampling-scope.ts'
import {
  PATH_BYTES,
  RULE_BYTES,
  RuleFlag,
  RuleOffset,
  RULES_MAX,
  SCOPE_BYTES,
  TABLE_BYTES,
  TABLE_SCAN,
  TableOffset,
} from './table-layout.ts'

const compiler = compilerVersion()
const skip = compiler === undefined && 'clang, llvm-strip or libbpf-dev is missing'

/** What the header says, in two ways: types by BTF, constants as words that the compiler has put into the object. */
const SOURCE = `
#include "sampling.h"
struct sampling_table table;
struct sampling_scope scope;
`
/** Values that are the same in C and here. */
const CONSTANTS = {
  SAMPLING_RULES: RULES_MAX,
  SAMPLING_NAME_BYTES: SamplingLimit.headerBytes,
  SAMPLING_VALUE_BYTES: SamplingLimit.valueBytes,
  SAMPLING_PATH_BYTES: PATH_BYTES,
  SAMPLING_SCAN: TABLE_SCAN,
  SAMPLING_HEADER: RuleFlag.header,
  SAMPLING_VALUE: RuleFlag.value,
  SAMPLING_PATH: RuleFlag.path,
  SAMPLING_SERVICE: RuleFlag.service,
  SAMPLING_CONFIRM: RuleFlag.confirm,
}

test('the table lies as the compiler lays it out', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'quadrant-sampling-'))
  try {
    const source = join(directory, 'layout.c')
    const object = join(directory, 'layout.o')
    const asserts = Object.entries(CONSTANTS).map(
      ([name, value]) => `_Static_assert(${name} == ${value}, "${name}");`,
    )
    writeFileSync(source, `${SOURCE}${asserts.join('\n')}\n`)
    const args = [
      '-g',
      '-O2',
      '-Wall',
      '-Werror',
      '-target',
      'bpf',
      '-I',
      BPF_DIRECTORY,
      '-c',
      source,
      '-o',
      object,
    ]
    const done = spawnSync('clang', args, { encoding: 'utf8' })
    assert.equal(done.status, 0, done.stderr)
    const { btf } = parseCollection(readFileSync(object), { name: 'layout' }).value!
    const table = structCodec(btf, 'struct sampling_table')
    const rule = structCodec(btf, 'struct sampling_rule')
    assert.equal(table.bytes, TABLE_BYTES)
    assert.equal(rule.bytes, RULE_BYTES)
    assert.equal(structCodec(btf, 'struct sampling_scope').bytes, SCOPE_BYTES)
    for (const [field, offset] of Object.entries(TableOffset))
      assert.equal(table.offset(field), offset, field)
    for (const [field, offset] of Object.entries(RuleOffset)) assert.equal(rule.offset(field), offset, field)
    assert.deepEqual(rule.fields.map(({ name }) => name).toSorted(), Object.keys(RuleOffset).toSorted())
  } finally {
    rmSync(directory, { recursive: true })
  }
})

const RULES: readonly SamplingRule[] = checkSamplingRules([
  { id: 'high', header: 'X-Trace-Sampling', value: 'HIGH' },
  { id: 'users', service: 'shop-*', route: '/users/{id}*', rate: { perSecond: 2 }, capturesPerSecondMax: 7 },
  { id: 'grpc', protocol: 'grpc', header: 'x-debug', rate: { perThousand: 1 } },
  { id: 'few', rate: { perSecond: 3 } },
]).value

test('rules stand in the table as the kernel compares them', () => {
  const bytes = encodeSamplingTable(RULES, { generation: 2 ** 32 + 5 })
  const view = new DataView(bytes.buffer)
  const word = (offset: number) => view.getUint32(offset, true)
  assert.equal(word(TableOffset.generation), 5)
  assert.equal(word(TableOffset.count), 4)
  assert.equal(word(TableOffset.cap), CAPTURES_PER_SECOND_DEFAULT)
  assert.equal(word(TableOffset.flags), TABLE_SCAN)
  const rule = (i: number) => {
    const at = TableOffset.rules + i * RULE_BYTES
    const text = (offset: number, lengthAt: number) =>
      Buffer.from(bytes.buffer, at + offset, bytes[at + lengthAt]).toString('latin1')
    return {
      name: text(RuleOffset.name, RuleOffset.name_length),
      value: text(RuleOffset.value, RuleOffset.value_length),
      path: text(RuleOffset.path, RuleOffset.path_length),
      flags: bytes[at + RuleOffset.flags],
      protocols: word(at + RuleOffset.protocols),
      threshold: word(at + RuleOffset.threshold),
      perSecond: word(at + RuleOffset.per_second),
      cap: word(at + RuleOffset.cap),
    }
  }
  assert.deepEqual(rule(0), {
    name: 'x-trace-sampling',
    value: 'high',
    path: '',
    flags: RuleFlag.header | RuleFlag.value,
    protocols: 14,
    threshold: 0xffff_ffff,
    perSecond: 0,
    cap: 0,
  })
  assert.deepEqual(rule(1), {
    name: '',
    value: '',
    path: '/users/',
    flags: RuleFlag.service | RuleFlag.path | RuleFlag.confirm,
    protocols: 14,
    threshold: 0xffff_ffff,
    perSecond: 0, // of candidates, user space counts
    cap: 7,
  })
  assert.deepEqual(rule(2), {
    name: 'x-debug',
    value: '',
    path: '',
    flags: RuleFlag.header,
    protocols: 8,
    threshold: 4_294_966, // 2^32 / 1000, less one
    perSecond: 0,
    cap: 0,
  })
  assert.equal(rule(3).perSecond, 3)
  assert.ok(bytes.subarray(TableOffset.rules + 4 * RULE_BYTES).every((byte) => byte === 0))
  assert.throws(
    () =>
      encodeSamplingTable(
        Array.from({ length: 17 }, () => RULES[0]!),
        { generation: 1 },
      ),
    RangeError,
  )
})

test('the kernel has rules only while one is for HTTP/1, and the header scan is on only while such a rule has a header', () => {
  const check = (
    places: readonly number[],
    expected: readonly [count: number, flags: number],
    protocols?: readonly RequestProtocolName[],
  ) => {
    const rules = places.map((place) => RULES[place]!)
    const view = new DataView(encodeSamplingTable(rules, { generation: 1, protocols }).buffer)
    const word = (offset: number) => view.getUint32(offset, true)
    assert.deepEqual([word(TableOffset.count), word(TableOffset.flags)], expected)
  }
  check([], [0, 0])
  check([1, 3], [2, 0])
  check([3, 0], [2, TABLE_SCAN])
  check([3, 2], [2, 0])
  check([2], [0, 0])
  check([3, 0], [2, TABLE_SCAN], ['grpc', 'http1'])
  check([3, 0], [0, 0], ['grpc', 'http2'])
})

test('a service has a bit for each rule that names it', () => {
  assert.equal(samplingScope(RULES, 'shop-cart'), 0b0010)
  assert.equal(samplingScope(RULES, 'pay'), 0)
  const last = Array.from({ length: 16 }, (_, i) => ({ id: `r${i}`, service: i === 15 ? '*' : 'x' }))
  assert.equal(samplingScope(last, 'pay'), 0x8000)
})

test('what the kernel captured for a route is looked at again, and counted by second', () => {
  const confirmation = new RouteConfirmation(RULES)
  const confirmed = (place: number, route: string, seconds: number) =>
    confirmation.confirms(place, route, seconds * 1e9)
  assert.equal(confirmed(0, '/anything', 1), true)
  assert.equal(confirmed(1, '/users/new', 1), false)
  assert.equal(confirmed(1, '/users/{id}', 1), true)
  assert.equal(confirmed(1, '/users/{id}/orders', 1.9), true)
  assert.equal(confirmed(1, '/users/{id}', 1.9), false)
  assert.equal(confirmed(1, '/users/{id}', 2), true)
  assert.equal(confirmed(1, '/users/{id}', 1.5), true)
  assert.equal(confirmed(1, '/users/{id}', 2.5), false)
  assert.equal(confirmed(9, '/users/{id}', 3), false)
})
