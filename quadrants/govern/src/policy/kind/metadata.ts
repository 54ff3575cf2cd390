import { anything, dictionary, number, object, optional, required, text } from '../schema/declare.ts'
import type { ReadOf, WrittenOf } from '../schema/schema.ts'
import { labelKey, labelValue, namespaceName, objectName } from './names.ts'

const annotation = text({ what: 'a text', lengthMax: 262_144 })

/** Of any resource, as far as people write it and API servers add to it. */
export const metadata = object('metadata', {
  name: required('By which others refer to it; unique for its kind in its namespace.', objectName),
  namespace: optional('Where it belongs. Default: `default`.', namespaceName),
  labels: optional('Words by which it can be selected.', dictionary(labelValue, { max: 64, key: labelKey })),
  annotations: optional(
    'Notes of people and programs; nothing here depends on them.',
    dictionary(annotation, { max: 64, key: labelKey }),
  ),
  creationTimestamp: optional(
    'When it was made: an API server writes it. Of policies in conflict the older one wins.',
    text({
      what: 'a time of RFC 3339',
      pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
      example: '2026-01-31T12:00:00Z',
    }),
  ),
  generation: optional('Counted by an API server.', number({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  resourceVersion: optional('Of an API server.', text({ what: 'a text', lengthMax: 256 })),
  uid: optional('Of an API server.', text({ what: 'a text', lengthMax: 256 })),
  deletionTimestamp: optional('Of an API server.', text({ what: 'a text', lengthMax: 64 })),
  deletionGracePeriodSeconds: optional('Of an API server.', number({ min: 0, max: 1e9 })),
  finalizers: optional('Of an API server.', anything),
  ownerReferences: optional('Of an API server.', anything),
  managedFields: optional('Of an API server.', anything),
  selfLink: optional('Of an API server.', text({ what: 'a text', lengthMax: 4096 })),
  generateName: optional('Of an API server.', text({ what: 'a text', lengthMax: 253 })),
})

export type Metadata = ReadOf<typeof metadata>
export type WrittenMetadata = WrittenOf<typeof metadata>

/** Where a resource belongs that does not say. */
export const DEFAULT_NAMESPACE = 'default'
