import type { Explanation } from './explanation.ts'

/** What can be wrong with the file of a gateway (`quadrant gateway --config FILE --check`). */
export const GATEWAY_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  GATE001: {
    title: 'the text is no YAML',
    text: `The parser stopped here: a bracket or a quote that is not closed, the same key twice, a tab as indentation.
Aliases (*name) are refused too: write the value out. Inside of { } a value with \${env:NAME} needs quotes.`,
  },
  GATE002: {
    title: 'a key that is not there',
    text: 'The key is not one of this section; the fix names the nearest one.',
  },
  GATE003: {
    title: 'a kind that is not there',
    text: 'One of a few kinds is meant, such as the policy of a balancer, and this is none of them; the message has them all.',
  },
  GATE004: {
    title: 'a value that does not fit',
    text: 'A number out of range, a duration without a unit (200ms, 5s, 1m30s), a list where one value belongs, or the like.',
  },
  GATE005: {
    title: 'something is missing',
    text: 'A value that has no default: the address of a listener, the endpoints of a cluster, what a route does.',
  },
  GATE006: {
    title: 'a name that is not declared',
    text: `A listener names a virtual host or a filter, or a route names a cluster, and the file has none of that name.
The fix has the nearest one.`,
  },
  GATE007: {
    title: 'something that has no effect',
    text: 'It is declared, and nothing uses it. A warning.',
  },
  GATE008: {
    title: 'a variable of the environment is not set',
    text: 'The file says ${env:NAME}, and the gateway was started without NAME.',
  },
  GATE009: {
    title: 'the file is too large',
    text: 'Of the file, of one list or of one text there is a limit; the message has it.',
  },
  GATE010: {
    title: 'open to everybody',
    text: 'An address that everybody can reach has something that nobody is asked for, such as admin. Listen on 127.0.0.1.',
  },
  GATE011: {
    title: 'the same twice',
    text: 'Two of a kind have one name, two listeners one address, or two virtual hosts of a listener one domain.',
  },
  GATE012: {
    title: 'a pattern that cannot be used',
    text: `Patterns are regular expressions without look-around and back references: they take time in proportion to what
they read, whatever a client sends.`,
  },
  GATE013: {
    title: 'a route that no request reaches',
    text: 'A route before it takes all that this one would. Put it further up. A warning.',
  },
  GATE014: {
    title: 'two settings that contradict each other',
    text: 'Both are allowed, not together; the message says why.',
  },
  GATE015: {
    title: 'a format that is not understood',
    text: "Values of headers and lines of access logs have Envoy's operators: %REQ(:path)%, %RESPONSE_CODE%, %START_TIME%.",
  },
  GATE016: {
    title: 'a secret stands in the file',
    text: 'A private key is written out. Name a file that only the gateway can read. A warning.',
  },
}
