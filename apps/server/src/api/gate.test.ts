import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './gate.ts'
import { securityCases } from './security.case.ts'

const PORT = 4000
const TOKEN = 'a-token-of-the-test'

for (const { name, method, path, headers, status } of securityCases({ port: PORT, token: TOKEN }))
  test(`${status}: ${name}`, () => {
    const lower = Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
    )
    const verdict = judge({ method, url: path, headers: lower }, { port: PORT, token: TOKEN })
    const found = verdict.kind === 'pass' ? 200 : verdict.kind === 'redirect' ? 303 : verdict.status
    assert.equal(found, status)
  })

const redirects: [url: string, location: string][] = [
  [`/?token=${TOKEN}`, '/'],
  [`/map?q=a%20b&token=${TOKEN}&level=2`, '/map?q=a+b&level=2'],
  [`//evil.example/?token=${TOKEN}`, '/evil.example/'],
  [`/\\evil.example/?token=${TOKEN}`, '/evil.example/'],
]
for (const [url, location] of redirects)
  test(`the token leaves the address ${url}`, () => {
    const verdict = judge(
      { method: 'GET', url, headers: { host: `127.0.0.1:${PORT}` } },
      { port: PORT, token: TOKEN },
    )
    assert.equal(verdict.kind, 'redirect')
    assert.ok(verdict.kind === 'redirect' && verdict.location === location, JSON.stringify(verdict))
    assert.match(verdict.cookie, /^quadrant_4000=a-token-of-the-test; HttpOnly; SameSite=Strict; Path=\/$/)
  })
