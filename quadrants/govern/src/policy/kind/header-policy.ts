import { optional } from '../schema/declare.ts'
import { headerModifier } from './gateway-api/header-modifier.ts'
import { policyKind } from './policy-kind.ts'

export const headerPolicy = policyKind({
  kind: 'HeaderPolicy',
  plural: 'headerpolicies',
  shortNames: ['hdp'],
  about: 'Headers that are set, added or removed.',
  example: `apiVersion: quadrant.dev/v1
kind: HeaderPolicy
metadata: { name: strict, namespace: shop }
spec:
  targetRefs: [{ kind: Gateway, name: web }]
  overrides:
    response:
      set: [{ name: strict-transport-security, value: max-age=31536000 }]
      remove: [server]
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute'],
  rules: {
    request: optional('Before the backend sees them.', headerModifier),
    response: optional('Before the client sees them.', headerModifier),
  },
  base: {},
})
