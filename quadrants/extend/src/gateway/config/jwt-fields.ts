import {
  about,
  bool,
  duration,
  type Field,
  list,
  mapped,
  object,
  optional,
  text,
  withDefault,
} from '@quadrant/core/config'
import { onlyOne } from './choice.ts'
import { word } from './guard-fields.ts'
import type { JwtKeysSpec, JwtProviderSpec, JwtSpec, TokenSourceSpec } from './guard-spec.ts'
import { headerName, nameField, textLike } from './value-fields.ts'

const BEARER: TokenSourceSpec = { kind: 'header', name: 'authorization', prefix: 'Bearer ' }

const remote = object('remote keys', {
  uri: about(
    'Of the JWKS.',
    textLike('an address', /^https?:\/\/[^\s/]+\/\S*$/, 'https://login.example/keys'),
  ),
  cluster: about('Who is asked for it.', nameField),
  cache: about('How long it is kept.', duration({ default: 300_000, min: 1000, max: 86_400_000 })),
})

const keys: Field<JwtKeysSpec> = mapped(
  object('keys', {
    inline: about('A JWKS (RFC 7517).', optional(text)),
    remote: about('Where a JWKS is fetched.', optional(remote)),
  }),
  (read, reader, place) =>
    onlyOne(reader, place, 'keys', read, ['inline', 'remote']) === 'remote' && read.remote
      ? { kind: 'remote', uri: read.remote.uri, cluster: read.remote.cluster, cacheMs: read.remote.cache }
      : { kind: 'inline', jwks: read.inline ?? '' },
)

const source: Field<TokenSourceSpec> = mapped(
  object('a place of tokens', {
    header: about('A header.', optional(headerName)),
    query: about('A parameter.', optional(text)),
    cookie: about('A cookie.', optional(text)),
    prefix: about('What stands in front of the token.', withDefault(text, '')),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'a place of tokens', read, ['header', 'query', 'cookie']) ?? 'header'
    return { kind, name: read[kind] ?? '', prefix: read.prefix }
  },
)

const claimHeader = object('a claim header', {
  claim: about('Which claim; `.` leads into objects.', text),
  header: about('As which header.', headerName),
})

const provider: Field<JwtProviderSpec> = mapped(
  object('a provider', {
    name: about('By which `required` refers to it.', nameField),
    issuer: about('`iss` is this.', text),
    audiences: about('`aud` has one of these. None: whatever it is.', list(text)),
    keys: about('With which tokens are signed.', keys),
    from: about('Where tokens are. Default: `authorization: Bearer …`.', list(source)),
    forward: about('The upstream sees the token.', bool(false)),
    clock_skew: about('How far clocks may be apart.', duration({ default: 60_000, min: 0, max: 600_000 })),
    claim_headers: about('Claims that the upstream is told.', list(claimHeader)),
  }),
  (read) => ({
    name: read.name,
    issuer: read.issuer,
    audiences: read.audiences,
    keys: read.keys,
    from: read.from.length === 0 ? [BEARER] : read.from,
    isForwarded: read.forward,
    clockSkewMs: read.clock_skew,
    claimHeaders: read.claim_headers,
  }),
)

/** Which tokens requests bring (RFC 7519). */
export const jwt: Field<JwtSpec> = mapped(
  object('jwt', {
    providers: about('Who signs tokens.', list(provider)),
    require: about(
      '`any` or `all` of the providers, or `optional`: a token may be missing, but not be wrong.',
      word(['any', 'all', 'optional'], 'any'),
    ),
    required: about('Which providers. Default: all.', list(nameField)),
  }),
  (read) => ({
    providers: read.providers,
    requirement: read.require,
    required: read.required.length === 0 ? read.providers.map(({ name }) => name) : read.required,
  }),
)
