/** What a code stands for. Codes are stable: a number is never given to something else. */
export interface CodeEntry {
  readonly code: string
  /** A few words. */
  readonly title: string
  /** What is wrong then, and what becomes of it. */
  readonly about: string
}

/** All that can be wrong with policies, or worth to know of them. */
export const POLICY_CODES = {
  syntax: {
    code: 'POL001',
    title: 'no YAML',
    about:
      'The document cannot be read as YAML 1.2. Nothing else is said of it; other documents are checked.',
  },
  tooLarge: {
    code: 'POL002',
    title: 'over a limit',
    about:
      'A file has at most 64 MiB and 50,000 documents; a document 1 MiB, 32 levels, 50,000 values and 100 aliases. What is more is not read.',
  },
  duplicateKey: {
    code: 'POL003',
    title: 'key twice',
    about: 'A mapping has the same key twice. The first counts until one of them is removed.',
  },
  notAResource: {
    code: 'POL004',
    title: 'no resource',
    about: 'A document is a mapping with `apiVersion`, `kind`, `metadata` and `spec`.',
  },
  unknownKind: {
    code: 'POL005',
    title: 'unknown kind',
    about: 'No kind of this group has that name.',
  },
  unknownVersion: {
    code: 'POL006',
    title: 'unknown version',
    about: 'The kind is known, but not in this `apiVersion`.',
  },
  unknownField: {
    code: 'POL010',
    title: 'unknown field',
    about: 'There is no such field. It is never skipped in silence.',
  },
  wrongType: {
    code: 'POL011',
    title: 'another type',
    about: 'A text stands where a number has to, a list where a mapping has to, and so on.',
  },
  unknownValue: {
    code: 'POL012',
    title: 'unknown value',
    about: 'The value is none of those that can stand here.',
  },
  missing: { code: 'POL013', title: 'missing field', about: 'A field that has to be there is not.' },
  outOfRange: {
    code: 'POL014',
    title: 'out of range',
    about: 'A number, a duration or a size is too small or too large.',
  },
  wrongForm: {
    code: 'POL015',
    title: 'wrong form',
    about: 'A text is not of the form that it has to have, such as a name, a duration or an address.',
  },
  wrongCount: {
    code: 'POL016',
    title: 'too many or too few',
    about: 'A list, a mapping or a text has more or less than it may.',
  },
  duplicateItem: {
    code: 'POL017',
    title: 'item twice',
    about: 'Two items of a list have the same name, or are the same.',
  },
  contradiction: {
    code: 'POL018',
    title: 'contradiction',
    about: 'Fields are set that exclude one another, or that cannot both hold.',
  },
  empty: {
    code: 'POL019',
    title: 'says nothing',
    about: 'Nothing is set where at least one field has to be.',
  },
  pattern: {
    code: 'POL020',
    title: 'no regular expression',
    about: 'A regular expression is not of RE2’s syntax: Envoy and the gateway would refuse it.',
  },
  duplicateResource: {
    code: 'POL030',
    title: 'resource twice',
    about: 'Two documents declare the same kind, namespace and name. The first counts.',
  },
  danglingTarget: {
    code: 'POL031',
    title: 'target is missing',
    about: 'A policy names a gateway, route or service that nothing declares in its namespace.',
  },
  danglingSection: {
    code: 'POL032',
    title: 'section is missing',
    about: '`sectionName` names no listener of the gateway, no rule of the route, or no port of the service.',
  },
  danglingParent: {
    code: 'POL033',
    title: 'parent is missing',
    about: 'A route names a gateway, or a listener or port of it, that nothing declares.',
  },
  danglingBackend: {
    code: 'POL034',
    title: 'reference to nothing',
    about: 'A service, secret or other object is named that nothing declares.',
  },
  danglingPort: { code: 'POL035', title: 'port is missing', about: 'The service has no such port.' },
  noReferenceGrant: {
    code: 'POL036',
    title: 'no ReferenceGrant',
    about: 'Something of another namespace is named, and no ReferenceGrant there lets it be.',
  },
  routeNotAllowed: {
    code: 'POL037',
    title: 'listener does not take the route',
    about: 'No listener of the gateway takes routes of this kind, from this namespace.',
  },
  hostnameMismatch: {
    code: 'POL038',
    title: 'no hostname in common',
    about: 'No hostname of the route is one of the listener: no request can reach it.',
  },
  shadowedRoute: {
    code: 'POL039',
    title: 'shadowed',
    about: 'Whatever this would match, another match that comes first has already.',
  },
  conflict: {
    code: 'POL040',
    title: 'conflict',
    about:
      'Two policies of a kind say something about the same target at the same level. The older one wins (`metadata.creationTimestamp`; without one a policy is younger than any that has one), then that whose namespace and name come first. What the other says of the same fields has no effect.',
  },
  overridden: {
    code: 'POL041',
    title: 'overridden',
    about: 'What a policy says is replaced by `overrides` of a policy at a level above.',
  },
  noEffect: { code: 'POL042', title: 'no effect', about: 'What is written here changes nothing.' },
  impossible: {
    code: 'POL043',
    title: 'never true',
    about: 'No request can fulfil these conditions together.',
  },
  unsupported: {
    code: 'POL044',
    title: 'not enforced there',
    about:
      'The back end that it is compiled to cannot do this. Nothing is left out in silence: none of it is compiled until the policy says it otherwise, or another back end is chosen.',
  },
  celSyntax: { code: 'POL050', title: 'no CEL', about: 'The expression cannot be read as CEL.' },
  celUnknownName: {
    code: 'POL051',
    title: 'unknown attribute',
    about: 'The expression asks for something that Envoy’s attributes do not have.',
  },
  celUnknownFunction: {
    code: 'POL052',
    title: 'unknown function',
    about: 'There is no such function or method of CEL.',
  },
  celType: {
    code: 'POL053',
    title: 'types do not fit',
    about: 'A function or an operator is given values of types that it does not take.',
  },
  celResult: {
    code: 'POL054',
    title: 'another result',
    about: 'The expression is of another type than is asked for, which is most often `bool`.',
  },
  celTooLarge: {
    code: 'POL055',
    title: 'expression over a limit',
    about: 'An expression has at most 4,096 characters and 64 levels.',
  },
  celTooEarly: {
    code: 'POL056',
    title: 'not known yet',
    about: 'The attribute is of the response, and the decision is made at the request.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>

/** By what diagnostics are called within this package. */
export type PolicyCodeName = keyof typeof POLICY_CODES
