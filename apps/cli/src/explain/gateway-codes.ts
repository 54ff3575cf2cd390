import type { Explanation } from './explanation.ts'

/** What can be wrong with the file of a gateway. */
export const GATEWAY_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  GATE001: {
    title: 'the text is no YAML',
    text: `The parser stopped here: a bracket or a quote that is not closed, the same key twice, a tab as indentation.
Aliases (*name) are refused too: write the value out. A name that begins with * needs quotes: '*.example.com'.`,
  },
  GATE002: {
    title: 'a key that is not there',
    text: `The key is not one of this mapping; the fix names the nearest one. docs/reference/gateway.md lists all. A key that
is passed over in silence would be a limit or a check that somebody believes in.`,
  },
  GATE003: {
    title: 'a kind that is not there',
    text: 'What is declared is of no kind that is known; the fix names the nearest one.',
  },
  GATE004: {
    title: 'a value that does not fit',
    text: `A number out of range, a duration without a unit (200ms, 5s, 1m30s), a size in a wrong one (64KiB, 10MiB), a path
that does not begin with /, a domain with its port, a list where one value belongs, or the like.`,
  },
  GATE005: {
    title: 'something is missing',
    text: `A value that has no default, or one of several of which one has to be there: a route needs a forward, a respond or a
redirect, its match a path, a prefix or a regex.`,
  },
  GATE006: {
    title: 'a name that nothing has',
    text: 'A route names a cluster, or a listener a virtual host or a filter, that is not declared; the fix names the nearest one.',
  },
  GATE007: {
    title: 'something without effect',
    text: 'A cluster, virtual host or filter that nobody names, a hash policy where no balancer hashes, and the like. A warning.',
  },
  GATE008: {
    title: 'a variable of the environment that is not set',
    text: 'Set it, or give a default: ${env:NAME:-value}. A dollar sign that means itself is written $$.',
  },
  GATE009: {
    title: 'the file is too large',
    text: 'Longer than a mebibyte, more than 32 levels, or a list of more than 1,000: damage, or an attack.',
  },
  GATE010: {
    title: 'something is open to everybody',
    text: `The admin listener asks nobody who they are, and whoever reaches it reads the state of the gateway: keep it on
127.0.0.1. Without verify an upstream is whoever answers. A warning.`,
  },
  GATE011: {
    title: 'two things have the same',
    text: `Two listeners have one port, two virtual hosts of a listener one domain, or two of a kind one name. Which of them
would have the request must not depend on their order.`,
  },
  GATE012: {
    title: 'a pattern that cannot be used',
    text: `Patterns are regular expressions that can be matched in bounded time, whatever a client sends: no looking around
((?=…), \\b), no asking for a group again (\\1), at most 2,000 steps when repetitions are written out.`,
  },
  GATE013: {
    title: 'a route that gets nothing',
    text: 'The first route that matches has the request, and an earlier one has all that this one could. A warning.',
  },
  GATE014: {
    title: 'two things that exclude one another',
    text: `A match with both a path and a prefix, gRPC health checks of a cluster that speaks HTTP/1.1, client_certificate
without client_ca_file, a header that is the gateway's own, and the like.`,
  },
  GATE015: {
    title: 'a format with an operator that is not there',
    text: `Access logs and values of headers may have %OPERATOR%, %REQ(NAME?OTHER):length% and the like; docs/reference/gateway.md
lists them. A percent sign that means itself is written %%.`,
  },
  GATE016: {
    title: 'a secret in an access log',
    text: `What authorization, cookie and their like say lets whoever reads the log act as the client. It is masked: the scheme
and the names of cookies are left. A warning, since the log will say less than was asked for.`,
  },
}
