import { list, object, optional, required } from '../../schema/declare.ts'
import { GATEWAY_API_GROUP, type Kind } from '../kind.ts'
import { group, kindName, namespaceName, referencedName } from '../names.ts'
import type { ReadOf, WrittenOf } from '../../schema/schema.ts'

const from = object('who may refer', {
  group: required('Of the kind.', group),
  kind: required('Of those who may refer.', kindName),
  namespace: required('Of those who may refer.', namespaceName),
})

const to = object('what may be referred to', {
  group: required('Of the kind.', group),
  kind: required('Of what may be referred to.', kindName),
  name: optional('Only this one.', referencedName),
})

const spec = object('the spec of a ReferenceGrant', {
  from: required('Who may refer to what is here.', list(from, { min: 1, max: 16 })),
  to: required('What here may be referred to.', list(to, { min: 1, max: 16 })),
})

export const referenceGrant: Kind<'ReferenceGrant', ReadOf<typeof spec>, WrittenOf<typeof spec>> = {
  group: GATEWAY_API_GROUP,
  versions: ['v1', 'v1beta1'],
  kind: 'ReferenceGrant',
  plural: 'referencegrants',
  shortNames: ['refgrant'],
  about: 'Lets resources of other namespaces refer to some that are here.',
  example: `apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: shop-may-pay, namespace: pay }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop }]
  to: [{ group: '', kind: Service, name: pay }]
`,
  spec,
}
