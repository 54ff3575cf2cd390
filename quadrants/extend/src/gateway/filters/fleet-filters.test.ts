import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FilterToRun } from '../../filters/filter-engine.ts'
import { fileDigest } from '../../filters/module-registry.ts'
import { pluginSpec } from '../../filters/plugin/plugin-spec.ts'
import { filterThatStarts } from '../../testing/made-filter-module.ts'
import { checkGateway } from '../config/check-gateway.ts'
import type { FilterAnswer, FilterCommand } from './filter-command.ts'
import { FleetFilters } from './fleet-filters.ts'

const SPEC = checkGateway(`
listeners: [{ name: web, address: 127.0.0.1:0 }]
virtual_hosts: [{ name: all, domains: ['*'], routes: [{ name: up, match: { prefix: / }, respond: { status: 200 } }] }]
filters: [{ name: auth, module: { delivered: auth } }]
delivery: { server: /run/agent.sock, node: edge, trusted_keys: [{ name: release, file: key.pem }], state_directory: state }
`).value!

/** Threads that do what they are told, and answer when they are let. */
class Threads {
  readonly told: string[] = []
  gate = Promise.resolve()
  answers: FilterAnswer[] = []
  filtersOfNext: readonly FilterToRun[] = []

  async reload(_: unknown, filters: readonly FilterToRun[] = []): Promise<void> {
    this.told.push(`reload with ${filters.map(versionOf).join()}`)
    await this.gate
    this.filtersOfNext = filters
    this.told.push('reloaded')
  }

  async filters(command: FilterCommand): Promise<readonly FilterAnswer[]> {
    this.told.push(command.kind)
    return await Promise.resolve([this.answers.shift() ?? { kind: 'done' }])
  }

  setFilters(filters: readonly FilterToRun[]): void {
    this.filtersOfNext = filters
  }

  switchFilter(name: string, isOn: boolean): void {
    this.told.push(`${name} ${isOn ? 'on' : 'off'}`)
  }
}

function versionOf({ spec }: FilterToRun): string {
  return Buffer.from(spec.configuration).toString()
}

async function prepared(filters: FleetFilters, version: string) {
  const bytes = filterThatStarts([])
  const spec = pluginSpec({ name: 'auth', digest: fileDigest(bytes), configuration: Buffer.from(version) })
  return await filters.prepare(spec, bytes, { signal: new AbortController().signal, onCompiled: () => {} })
}

const noFiles = async (): Promise<never> => await Promise.reject(new Error('there are no files'))

test('what is delivered while threads are told of a file comes after that', async () => {
  const threads = new Threads()
  const filters = new FleetFilters(threads, noFiles)
  await filters.reload(SPEC)
  filters.swap('auth', await prepared(filters, 'one'))
  const { promise, resolve } = Promise.withResolvers<void>()
  threads.gate = promise
  const two = await prepared(filters, 'two')
  const reloaded = filters.reload(SPEC)
  await new Promise(setImmediate)
  threads.told.length = 0
  filters.swap('auth', two)
  await new Promise(setImmediate)
  assert.deepEqual(threads.told, [])
  resolve()
  await reloaded
  await new Promise(setImmediate)
  assert.deepEqual(threads.told, ['reloaded', 'swap'])
  // What a thread begins with that takes the place of another.
  assert.deepEqual(threads.filtersOfNext.map(versionOf), ['two'])
})

test('a thread that has begun since a filter was made ready gets it, too', async () => {
  const threads = new Threads()
  const filters = new FleetFilters(threads, noFiles)
  await filters.reload(SPEC)
  const one = await prepared(filters, 'one')
  threads.told.length = 0
  threads.answers = [{ kind: 'refused', failure: 'start', message: 'it was not prepared here' }]
  filters.swap('auth', one)
  await new Promise(setImmediate)
  assert.deepEqual(threads.told, ['swap', 'prepare', 'swap'])
})
