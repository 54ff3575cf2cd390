import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceRule } from '@quadrant/proto'
import { nameService, programName, type ServiceEvidence } from './service-name.ts'

test('the program behind an executable or its interpreter', () => {
  const check = (expected: string, exe: string, ...argv: readonly string[]) =>
    assert.equal(programName(exe, argv), expected, [exe, ...argv].join(' '))
  check('checkout', '/srv/checkout', '/srv/checkout', '--port', '80')
  check('nginx', '/usr/sbin/nginx', 'nginx: worker process')
  check('shop', '/usr/bin/node', 'node', '/srv/shop/server.js')
  check(
    'shop',
    '/usr/bin/node',
    'node',
    '--enable-source-maps',
    '-r',
    'dotenv/config',
    '/srv/shop/dist/index.js',
  )
  check('server', '/usr/bin/node', 'node', 'server.js')
  check('agent', '/opt/node', 'node', 'apps/agent/src/main.ts')
  check('node', '/usr/bin/node', 'node', '-e', 'setTimeout(()=>{}, 1e6)')
  check('http.server', '/usr/bin/python3.11', 'python3', '-m', 'http.server', '8000')
  check('worker-pool', '/usr/bin/python3', 'python3', '-u', '/app/worker-pool.py')
  check('python', '/usr/bin/python3.11', 'python3', '-c', 'import time')
  check('orders', '/usr/lib/jvm/bin/java', 'java', '-Xmx1g', '-jar', '/srv/orders.jar')
  check('Kafka', '/usr/bin/java', 'java', '-cp', '/a:/b', 'kafka.Kafka', 'server.properties')
  check('backup', '/bin/bash', '/bin/bash', '/usr/local/bin/backup.sh')
  check('bash', '/bin/bash', '-bash')
  check('redis-server', '', 'redis-server *:6379')
  check('', '')
})

const evidence: ServiceEvidence = {
  comm: 'checkout',
  exe: '/srv/bin/checkout',
  argv: ['/srv/bin/checkout', '--zone=eu'],
  cgroup: '/system.slice/shop.service',
  containerId: '',
  systemdUnit: '',
}
const rule = (fields: Partial<ServiceRule>): ServiceRule => ({
  $typeName: 'quadrant.v1.ServiceRule',
  service: 'ruled',
  executable: '',
  argument: '',
  systemdUnit: '',
  containerId: '',
  cgroup: '',
  ...fields,
})

test('the evidence in its order', () => {
  const check = (
    expected: string,
    changes: Partial<ServiceEvidence>,
    rules: readonly ServiceRule[] = [],
    name?: string,
  ) => {
    const { service, source } = nameService({ ...evidence, ...changes }, rules, () => name)
    assert.equal(`${service} by ${source}`, expected)
  }
  const id = 'ab'.repeat(32)
  check('checkout by executable', {})
  check('shop by unit', { systemdUnit: 'shop.service', containerId: id })
  check('checkout by executable', { systemdUnit: 'session-3.scope' })
  check('abababababab by container', { containerId: id })
  check('web-1 by container', { containerId: id }, [], 'web-1')
  check('checkout by comm', { exe: '', argv: [] })
  check('unknown by comm', { exe: '', argv: [], comm: '' })
  check('ruled by rule', { systemdUnit: 'shop.service' }, [rule({ executable: 'check*' })])
  check('ruled by rule', {}, [rule({ argument: '--zone=*', cgroup: '/system.slice/*' })])
  check('checkout by executable', {}, [rule({ argument: '--zone=us', cgroup: '*' }), rule({})])
})
