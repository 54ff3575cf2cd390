import assert from 'node:assert/strict'
import { BlockList, isIPv4 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { WasmError } from '../../error.ts'
import { NetworkPolicy } from './network-policy.ts'
import { addressOf, isWithin, nameOf, parseNetworkRule } from './network-rule.ts'

test('rules are read, or refused with how they would be right', () => {
  for (const text of [
    'example.com:443',
    'EXAMPLE.com.:443',
    '*.example.com:8000-8099',
    '*:443',
    '10.0.0.0/8:*',
    '127.0.0.1:80',
    '0.0.0.0/0:1-65535',
    '[::1]:80',
    '[2001:db8::/32]:443',
    'xn--mnchen-3ya.example:443',
    'my_service:9000',
  ])
    assert.doesNotThrow(() => parseNetworkRule(text), text)
  for (const [text, message] of [
    ['', /has no port/],
    ['example.com', /example\.com has no port: write example\.com:443/],
    ['example.com:', /no such port/],
    ['example.com:0', /no such port/],
    ['example.com:65536', /no such port/],
    ['example.com:90-80', /no such port/],
    ['example.com:http', /no such port/],
    ['https://example.com', /is a URL/],
    ['::1:80', /without brackets/],
    ['[::1]', /has no port/],
    ['[::1:80', /brackets/],
    ['[127.0.0.1]:80', /no IPv6 address in its brackets/],
    ['[example.com]:80', /no IPv6 address in its brackets/],
    [':80', /has no host/],
    ['a.*.com:80', /a \* that is not first/],
    ['*example.com:80', /a \* that is not first/],
    ['münchen.example:80', /international ones as xn--/],
    ['127.1:80', /has no host/],
    ['0x7f.1:80', /has no host/],
    ['10.0.0.1/8:80', /write 10\.0\.0\.0\/8/],
    ['10.0.0.0/33:80', /its length is 0 to 32/],
    ['10.0.0.0/8/8:80', /its length/],
    ['example.com/8:80', /has no network/],
    ['[::ffff:10.0.0.0/104]:80', /write it as 10\.0\.0\.0\/8/],
    ['-a.com:80', /has no host/],
    [`${'a'.repeat(400)}:80`, /too long/],
  ] as const)
    assert.throws(() => parseNetworkRule(text), { name: 'WasmError', code: 'option', message }, text)
})

test('whatever the text, it is a rule or refused', () => {
  const part = fc.constantFrom(
    '*',
    '.',
    ':',
    '[',
    ']',
    '/',
    '-',
    'a',
    'com',
    '10',
    '0',
    '443',
    '::',
    'ff',
    'é',
    '\n',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(part).map((parts) => parts.join('')),
        fc.string(),
      ),
      (text) => {
        try {
          const { ports } = parseNetworkRule(text)
          assert.ok(ports[0] >= 1 && ports[0] <= ports[1] && ports[1] <= 65_535)
        } catch (error) {
          assert.ok(error instanceof WasmError, String(error))
        }
      },
    ),
    { seed: 63, numRuns: 2000 },
  )
})

test('networks have the addresses that the system says they have', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => addressOf(text)?.length === 16),
  )
  const checked = fc.property(
    address,
    address,
    fc.nat({ max: 128 }),
    fc.boolean(),
    (one, other, bits, isNear) => {
      const network = addressOf(one)!
      const bitCount = Math.min(bits, network.length * 8)
      const looked = isNear ? one : other
      const list = new BlockList()
      list.addSubnet(one, bitCount, isIPv4(one) ? 'ipv4' : 'ipv6')
      assert.equal(
        isWithin(addressOf(looked)!, network, bitCount),
        isIPv4(looked) === isIPv4(one) && list.check(looked, isIPv4(looked) ? 'ipv4' : 'ipv6'),
      )
    },
  )
  fc.assert(checked, { seed: 64, numRuns: 1000 })
})

test('names are names, and nothing that is taken for an address', () => {
  assert.deepEqual(
    ['Example.COM.', 'localhost', '1.example', '127.0.0.1', '1', '0x7f000001', 'a..b', '-a', 'a b', ''].map(
      nameOf,
    ),
    ['example.com', 'localhost', '1.example', ...Array.from({ length: 7 }, () => undefined)],
  )
})

test('a policy permits what a rule names, and no address that needs a rule of its own', () => {
  const check = (rules: readonly string[], host: string, port: number, addresses: readonly string[] = []) => {
    const policy = new NetworkPolicy(rules.map(parseNetworkRule))
    if (addressOf(host) !== undefined) return policy.isAllowed(host, port, false)
    if (!policy.mayResolve(host, port)) return 'not asked for'
    return addresses.filter((address) => policy.isAllowed(address, port, policy.isNamed(host, port)))
  }
  const here = ['10.1.2.3', '2001:db8::1']
  for (const [rules, host, port, addresses, expected] of [
    [[], 'example.com', 443, here, 'not asked for'],
    [[], '10.1.2.3', 443, [], false],
    [['example.com:443'], 'example.com', 443, here, here],
    [['example.com:443'], 'example.com', 444, here, 'not asked for'],
    [['example.com:443'], 'www.example.com', 443, here, 'not asked for'],
    // An address is not named by a name, wherever that leads.
    [['example.com:443'], '10.1.2.3', 443, [], false],
    [['*.example.com:443'], 'a.b.example.com', 443, here, here],
    [['*.example.com:443'], 'example.com', 443, here, 'not asked for'],
    [['*.example.com:443'], 'badexample.com', 443, here, 'not asked for'],
    [['10.0.0.0/8:1-100'], 'anything.test', 80, here, ['10.1.2.3']],
    [['10.0.0.0/8:1-100'], '::ffff:10.9.9.9', 80, [], true],
    [['10.0.0.0/8:1-100'], '11.0.0.1', 80, [], false],
    [['*:443'], 'example.com', 443, [...here, '169.254.169.254', 'fe80::1'], here],
    [['*:80'], '169.254.169.254', 80, [], false],
    [['*:80'], '::ffff:169.254.169.254', 80, [], false],
    [['*:80'], '64:ff9b::a9fe:a9fe', 80, [], false],
    [['example.com:80'], 'example.com', 80, ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200'], []],
    [['0.0.0.0/0:80', '[::/0]:80'], '169.254.169.254', 80, [], false],
    [['0.0.0.0/0:80', '[::/0]:80'], '8.8.8.8', 80, [], true],
    [['169.254.169.254:80'], '169.254.169.254', 80, [], true],
    [['169.254.0.0/16:80', 'example.com:80'], 'example.com', 80, ['169.254.1.1'], ['169.254.1.1']],
    [['169.254.169.254:80'], '169.254.169.253', 80, [], false],
    [['[64:ff9b::a9fe:a9fe]:80'], '64:ff9b::a9fe:a9fe', 80, [], true],
  ] as const)
    assert.deepEqual(check(rules, host, port, addresses), expected, `${rules.join(' ')} ${host}:${port}`)
})
