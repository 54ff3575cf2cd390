/** Codes of everything that a pipeline file can have wrong; `quadrant explain` says more about each. */
export const PipelineCode = {
  syntax: 'PIPE001',
  unknownKey: 'PIPE002',
  unknownType: 'PIPE003',
  wrongValue: 'PIPE004',
  missing: 'PIPE005',
  undeclared: 'PIPE006',
  misfit: 'PIPE007',
  unused: 'PIPE008',
  unknownSignal: 'PIPE009',
  environment: 'PIPE010',
  conflict: 'PIPE011',
  exposed: 'PIPE012',
  tooLarge: 'PIPE013',
  order: 'PIPE014',
  noEffect: 'PIPE015',
} as const
export type PipelineCode = (typeof PipelineCode)[keyof typeof PipelineCode]
