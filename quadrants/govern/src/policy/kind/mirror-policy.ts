import { list, optional } from '../schema/declare.ts'
import { requestMirror } from './gateway-api/http-filter.ts'
import { httpMatches } from './http-match.ts'
import { condition } from './names.ts'
import { policyKind } from './policy-kind.ts'

export const mirrorPolicy = policyKind({
  kind: 'MirrorPolicy',
  plural: 'mirrorpolicies',
  shortNames: ['mrp'],
  about: 'Copies of requests go to other backends, whose answers are thrown away.',
  example: `apiVersion: quadrant.dev/v1
kind: MirrorPolicy
metadata: { name: cart-shadow, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  mirrors:
    - backendRef: { name: cart-next, port: 8080 }
      percent: 10
`,
  targets: ['HTTPRoute', 'GRPCRoute'],
  rules: {
    mirrors: optional('Who gets copies.', list(requestMirror, { min: 1, max: 8 })),
    matches: optional('Which requests: one match fits. None: all.', httpMatches),
    when: optional('This is true as well.', condition),
  },
  base: {},
})
