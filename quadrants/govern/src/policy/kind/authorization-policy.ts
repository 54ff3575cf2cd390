import { choice, list, object, optional, required, text } from '../schema/declare.ts'
import { httpMatches } from './http-match.ts'
import { condition, namespaceName, objectName } from './names.ts'
import { policyKind } from './policy-kind.ts'

/** Of the SPIFFE ID standard, section 2; at the end `*` stands for anything. */
const principal = text({
  what: 'a SPIFFE ID, at whose end `*` may stand',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)*(\/\*)?$/,
  example: 'spiffe://quadrant.local/ns/shop/sa/web',
})

const addressRange = text({
  what: 'an address or a range such as 10.0.0.0/8 or fd00::/8',
  lengthMin: 2,
  lengthMax: 43,
  pattern:
    /^(([0-9]{1,3}\.){3}[0-9]{1,3}(\/([0-9]|[12][0-9]|3[0-2]))?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(\/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?)$/,
  example: '10.0.0.0/8',
})

const from = object(
  'who asks',
  {
    principals: optional(
      'Identities: one of them is who asks.',
      list(principal, { min: 1, max: 64, isSet: true }),
    ),
    namespaces: optional('Of the identity who asks.', list(namespaceName, { min: 1, max: 64, isSet: true })),
    addresses: optional('Of the peer.', list(addressRange, { min: 1, max: 256, isSet: true })),
  },
  { isNeverEmpty: true },
)

const rule = object('a rule', {
  name: required('In logs and `explain`.', objectName),
  action: required('`Log` decides nothing.', choice(['Allow', 'Deny', 'Log'])),
  from: optional('One of them fits. None: whoever asks.', list(from, { min: 1, max: 64 })),
  matches: optional('One of them fits. None: whatever is asked.', httpMatches),
  when: optional('This is true as well.', condition),
})

export const authorizationPolicy = policyKind({
  kind: 'AuthorizationPolicy',
  plural: 'authorizationpolicies',
  shortNames: ['azp'],
  about: 'Who may ask what. A rule that denies wins over those that allow.',
  example: `apiVersion: quadrant.dev/v1
kind: AuthorizationPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  rules:
    - name: web
      action: Allow
      from: [{ principals: [spiffe://quadrant.local/ns/shop/sa/web] }]
      when: request.path.startsWith('/cart')
  otherwise: Deny
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute', 'Service'],
  rules: {
    rules: optional('Those that deny are asked first.', list(rule, { min: 1, max: 256, keys: ['name'] })),
    otherwise: optional('What becomes of a request that no rule fits.', choice(['Allow', 'Deny'])),
    mode: optional(
      '`Shadow` counts what would be denied, and lets it through.',
      choice(['Enforce', 'Shadow']),
    ),
  },
  base: { mode: 'Enforce' },
})
