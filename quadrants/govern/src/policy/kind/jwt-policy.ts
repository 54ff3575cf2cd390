import {
  bool,
  choice,
  defaulted,
  duration,
  list,
  object,
  optional,
  required,
  text,
  variants,
} from '../schema/declare.ts'
import { shortDuration } from './limits.ts'
import { headerName, objectName } from './names.ts'
import { policyKind } from './policy-kind.ts'
import { backendReference } from './reference.ts'

const uri = text({
  what: 'an address that begins with https:// or http://',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: /^https?:\/\/[^\s/]+(\/\S*)?$/,
  example: 'https://issuer.example/keys',
})
const word = text({ what: 'a text', lengthMin: 1, lengthMax: 1024 })
const claim = text({
  what: 'the name of a claim; `.` leads into it',
  lengthMin: 1,
  lengthMax: 256,
  pattern: /^[^.\s]+(\.[^.\s]+)*$/,
  example: 'sub',
})

const keys = variants(
  'keys',
  {},
  {
    Inline: {
      key: 'inline',
      about: 'a JWKS (RFC 7517).',
      schema: text({ what: 'a JWKS', lengthMin: 2, lengthMax: 65_536 }),
    },
    Remote: {
      key: 'remote',
      about: 'where a JWKS is fetched.',
      schema: object('remote keys', {
        uri: required('Of the JWKS.', uri),
        backendRef: required('Who is asked for it.', backendReference),
        cache: defaulted('How long it is kept.', shortDuration, '5m'),
      }),
    },
  },
)

const source = object('a place of tokens', {
  type: required('Where the token is.', choice(['Header', 'Query', 'Cookie'])),
  name: required('Of the header, parameter or cookie.', word),
  prefix: optional(
    'What stands in front of the token, such as `Bearer `.',
    text({ what: 'a text', lengthMax: 64 }),
  ),
})

const provider = object('a provider', {
  name: required('By which `require` refers to it.', objectName),
  issuer: required('`iss` is this.', word),
  audiences: optional(
    '`aud` is one of these. None: whatever it is.',
    list(word, { min: 1, max: 32, isSet: true }),
  ),
  keys: required('With which tokens are signed.', keys),
  from: optional('Where tokens are. Default: `authorization: Bearer …`.', list(source, { min: 1, max: 8 })),
  forward: defaulted('The backend sees the token.', bool, false),
  clockSkew: defaulted('How far clocks may be apart.', duration({ msMin: 0, msMax: 600_000 }), '60s'),
  claimHeaders: optional(
    'Claims that the backend is told.',
    list(
      object('a claim header', {
        claim: required('Which.', claim),
        header: required('As which header.', headerName),
      }),
      { max: 32, keys: ['header'] },
    ),
  ),
})

const requirement = object('a requirement', {
  type: required(
    '`Any` or `All` of the providers, or `Optional`: a token may be missing, but not be wrong.',
    choice(['Any', 'All', 'Optional']),
  ),
  providers: optional(
    'Names of providers. Default: all.',
    list(objectName, { min: 1, max: 16, isSet: true }),
  ),
})

interface Rules {
  readonly providers?: readonly { readonly name: string }[]
  readonly require?: { readonly providers?: readonly string[] }
}
const unknownProvider = ({ providers = [], require }: Rules) =>
  require?.providers?.findIndex((wanted) => !providers.some(({ name }) => name === wanted)) ?? -1

export const jwtPolicy = policyKind({
  kind: 'JwtPolicy',
  plural: 'jwtpolicies',
  shortNames: ['jwtp'],
  about: 'Which tokens requests bring (RFC 7519), and who has signed them.',
  example: `apiVersion: quadrant.dev/v1
kind: JwtPolicy
metadata: { name: login, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  providers:
    - name: login
      issuer: https://login.shop.example
      audiences: [shop]
      keys:
        type: Remote
        remote:
          uri: https://login.shop.example/keys
          backendRef: { name: login, port: 443 }
      claimHeaders: [{ claim: sub, header: x-user }]
  require: { type: Any }
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute', 'Service'],
  rules: {
    providers: optional('Who signs tokens.', list(provider, { min: 1, max: 16, keys: ['name'] })),
    require: optional('What a request has to bring.', requirement),
  },
  between: [
    {
      code: 'danglingBackend',
      message: 'no provider of this policy has that name',
      fix: 'declare it under providers',
      cel: '!has(self.require) || !has(self.require.providers) || !has(self.providers) || self.require.providers.all(n, self.providers.exists(p, p.name == n))',
      holds: (rules) => rules.providers === undefined || unknownProvider(rules) === -1,
      at: (rules) => ['require', 'providers', unknownProvider(rules)],
    },
  ],
  base: { require: { type: 'Any' } },
})
