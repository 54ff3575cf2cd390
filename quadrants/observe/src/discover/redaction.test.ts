import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { redactArguments } from './redaction.ts'

test('what looks like a secret is hidden, what does not stays', () => {
  const check = (argv: readonly string[], expected: readonly string[]) =>
    assert.deepEqual(redactArguments(argv), expected)
  check(['mysql', '--password=hunter2', '-u', 'root'], ['mysql', '--password=***', '-u', 'root'])
  check(['x', '--api-key', 'abc', '--port', '80'], ['x', '--api-key', '***', '--port', '80'])
  check(['x', '--token', '--verbose'], ['x', '--token', '--verbose'])
  check(
    ['env', 'PGPASSWORD=x', 'DB_HOST=h', 'A_TOKEN=t'],
    ['env', 'PGPASSWORD=***', 'DB_HOST=h', 'A_TOKEN=***'],
  )
  check(['-Dspring.datasource.password=x'], ['-Dspring.datasource.password=***'])
  check(['postgres://me:pw@db:5432/shop?sslmode=off'], ['postgres://me:***@db:5432/shop?sslmode=off'])
  check(['https://h/?a=1&access_token=zz&b=2'], ['https://h/?a=1&access_token=***&b=2'])
  check(['-H', 'Authorization: Bearer abc.def'], ['-H', 'Authorization: ***'])
  check(
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig', `ghp_${'a'.repeat(36)}`, `AKIA${'A'.repeat(16)}`],
    ['***', '***', '***'],
  )
  check(
    ['server', '--author=me', '--config=/etc/token.yaml', ''],
    ['server', '--author=me', '--config=/etc/token.yaml', ''],
  )
  check(['--dsn=user:pw@tcp(db)/x'], ['--dsn=***'])
})

test('it ends soon on any text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 8 }), (argv) => {
      assert.equal(redactArguments(argv).length, argv.length)
    }),
    { seed: 4, numRuns: 200 },
  )
  for (const text of ['a://'.repeat(128), '&key='.repeat(100), 'cookie:'.repeat(70), '-'.repeat(512)])
    redactArguments([text])
})
