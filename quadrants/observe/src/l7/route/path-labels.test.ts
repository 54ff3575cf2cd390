import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelsOf, pathOfTarget } from './path-labels.ts'
import { placeholderOf } from './segment-class.ts'

test('obvious ids are told by their looks', () => {
  const rows: Readonly<Record<string, readonly string[]>> = {
    '{id}': ['12', '0', 'order-12345', 'user12345', 'my-post-2024', '12-34', 'rfc9112'],
    '{uuid}': ['550e8400-e29b-41d4-a716-446655440000', '550E8400-E29B-41D4-A716-446655440000'],
    '{hash}': ['3f9a8c7', '507f1f77bcf86cd799439011', 'd41d8cd98f00b204e9800998ecf8427e'],
    '{date}': ['2024-01-02', '2024-01', '2024-01-02T10:00:00Z', '2024-01-02T10:00:00.123+02:00'],
    '{email}': ['a@b.com', 'first.last+tag@mail.example.org'],
    '{ip}': ['10.0.0.7', '::1', 'fe80::1'],
    '{number}': ['1.1', '-5', '3.14'],
    '{version}': ['1.2.3'],
    '{token}': [
      'dQw4w9WgXcQ',
      'cus_9s6XKzkNRiz8i3',
      '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      'V1StGXR8_Z5jdHi6B-myT',
      'aGVsbG8gd29ybGQ=',
      'c29tZS1sb25nLXNlY3JldA',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
      'x'.repeat(65),
    ],
    '{id}.jpg': ['12345.jpg'],
    'app.{hash}.js': ['app.3f9a8c7d.js'],
    '{id}:cancel': ['123:cancel'],
  }
  for (const [placeholder, segments] of Object.entries(rows))
    for (const segment of segments) assert.equal(placeholderOf(segment), placeholder, segment)
})

test('words of an API are words', () => {
  for (const segment of [
    'users',
    'v1',
    'v1beta1',
    'V2',
    'facade',
    'decade',
    '@alice',
    'oauth2',
    'sha256',
    'utf-8',
    'page-2',
    'top10',
    'x86_64',
    'en-US',
    'getUserAccountByIdAndName',
    'AccountManagementServiceV2',
    'iPhone15ProMax',
    'internationalization',
    'how-to-build-a-great-product',
    'index.html',
    'wp-login.php',
    '.well-known',
    'Größe',
    '',
  ])
    assert.equal(placeholderOf(segment), undefined, segment)
})

test('a path is the same however its target was written', () => {
  const check = (target: string, expected: string | undefined) => {
    const path = pathOfTarget(target)
    assert.equal(path === undefined ? undefined : `/${labelsOf(path).join('/')}`, expected)
  }
  check('/', '/')
  check('/cart?item=12#top', '/cart')
  check('/cart#a?b', '/cart')
  check('/%63art/%41', '/cart/A')
  check('/a%2Fb', '/a%2Fb')
  check('/a%2fb', '/a%2Fb')
  check('/%7Bx%7D/{x}', '/%7Bx%7D/%7Bx%7D')
  check('/100%/%zz', '/100%25/%25zz')
  check('/caf%C3%A9', '/café')
  check('/a;v=1/b;jsessionid=ABC', '/a/b')
  check('/a%00b%20c', '/a%00b%20c')
  check('//a//', '//a//')
  check('http://shop:80/users/12?x', '/users/{id}')
  check('https://shop', '/')
  check('*', undefined)
  check('shop.example:443', undefined)
  check('', undefined)
})

test('no label is a secret', () => {
  const check = (path: string, expected: string) => assert.equal(`/${labelsOf(path).join('/')}`, expected)
  check('/reset-password/zqabcdefghijk2', '/reset-password/{token}')
  check('/users/zqabcdefghijk2', '/users/zqabcdefghijk2')
  check('/keys/AKIAIOSFODNNXEXAMPLE', '/keys/{token}')
  check('/a/token=hunter/b', '/a/{token}/b')
  check('/a/to%6ben%3Dhunter/b', '/a/{token}/b')
  check('/a/page=two', '/a/page=two')
})

test('whatever the target, labels are few, short and sound', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 3000 }),
        fc
          .array(fc.string({ unit: fc.constantFrom(...'aZ9/%{}~;:@=.-2fé\u0000\ud800') }), { maxLength: 40 })
          .map((parts) => parts.join('/')),
      ),
      (text) => {
        const path = pathOfTarget(`/${text}`)!
        const labels = labelsOf(path)
        const route = `/${labels.join('/')}`
        assert.ok(labels.length <= 13 && route.length <= 256, route)
        assert.ok(route.isWellFormed())
        // oxlint-disable-next-line no-control-regex -- they are what is looked for
        assert.doesNotMatch(route, /[\u0000-\u0020?#\u007f]/)
        for (const label of labels)
          assert.ok(!label.includes('{') || /\{(?:\w+|rest\.\.\.)\}/.test(label), label)
      },
    ),
    { seed: 8, numRuns: 200 },
  )
  for (const text of ['a.', '1-', 'a:', '=', '@.', '0:', '%41', '%25', 'aB', '1.1'])
    assert.ok(labelsOf(`/${text.repeat(30)}/${text.repeat(500)}`).length <= 3)
})
