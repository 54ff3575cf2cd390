import { stringify } from 'yaml'
import { type AnyKind, QUADRANT_GROUP } from '../kind/kind.ts'
import { KINDS } from '../kind/kinds.ts'
import { schemaOf } from './open-api.ts'

/** Definitions of our own kinds, one YAML document each; those of Gateway API come from their project. */
export function customResources(): string {
  const own = KINDS.filter(({ group }) => group === QUADRANT_GROUP)
  return own.map((kind) => `---\n${customResource(kind)}`).join('')
}

/**
 * The CustomResourceDefinition of a kind (apiextensions.k8s.io/v1), with a status that controllers write: conditions by
 * ancestor, as GEP-713 has it.
 */
function customResource({ group, versions, kind, plural, shortNames, about, spec }: AnyKind): string {
  return stringify(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        labels: { 'gateway.networking.k8s.io/policy': 'Inherited' },
      },
      spec: {
        group,
        names: {
          kind,
          listKind: `${kind}List`,
          plural,
          singular: kind.toLowerCase(),
          shortNames,
          categories: ['quadrant'],
        },
        scope: 'Namespaced',
        versions: versions.map((name, index) => ({
          name,
          served: true,
          storage: index === 0,
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
          schema: {
            openAPIV3Schema: {
              description: about,
              type: 'object',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: schemaOf(spec.shape, { isStructural: true }),
                status: STATUS,
              },
            },
          },
        })),
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  )
}

const STATUS = {
  type: 'object',
  properties: {
    ancestors: {
      type: 'array',
      maxItems: 16,
      items: {
        type: 'object',
        required: ['ancestorRef', 'controllerName'],
        properties: {
          ancestorRef: {
            type: 'object',
            required: ['name'],
            properties: {
              group: { type: 'string' },
              kind: { type: 'string' },
              namespace: { type: 'string' },
              name: { type: 'string' },
              sectionName: { type: 'string' },
            },
          },
          controllerName: { type: 'string' },
          conditions: {
            type: 'array',
            maxItems: 8,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: {
              type: 'object',
              required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
              properties: {
                type: { type: 'string', maxLength: 316 },
                status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
                observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
                lastTransitionTime: { type: 'string', format: 'date-time' },
                reason: { type: 'string', maxLength: 1024 },
                message: { type: 'string', maxLength: 32_768 },
              },
            },
          },
        },
      },
    },
  },
} as const
