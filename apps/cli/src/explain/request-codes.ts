import type { Explanation } from './explanation.ts'

/** What can be wrong with rules for requests (`quadrant requests`, and sampling rules in the console). */
export const REQUEST_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  SAMPLE001: {
    title: 'more sampling rules than are possible',
    text: `The kernel tries the rules one by one for each request, so there are at most 16. One rule for several services or
routes takes a glob: --service 'shop-*'.`,
  },
  SAMPLE002: {
    title: 'the name of a sampling rule cannot be used',
    text: 'A rule is named by letters, digits, -, _ and ., at most 64 of them. Its captures carry the name: rule:high finds them.',
  },
  SAMPLE003: {
    title: 'two sampling rules have one name',
    text: 'Captures say which rule asked for them, so each rule has a name of its own.',
  },
  SAMPLE004: {
    title: 'a sampling rule names no header',
    text: `The name of a header is a token (RFC 9110, section 5.6.2), in any case, at most 32 bytes: what the kernel compares.
A value needs the header that it is of.`,
  },
  SAMPLE005: {
    title: 'a sampling rule asks for a value that no header has',
    text: `The whole value is compared, in any case: at most 32 bytes of printable ASCII, without space around it. Without a
value the rule is for every request that has the header.`,
  },
  SAMPLE006: {
    title: 'a pattern of a sampling rule cannot be used',
    text: `Services and routes are chosen by globs: * stands for any characters, ? for one. At most 128 characters of printable
ASCII; routes are those of \`quadrant top --by routes\`, such as /users/{id}*.`,
  },
  SAMPLE007: {
    title: 'a sampling rule is for a protocol that is not known',
    text: 'It is http1, http2 or grpc; without one the rule is for all of them.',
  },
  SAMPLE008: {
    title: 'the rate of a sampling rule is out of range',
    text: `Of each thousand that match, by chance: above 0, at most 1000. Or the first ones of each second: a whole number above
0. Without a rate all that match are captured, up to the caps.`,
  },
  SAMPLE009: {
    title: 'the cap of a sampling rule is out of range',
    text: `A cap is a whole number of captures a second on each host, from 1 to 10,000. What is over it is counted, and shown by
\`quadrant requests list\` and \`quadrant status\`. There is one for each rule and one for all of them together.`,
  },
  SAMPLE010: {
    title: 'a sampling rule would hold a secret',
    text: `Headers such as Authorization and Cookie are redacted wherever a request is shown; a rule is shown too. Ask for the
header without a value, or have the callers send a header that is no secret.`,
  },
  SAMPLE011: {
    title: 'a sampling rule is never reached',
    text: `The first rule that matches is the one that counts. A rule before this one takes everything that it is for: put this
one first (--first), or make the other narrower. A warning.`,
  },
  SAMPLE012: {
    title: 'a sampling rule asks for every request',
    text: 'It has neither header, service, route nor rate. It gets as many as the cap allows, and no rule after it any. A warning.',
  },
  ROUTE001: {
    title: 'more route rules than are possible',
    text: 'At most 500 patterns name routes. What no pattern is for is learned from the paths.',
  },
  ROUTE002: {
    title: 'the service of a route rule cannot be used',
    text: 'It is a glob of at most 128 characters; without one the rule is for all services.',
  },
  ROUTE003: {
    title: 'a route does not begin with /',
    text: 'A pattern is a path: /users/:id, /users/{id}/orders/{order}, /static/*.',
  },
  ROUTE004: {
    title: 'a route is too long',
    text: 'At most 256 characters and 12 segments; /* or {rest...} at the end stands for all that follow.',
  },
  ROUTE005: {
    title: 'a placeholder of a route has no name',
    text: 'After : or between { } stands a name: a letter or _, then letters, digits and _. An asterisk is one without a name.',
  },
  ROUTE006: {
    title: 'a route has two placeholders of one name',
    text: 'The name is all that tells them apart where the route is shown.',
  },
  ROUTE007: {
    title: 'an asterisk where a route can have none',
    text: '* is a whole segment; **, {rest...} and a final * stand for all that follow, so nothing comes after them.',
  },
  ROUTE008: {
    title: 'a route has a character that no path has',
    text: `Paths come without query and fragment, and what is not printable ASCII is written with %: so ?, # and blanks are
in no path. { and } enclose a placeholder, and a segment has one of them at most.`,
  },
}
